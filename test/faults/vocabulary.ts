// What a run is called and about: drawn by its seed from one of two vocabularies that share no word, so that a rule cannot know both.
import { LAYERS, type Layer } from '@seamtrace/schema'
import { randomFrom, seedOf } from '../../examples/src/faults/random.ts'
import { DEVELOPMENT, HOLD_OUT } from './words.ts'

/** What a step of these pipelines is for: one of each layer, and the delivery at the end. */
export const ROLES = [...LAYERS, 'delivery'] as const
export type Role = (typeof ROLES)[number]

export type VocabularyName = 'development' | 'hold-out'

/** `layer` only where the name does not tell it, and so a user would set it. */
export type StepName = { name: string; layer?: Layer }

export type Words = {
  pipelines: readonly string[]
  steps: Record<Role, readonly StepName[]>
  /** the tool, source or store that a step asks */
  services: Record<Role, readonly string[]>
  people: readonly string[]
  /** what a step hands on */
  keys: Record<Role, readonly string[]>
  texts: readonly string[]
  /** why a service, a check or a person says no */
  reasons: readonly string[]
  /** of ids: `ord` in `ord-4711` */
  ids: readonly string[]
  models: readonly string[]
}

export type Drawn = {
  pipeline: string
  steps: Record<Role, StepName>
  /** a step name of that role that no program has */
  strangers: Record<Role, string>
  services: Record<Role, string>
  keys: Record<Role, string>
  person: string
  subject: string
  text: string
  reason: string
  model: string
  /** the order of the steps: the layers shuffled, the delivery last */
  order: Role[]
  /** how often something is tried that is tried again */
  tries: number
  /** somewhere else something small goes wrong too, and is put right: the service of this step fails once */
  distraction: Role | null
  /** the service is asked before the model */
  serviceFirst: boolean
}

const WORDS: Record<VocabularyName, Words> = { development: DEVELOPMENT, 'hold-out': HOLD_OUT }

const ofRoles = <T>(draw: (role: Role) => T): Record<Role, T> =>
  Object.fromEntries(ROLES.map((role) => [role, draw(role)])) as Record<Role, T>

/** `asAgents`: steps whose framework has no place for a layer have names that tell it. */
export const drawRun = (vocabulary: VocabularyName, seed: number, asAgents: boolean): Drawn => {
  const words = WORDS[vocabulary]
  const random = randomFrom(seedOf(`${vocabulary}/${seed}`))
  const shuffled = ofRoles((role) => random.shuffle(words.steps[role].filter(({ layer }) => !asAgents || !layer)))
  return {
    pipeline: random.pick(words.pipelines),
    steps: ofRoles((role) => shuffled[role][0] as StepName),
    strangers: ofRoles((role) => (shuffled[role].slice(1).find(({ layer }) => !layer) as StepName).name),
    services: ofRoles((role) => random.pick(words.services[role])),
    keys: ofRoles((role) => random.pick(words.keys[role])),
    person: random.pick(words.people),
    subject: `${random.pick(words.ids)}-${random.integer(1_000, 999_999)}`,
    text: Array.from({ length: random.integer(1, 12) }, () => random.pick(words.texts)).join(' '),
    reason: random.pick(words.reasons),
    model: random.pick(words.models),
    order: [...random.shuffle(LAYERS), 'delivery'],
    tries: random.integer(2, 4),
    distraction: random.next() < 0.6 ? random.pick(LAYERS) : null,
    serviceFirst: random.next() < 0.5,
  }
}

type Placed = { role: Role; how: string }

/** Who needs somebody before it does not come first; who judges comes after what is judged. */
export const arranged = (drawn: Drawn, { role, how }: Placed): Drawn => {
  const others = (...left: Role[]): Role[] => drawn.order.filter((other) => !left.includes(other))
  if (how === 'never_good' || how === 'second_draft')
    return {
      ...drawn,
      order: drawn.order.flatMap((at) => (at === 'execution' ? ['execution', 'verification'] : at === 'verification' ? [] : [at])),
    }
  const order = SHAPED[how]
  if (order) return { ...drawn, order: [...order] }
  if (how === 'goes_nowhere') return { ...drawn, order: ['planning', role] }
  if (how === 'rejected') return { ...drawn, order: ['execution', ...others('execution', 'delivery'), 'delivery'] }
  if (drawn.order[0] !== role || !NEEDS_A_PREDECESSOR.has(how)) return drawn
  return { ...drawn, order: [...others(role, 'delivery'), role, 'delivery'] }
}

/** The order of steps where the shape of a graph sets it. */
const SHAPED: Record<string, readonly Role[]> = {
  branch_throws: ['planning', 'execution', 'delivery'],
  no_such_branch: ['planning', 'execution'],
}

const NEEDS_A_PREDECESSOR: ReadonlySet<string> = new Set([
  'no_such_step',
  'asked_again',
  'key_lost',
  'cut_in_transit',
  'nobody_listens',
  'wrong_way',
  'killed',
])
