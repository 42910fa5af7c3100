// The plan of a demo: which runs happen when, and what goes wrong in which of them. Pure: one seed, one plan.
import type { FailureKind } from '@seamtrace/schema'
import { FAULTS, LINES, type Line, PASSING, type PipelineName } from './kinds.ts'
import { type Random, randomFrom, seedOf } from './random.ts'
import { type Scenario, scenarioOf } from './scenario.ts'

export type PlannedRun = {
  runId: string
  line: Line
  pipeline: PipelineName
  version: string
  /** the order, question, batch, topic or case that the run is about: what the fakes are asked for */
  subject: string
  /** start in history, milliseconds since 1970 */
  startMs: number
  fault: FailureKind | null
  /** the fault passes: the run succeeds in spite of it */
  rescued: boolean
  scenario: Scenario
}

export type PlanOptions = { runs: number; seed: number; hours: number; faults: boolean; nowMs: number }

/** Runs of each line in a demo of the default size. */
const RUNS: Record<Line, number> = {
  'support-refund': 740,
  'research-brief': 420,
  'billing-v1': 230,
  'billing-v2': 230,
  'regulation-watch': 210,
  'intake-triage': 270,
}
export const DEFAULT_RUNS = Object.values(RUNS).reduce((sum, runs) => sum + runs, 0)

/** Since a release two hours ago orders_api is slow: its share of support-refund's runs, and how many of those time out. */
const REGRESSION = { share: 100 / 740, hours: 2, timeouts: 0.35 }

/** A demo of at least this many runs shows every kind of fault often enough to be judged. */
const JUDGEABLE = { runs: 500, perKind: 5 }

/** Runs start before this long ago, so that none of them ends in the future however slow the machine is. */
const MARGIN_MS = 4 * 60_000
const HOUR_MS = 3_600_000

const IDENTITY: Record<Line, { pipeline: PipelineName; version: string; subject: string }> = {
  'support-refund': { pipeline: 'support-refund', version: '3.4.0', subject: 'ord' },
  'research-brief': { pipeline: 'research-brief', version: '1.8.2', subject: 'qst' },
  'billing-v1': { pipeline: 'billing-reconciliation', version: '1.0.0', subject: 'bat' },
  'billing-v2': { pipeline: 'billing-reconciliation', version: '2.0.0', subject: 'bat' },
  'regulation-watch': { pipeline: 'regulation-watch', version: '0.9.1', subject: 'top' },
  'intake-triage': { pipeline: 'intake-triage', version: '5.0.3', subject: 'cas' },
}

/**
 * @returns the runs by start
 * @example planRuns({ runs: DEFAULT_RUNS, seed: 7, hours: 48, faults: true, nowMs: Date.now() })
 */
export const planRuns = (options: PlanOptions): PlannedRun[] =>
  LINES.flatMap((line) => planLine(line, options)).sort((a, b) => a.startMs - b.startMs)

/** The lines that are still in use, as often as their share of the runs. */
const LIVE: readonly Line[] = [
  'support-refund',
  'support-refund',
  'support-refund',
  'research-brief',
  'research-brief',
  'billing-v2',
  'regulation-watch',
  'intake-triage',
]

/** A fresh run for the trickle; orders_api is still slow. */
export const planOne = (number: number, options: { seed: number; faults: boolean; startMs: number }): PlannedRun => {
  const random = randomFrom(seedOf(`trickle/${options.seed}/${number}`))
  const line = random.pick(LIVE)
  const draw = options.faults ? random.next() : 1
  const kind = line === 'support-refund' && draw < REGRESSION.timeouts ? 'tool_timeout' : draw < 0.1 ? random.pick(FAULTS[line]).kind : null
  return plannedRun(line, number, options.startMs, kind && { kind, rescued: false }, random, options.startMs + 40_000)
}

type Slot = { kind: FailureKind; rescued: boolean } | null

