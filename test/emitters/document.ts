// Writes docs/emitters.md: what is seen of each system in each scenario, by the captures and the gaps that are known.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { captureNames, truthOf } from './captures.ts'
import { type Gaps, readGaps } from './known-gaps.ts'
import { SCENARIOS, type Scenario, type Truth } from './truth.ts'

const FILE = path.join(import.meta.dirname, '../../docs/emitters.md')

type Seen = { truth: Truth; gaps: string[] }

/** Fields of the second run and of the first are one field here. */
const fieldOf = (gap: string): string => gap.replace(/#\d+$/, '')

const seenOf = (name: string, gaps: Gaps): Seen => ({
  truth: truthOf(name),
  gaps: [...new Set(Object.keys(gaps[name] ?? {}).map(fieldOf))].sort(),
})

const HEAD = `# What is seen of each system

Real programs of real libraries were recorded in scenarios whose truth the program itself wrote down (\`test/emitters/\`), and every test
run replays them. This page is written by \`node test/emitters/replay.ts --update-gaps\` from those captures; the tests fail when it is not up to date.

● as it was · a number: so many of the compared facts (outcome, steps, agents, calls, attempts, handoffs, tokens, charged seam and its
gap …) are told otherwise or not at all, named further down · empty: this program cannot express the scenario, or was not recorded in it
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
  loop_limit: 'loop to the limit',
  failed_check: 'failed check',
  missing_state: 'missing state',
  cached_tokens: 'cached tokens',
  parallel: 'parallel',
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const markOf = (seen: Seen | undefined): string => (seen ? (seen.gaps.length === 0 ? '●' : String(seen.gaps.length)) : '')

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
  const open = all.filter(({ gaps }) => gaps.length > 0).sort(byScenario)
  return [
    `## ${emitter}`,
    '',
    `Spans by ${instrumentation.map((name) => `\`${name}\``).join(', ')}.`,
    '',
    ...(open.length === 0 ? ['Everything that was recorded is told as it was.'] : open.map(lineOf)),
    '',
  ]
}

const lineOf = ({ truth, gaps }: Seen): string => `- ${short[truth.scenario]}: ${gaps.join(', ')}`

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
