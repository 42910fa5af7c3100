// The truth of a labelled run, by what was injected and by the names that were drawn: never by what Seamtrace answers.
import { type FailureKind, type Gap, gapOfKind, type Layer, type Outcome, type SeamKind } from '@seamtrace/schema'
import { HOWS, type How } from './hows.ts'
import type { Drawn, Role, VocabularyName } from './vocabulary.ts'

export type PipelineName = 'sdk' | 'langgraph' | 'mcp' | 'ai-sdk' | 'openai-agents' | 'google'

/** How a program tries again what failed: not at all, by `retry` of the SDK, in a loop of its own, or by the policy of its node. */
export type Manner = 'once' | 'retry' | 'loop' | 'policy'

export type Fault = { pipeline: PipelineName; role: Role; how: How; manner: Manner }

export type Failure = { layer: Layer; gap: Gap; kind: FailureKind; seamKind: SeamKind; from: string; to: string; exhausted: boolean }

export type Truth = { outcome: Outcome; recovered: boolean | null; failure: Failure | null }

export type LabelledRun = Fault & { seed: number; vocabulary: VocabularyName; truth: Truth }

const layerOfRole = (role: Role): Layer => (role === 'delivery' ? 'execution' : role)

/** Who handed over to a step: the one before it, whatever the order of this run is. */
const before = ({ order, steps }: Drawn, role: Role): string => {
  const previous = order[order.indexOf(role) - 1]
  return previous ? steps[previous].name : 'start'
}

/** Only what a client or a program tries again; a model's client asks three times, but not when the request itself is wrong. */
const ASKED_THRICE: ReadonlySet<How> = new Set(['model_breaks', 'model_limits'])
const THROWN: ReadonlySet<How> = new Set([
  'hangs',
  'refuses_connection',
  'drops_connection',
  'overloaded',
  'unauthorized',
  'forbids',
  'limits',
  'disagrees',
  'breaks',
  'cuts_answer',
])

/** Where a store is a tool like any other. */
const TOOLS_ONLY: ReadonlySet<PipelineName> = new Set(['mcp', 'ai-sdk', 'openai-agents', 'google'])

/** The name of a step inside another. */
export const innerStep = ({ strangers }: Drawn): string => `parse ${strangers.delivery}`

const seamOf = ({ pipeline, role, how }: Fault, drawn: Drawn): Pick<Failure, 'seamKind' | 'from' | 'to'> => {
  const { steps, services, strangers, person, order } = drawn
  const own = steps[role].name
  const { part } = HOWS[how]
  if (part === 'service')
    return { seamKind: role === 'state' && !TOOLS_ONLY.has(pipeline) ? 'state' : 'tool', from: own, to: services[role] }
  if (part === 'run') return { seamKind: 'handoff', from: 'start', to: drawn.pipeline }
  if (part === 'inner') return { seamKind: 'handoff', from: own, to: innerStep(drawn) }
  if (part === 'person') return { seamKind: 'human', from: own, to: person }
  if (part === 'stranger') return { seamKind: 'handoff', from: steps[order[order.indexOf(role) - 1] ?? role].name, to: strangers[role] }
  return { seamKind: 'handoff', from: how === 'never_good' ? steps.verification.name : before(drawn, role), to: own }
}

export const truthOf = (fault: Fault, drawn: Drawn): Truth => {
  const how = HOWS[fault.how]
  // the AI SDK shows nothing of the requests that its clients send again
  const told = 'recovered' in how && !(fault.pipeline === 'ai-sdk' && fault.how === 'model_passes')
  if (how.part === 'flow') return { outcome: how.outcome, recovered: told ? (how.recovered ?? null) : null, failure: null }
  const gap = gapOfKind(how.kind)
  if (!gap) throw new Error(`cannot label a run: ${how.kind} has no gap`)
  const thrown = THROWN.has(fault.how) || (fault.pipeline === 'mcp' && fault.how === 'complains')
  const exhausted =
    ASKED_THRICE.has(fault.how) || (fault.manner !== 'once' && thrown) || (fault.manner === 'policy' && fault.how === 'throws')
  return {
    outcome: 'failure',
    recovered: null,
    failure: { layer: layerOfRole(fault.role), gap, kind: how.kind, ...seamOf(fault, drawn), exhausted },
  }
}
