// Writes docs/emitters.md: what is seen of each system in each scenario, by the captures and the gaps that are known.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { captureNames, truthOf } from './captures.ts'
import { type Gaps, readGaps } from './known-gaps.ts'
import { SCENARIOS, type Scenario, type Truth } from './truth.ts'

const FILE = path.join(import.meta.dirname, '../../docs/emitters.md')

type Seen = {
  truth: Truth
  /** fields that are told otherwise than they were */
  gaps: string[]
  /** fields that nobody can tell from these spans, by what a user does to see them */
  unseen: Map<string, string[]>
}

/** Fields of the second run and of the first are one field here. */
const fieldOf = (gap: string): string => gap.replace(/#\d+$/, '')

const UNSEEN = 'cannot be seen: '

const seenOf = (name: string, gaps: Gaps): Seen => {
  const found = Object.entries(gaps[name] ?? {}).map(([field, reason]) => ({ field: fieldOf(field), reason }))
  const [unseen, open] = [true, false].map((is) => found.filter(({ reason }) => reason.startsWith(UNSEEN) === is)) as [Told, Told]
  const byRemedy = Map.groupBy(unseen, ({ reason }) => reason.slice(UNSEEN.length))
  return {
    truth: truthOf(name),
    gaps: [...new Set(open.map(({ field }) => field))].sort(),
    unseen: new Map(Array.from(byRemedy, ([remedy, told]) => [remedy, [...new Set(told.map(({ field }) => field))].sort()])),
  }
}
type Told = { field: string; reason: string }[]

const HEAD = `# What is seen of each system

Real programs of real libraries were recorded in scenarios whose truth the program itself wrote down (\`test/emitters/\`), and every test
run replays them. This page is written by \`node test/emitters/replay.ts --update-gaps\` from those captures; the tests fail when it is not up to date.

● as it was · ○ as it was, as far as these spans can tell it: what they cannot, and what a user does to see it, stands further down ·
a number: so many of the compared facts (outcome, steps, agents, calls, attempts, handoffs, tokens, charged seam and its gap …) are told
otherwise or not at all, named further down · empty: this program cannot express the scenario, or was not recorded in it
`

const short: Record<Scenario, string> = {
  happy_path: 'happy path',
  retry_then_success: 'retry, success',
  retries_exhausted: 'retries used up',
  tool_error: 'tool error',
  tool_error_result: 'error as result',
  swallowed_error: 'swallowed error',
  handoff: 'handoff',
  human_waiting: 'waits for a person',
  human_interrupt: 'interrupt, resume',
  human_denied: 'a person says no',
  loop_limit: 'loop to the limit',
  failed_check: 'failed check',
  missing_state: 'missing state',
  cached_tokens: 'cached tokens',
  parallel: 'parallel',
  plain_answer: 'one answer',
  plain_refusal: 'one refusal',
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const markOf = (seen: Seen | undefined): string =>
  seen ? (seen.gaps.length > 0 ? String(seen.gaps.length) : seen.unseen.size > 0 ? '○' : '●') : ''

const tableOf = (systems: Map<string, Seen[]>): string[] => [
  row(['system', 'version', ...SCENARIOS.map((scenario) => short[scenario])]),
  row(['---', '---', ...SCENARIOS.map(() => ':-:')]),
  ...Array.from(systems, ([emitter, all]) =>
    row([
      emitter,
      [...new Set(all.map(({ truth }) => truth.version))].join(', '),
      ...SCENARIOS.map((scenario) => markOf(all.find(({ truth }) => truth.scenario === scenario))),
    ]),
  ),
]

const sectionOf = (emitter: string, all: readonly Seen[]): string[] => {
  const instrumentation = [...new Set(all.flatMap(({ truth }) => truth.instrumentation))].sort()
  const byScenario = (a: Seen, b: Seen): number => SCENARIOS.indexOf(a.truth.scenario) - SCENARIOS.indexOf(b.truth.scenario)
  const open = all.filter(({ gaps, unseen }) => gaps.length + unseen.size > 0).sort(byScenario)
  return [
    `## ${emitter}`,
    '',
    `Spans by ${instrumentation.map((name) => `\`${name}\``).join(', ')}.`,
    '',
    ...(open.length === 0 ? ['Everything that was recorded is told as it was.'] : open.flatMap(linesOf)),
    '',
  ]
}

const linesOf = ({ truth, gaps, unseen }: Seen): string[] => [
  ...(gaps.length > 0 ? [`- ${short[truth.scenario]}: ${gaps.join(', ')}`] : []),
  ...Array.from(unseen, ([remedy, fields]) => `- ${short[truth.scenario]}, cannot be seen: ${fields.join(', ')}. To see it: ${remedy}`),
]

/** The page as it should be. */
export const emittersDocument = (): string => {
  const gaps = readGaps()
  const systems = Map.groupBy(
    captureNames().map((name) => seenOf(name, gaps)),
    ({ truth }) => truth.emitter,
  )
  const sections = [...systems].flatMap(([emitter, all]) => sectionOf(emitter, all))
  return `${[HEAD, ...tableOf(systems), '', ...sections].join('\n').trimEnd()}\n`
}

export const storedDocument = (): string => readFileSync(FILE, 'utf8')

export const writeDocument = (): void => writeFileSync(FILE, emittersDocument())
