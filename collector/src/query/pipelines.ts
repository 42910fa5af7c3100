// GET /pipelines: every pipeline with runs in the window, its reliability against the window before, its cost and its trend.
import type { AlertState, EndpointQuery, EndpointResponse, OutcomeCounts, PipelineSummary } from '@seamtrace/schema'
import { readRows } from '../store/read.ts'
import { groupBy, rateOf } from './rate.ts'
import { NOT_OTHER, RUNS_OF_WINDOW, windowParams } from './runs-of-window.ts'
import { isoOf, type Period, periodOf, type Scope } from './scope.ts'

type Totals = OutcomeCounts & {
  pipeline: string
  firstTry: number
  previousFinished: number
  previousSuccesses: number
  costUsd: number
  wastedUsd: number
  unpricedCalls: number
  p50DurationMs: number
  lastRunMs: number
}
type Part = { pipeline: string; version: string; part: number; finished: number; failed: number; lastRunMs: number }

const TREND_PARTS = 24

// Both windows in one statement; `middle` parts them. Cost of runs that have no end yet, or were cancelled, is no waste.
const TOTALS = `
WITH
  end_time >= fromUnixTimestamp64Milli({middle:Int64}, 'UTC') AS inWindow,
  outcome IN ('success', 'failure') AS finished
SELECT
  pipeline,
  countIf(inWindow AND outcome = 'success') AS success,
  countIf(inWindow AND outcome = 'failure') AS failure,
  countIf(inWindow AND outcome = 'waiting') AS waiting,
  countIf(inWindow AND outcome = 'running') AS running,
  countIf(inWindow AND outcome = 'cancelled') AS cancelled,
  countIf(inWindow AND outcome = 'unknown') AS unknown,
  countIf(inWindow AND outcome = 'success' AND NOT recovered) AS firstTry,
  countIf(NOT inWindow AND finished) AS previousFinished,
  countIf(NOT inWindow AND outcome = 'success') AS previousSuccesses,
  sumIf(cost_usd, inWindow) AS costUsd,
  sumIf(wasted_usd, inWindow AND finished) AS wastedUsd,
  sumIf(unpriced_calls, inWindow) AS unpricedCalls,
  ifNotFinite(quantileExactIf(0.5)(duration_ms, inWindow AND finished), 0) AS p50DurationMs,
  toUnixTimestamp64Milli(max(end_time)) AS lastRunMs
FROM runs FINAL
WHERE ${RUNS_OF_WINDOW} AND ${NOT_OTHER}
GROUP BY pipeline
HAVING countIf(inWindow) > 0
ORDER BY failure DESC, pipeline`

const PARTS = `
SELECT
  pipeline, pipeline_version AS version,
  toUInt8(least(${TREND_PARTS - 1}, intDiv((toUnixTimestamp64Milli(end_time) - {from:Int64}) * ${TREND_PARTS}, {to:Int64} - {from:Int64}))) AS part,
  countIf(outcome IN ('success', 'failure')) AS finished,
  countIf(outcome = 'failure') AS failed,
  toUnixTimestamp64Milli(max(end_time)) AS lastRunMs
FROM runs FINAL
WHERE ${RUNS_OF_WINDOW} AND ${NOT_OTHER}
GROUP BY pipeline, version, part`

/** @param alertStates present state per pipeline; a pipeline that was never evaluated has no data */
export const pipelines = async (
  scope: Scope,
  query: EndpointQuery<'pipelines'>,
  alertStates: ReadonlyMap<string, AlertState>,
): Promise<EndpointResponse<'pipelines'>> => {
  const period = periodOf(query, scope.now)
  const params = windowParams(scope, query)
  const previousFrom = Math.max(0, period.from - (period.to - period.from))
  const [totals, parts] = await Promise.all([
    readRows<Totals>(scope.store, TOTALS, { ...params, from: previousFrom, middle: period.from }),
    readRows<Part>(scope.store, PARTS, params),
  ])
  const partsOf = groupBy(parts, (part) => part.pipeline)
  const items = totals.map((row) => summaryOf(row, partsOf.get(row.pipeline) ?? [], period, alertStates.get(row.pipeline) ?? 'no_data'))
  return { items, nextCursor: null }
}

const summaryOf = (row: Totals, parts: readonly Part[], period: Period, alert: AlertState): PipelineSummary => {
  const { success, failure, waiting, running, cancelled, unknown } = row
  return {
    pipeline: row.pipeline,
    versions: versionsOf(parts),
    outcomes: { success, failure, waiting, running, cancelled, unknown },
    final: rateOf(success, success + failure),
    firstTry: rateOf(row.firstTry, success + failure),
    previous: rateOf(row.previousSuccesses, row.previousFinished),
    p50DurationMs: row.p50DurationMs,
    costUsd: row.costUsd,
    wastedUsd: row.wastedUsd,
    unpricedCalls: row.unpricedCalls,
    lastRunAt: isoOf(row.lastRunMs),
    alert,
    trend: trendOf(parts, period),
  }
}

/** The version that ran last comes first; runs without one are not listed. */
const versionsOf = (parts: readonly Part[]): string[] => {
  const lastRuns = [...groupBy(parts, (part) => part.version)].map(([version, rows]) => ({
    version,
    lastRunMs: Math.max(...rows.map((row) => row.lastRunMs)),
  }))
  lastRuns.sort((a, b) => b.lastRunMs - a.lastRunMs || b.version.localeCompare(a.version, 'en', { numeric: true }))
  return lastRuns.map(({ version }) => version).filter((version) => version !== '')
}

const trendOf = (parts: readonly Part[], period: Period): PipelineSummary['trend'] =>
  Array.from({ length: TREND_PARTS }, (_, index) => {
    const here = parts.filter(({ part }) => part === index)
    return {
      start: isoOf(Math.ceil(period.from + ((period.to - period.from) * index) / TREND_PARTS)),
      finished: here.reduce((sum, { finished }) => sum + finished, 0),
      failed: here.reduce((sum, { failed }) => sum + failed, 0),
    }
  })
