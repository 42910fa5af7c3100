// GET /gap: where 100 % becomes the observed rate of a pipeline, bar by bar.
import { type EndpointQuery, type GapBar, type GapReport, gapWaterfall, independentStepsRate, type Layer } from '@seamtrace/schema'
import { readRows } from '../store/read.ts'
import { isCharged, isFinished, type LedgerRow, readLedger, START_STEP } from './ledger.ts'
import { countGaps, countOutcomes, groupBy, rateOf, sumRuns } from './rate.ts'
import { RUNS_OF_WINDOW, windowParams } from './runs-of-window.ts'
import type { Scope } from './scope.ts'
import { orderSteps, type Path } from './step-order.ts'

type Mode = GapReport['mode']
/** An outermost step over all finished runs of the window, by median first start. */
type StepRow = { step: string; layer: Layer; operations: number; failed: number; firstTry: number }

const STEPS = `
SELECT
  steps.name AS step, argMax(steps.layer, end_time) AS layer,
  sum(steps.operations) AS operations, sum(steps.failed) AS failed, sum(steps.first_try) AS firstTry
FROM runs FINAL
ARRAY JOIN steps
WHERE ${RUNS_OF_WINDOW} AND outcome IN ('success', 'failure')
GROUP BY step
ORDER BY quantileExact(0.5)(steps.first_start_ms), step`

const PATHS = `
SELECT path AS steps, count() AS runs
FROM runs FINAL
WHERE ${RUNS_OF_WINDOW} AND outcome IN ('success', 'failure')
GROUP BY steps`

export const gap = async (scope: Scope, query: EndpointQuery<'gap'>): Promise<GapReport> => {
  const params = windowParams(scope, query)
  const [everyVersion, byStart, paths] = await Promise.all([
    readLedger(scope, { ...query, version: undefined }),
    readRows<StepRow>(scope.store, STEPS, params),
    readRows<Path>(scope.store, PATHS, params),
  ])
  const steps = orderSteps(byStart, paths)
  const ledger = query.version === undefined ? everyVersion : everyVersion.filter((row) => row.pipelineVersion === query.version)
  const model = independentStepsRate(paths, finalRates(steps))
  return { ...reportOf(query.pipeline, query.mode, ledger, steps), ...residualOf(ledger, model), versions: versionsOf(everyVersion) }
}

const reportOf = (pipeline: string, mode: Mode, ledger: readonly LedgerRow[], steps: readonly StepRow[]) => {
  const finished = ledger.filter(isFinished)
  const n = sumRuns(finished)
  const successes = sumRuns(finished.filter((row) => isSuccess(row, mode)))
  const { bars, unattributed } = gapWaterfall(n, successes, barsOf(mode, finished, steps))
  const outcomes = countOutcomes(ledger)
  return {
    pipeline,
    mode,
    n,
    successes,
    bars,
    unattributed,
    outcomes,
    observed: rateOf(successes, n),
    worstCaseRate: rateOf(successes, n + outcomes.unknown).rate,
  }
}

const isSuccess = (row: LedgerRow, mode: Mode): boolean => row.outcome === 'success' && (mode === 'final' || !row.recovered)

/** The model knows final rates only, so it is compared with the final rate in both modes. */
const residualOf = (ledger: readonly LedgerRow[], model: number | null): Pick<GapReport, 'independentSteps' | 'residual'> => {
  const { success, failure } = countOutcomes(ledger)
  const observed = rateOf(success, success + failure).rate
  return { independentSteps: model, residual: model === null || observed === null ? null : observed - model }
}

const finalRates = (steps: readonly StepRow[]): ((step: string) => number) => {
  const rates = new Map(steps.map(({ step, operations, failed }) => [step, operations === 0 ? 1 : (operations - failed) / operations]))
  return (step) => rates.get(step) ?? 1
}

/** The step where a run fell: its charged step, or in first-try mode the first loss of a recovered success; '' for none. */
const lossStepOf = (row: LedgerRow, mode: Mode): string => {
  if (row.outcome === 'failure') return row.step
  return mode === 'first_try' && row.recovered ? row.firstLossStep : ''
}

const barsOf = (mode: Mode, finished: readonly LedgerRow[], steps: readonly StepRow[]): Omit<GapBar, 'from' | 'to'>[] => {
  const losses = groupBy(
    finished.filter((row) => lossStepOf(row, mode) !== ''),
    (row) => lossStepOf(row, mode),
  )
  const known = new Map(steps.map((row) => [row.step, row]))
  const names = new Set([...known.keys(), ...losses.keys()])
  // Not a step anybody wrote, but what comes before the first: without it these failures would look unattributed.
  const ordered = names.has(START_STEP) ? new Set([START_STEP, ...names]) : names
  return [...ordered].map((step) => barOf(step, losses.get(step) ?? [], known.get(step)))
}

/** Gaps are those of the failed runs: what a retry rescued in first-try mode has no verdict. */
const barOf = (step: string, losses: readonly LedgerRow[], stats: StepRow | undefined): Omit<GapBar, 'from' | 'to'> => {
  const charged = losses.filter(isCharged)
  const { operations, failed, firstTry } = stats ?? { operations: 0, failed: 0, firstTry: 0 }
  return {
    step,
    layer: stats?.layer ?? (charged.find((row) => row.layer !== '')?.layer || 'execution'),
    charged: sumRuns(losses),
    reached: operations,
    final: rateOf(operations - failed, operations),
    firstTry: rateOf(firstTry, operations),
    gaps: countGaps(charged),
    worstSeam: worstSeamOf(charged),
  }
}

const worstSeamOf = (charged: readonly LedgerRow[]): string => {
  const bySeam = [...groupBy(charged, (row) => row.seam)].map(([seam, rows]) => ({ seam, runs: sumRuns(rows) }))
  bySeam.sort((a, b) => b.runs - a.runs || compare(a.seam, b.seam))
  return bySeam[0]?.seam ?? ''
}

const versionsOf = (ledger: readonly LedgerRow[]): GapReport['versions'] =>
  [...groupBy(ledger.filter(isFinished), (row) => row.pipelineVersion)]
    .map(([version, rows]) => ({ version, observed: rateOf(countOutcomes(rows).success, sumRuns(rows)) }))
    .sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }))

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