const planLine = (line: Line, options: PlanOptions): PlannedRun[] => {
  const random = randomFrom(seedOf(`${line}/${options.seed}`))
  const total = runsOf(line, options)
  const recent = line === 'support-refund' ? Math.round(total * REGRESSION.share) : 0
  const { from, to } = windowOf(line, options)
  const latest = options.nowMs - MARGIN_MS
  const timed = [
    ...inTime(slotsOf(line, total - recent, options, random), from, to, random),
    ...inTime(regressionSlots(recent, options, random), to + 60_000, latest, random),
  ]
  const before = line === 'billing-v2' ? runsOf('billing-v1', options) : 0
  return timed.map(({ slot, startMs }, index) => plannedRun(line, before + index + 1, startMs, slot, random, latest))
}

const runsOf = (line: Line, options: PlanOptions): number => Math.max(1, Math.round((RUNS[line] / DEFAULT_RUNS) * options.runs))

const inTime = (slots: Slot[], low: number, high: number, random: Random): { slot: Slot; startMs: number }[] =>
  slots.map((slot, index) => ({ slot, startMs: Math.round(low + ((index + random.next()) / slots.length) * (high - low)) }))

/** The part of the window in which a line runs evenly: version 2 of billing replaced version 1 in the middle of it. */
const windowOf = (line: Line, options: PlanOptions): { from: number; to: number } => {
  const from = options.nowMs - options.hours * HOUR_MS + 10 * 60_000
  const to = options.nowMs - (line === 'support-refund' ? Math.min(REGRESSION.hours, options.hours / 4) * HOUR_MS : MARGIN_MS)
  const middle = (from + to) / 2
  if (line === 'billing-v1') return { from, to: middle - 60_000 }
  return line === 'billing-v2' ? { from: middle, to } : { from, to }
}

/** One slot per run. Faults are spread evenly over the time, so that only the regression looks like one. */
const slotsOf = (line: Line, count: number, options: PlanOptions, random: Random): Slot[] => {
  if (!options.faults) return Array<Slot>(count).fill(null)
  const size = options.runs / DEFAULT_RUNS
  const least = options.runs >= JUDGEABLE.runs ? JUDGEABLE.perKind : 1
  const failing = FAULTS[line].flatMap(({ kind, runs }) => repeat({ kind, rescued: false }, Math.max(least, Math.round(runs * size))))
  const passing = PASSING[line].flatMap(({ kind, runs }) => repeat({ kind, rescued: true }, Math.round(runs * size)))
  const healthy = repeat<Slot>(null, Math.max(0, count - failing.length - passing.length))
  return spread(spread(healthy, passing, random), failing, random).slice(0, count)
}

const regressionSlots = (count: number, options: PlanOptions, random: Random): Slot[] => {
  const timeouts = options.faults ? Math.round(count * REGRESSION.timeouts) : 0
  return spread(repeat<Slot>(null, count - timeouts), repeat({ kind: 'tool_timeout', rescued: false }, timeouts), random)
}

const repeat = <T>(item: T, times: number): T[] => Array.from({ length: times }, () => item)

/** Lays the shuffled `items` evenly between those of `ground`. */
const spread = (ground: readonly Slot[], items: readonly Slot[], random: Random): Slot[] => {
  const total = ground.length + items.length
  const places = new Set(items.map((_, index) => Math.floor(((index + 0.5) / items.length) * total)))
  const shuffled = random.shuffle(items)
  const rest = [...ground]
  return Array.from({ length: total }, (_, index) => (places.has(index) ? shuffled.pop() : rest.shift()) ?? null)
}

const plannedRun = (line: Line, number: number, startMs: number, slot: Slot, random: Random, latestMs: number): PlannedRun => {
  const { pipeline, version, subject } = IDENTITY[line]
  const id = String(number).padStart(6, '0')
  const fault = { kind: slot?.kind ?? null, rescued: slot?.rescued ?? false }
  return {
    runId: `${pipeline}-${id}`,
    line,
    pipeline,
    version,
    subject: `${subject}-${id}`,
    startMs,
    fault: fault.kind,
    rescued: fault.rescued,
    scenario: scenarioOf(line, fault, random, Math.max(15_000, latestMs - startMs)),
  }
}
