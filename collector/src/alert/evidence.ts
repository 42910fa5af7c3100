// What the detector looks at: how runs ended in the window and in the baseline, and which seams were charged, per pipeline.
import type { DropRule, SeamKind } from '@seamtrace/schema'
import { groupBy, isGapName, rateOf, sumRuns } from '../query/rate.ts'
import { OTHER_PIPELINE } from '../query/runs-of-window.ts'
import type { Scope } from '../query/scope.ts'
import { readRows } from '../store/read.ts'
import type { DropEvidence, SeamCharges } from './drop.ts'

/** `newest` is [−end in ms, run id], the newest first. */
type EvidenceRow = {
  pipeline: string
  inWindow: boolean
  outcome: 'success' | 'failure' | 'unknown'
  seam: string
  kind: SeamKind
  layer: string
  gap: string
  failureKind: string
  runs: number
  message: string
  newest: [number, string][]
}

const MINUTE_MS = 60_000
const EXAMPLES = 3

// An unknown end counts once it is settled: the rest of a trace may be a moment away, as while history is imported.
const SETTLED_MS = 60_000

// One statement for all pipelines. A firing rule is compared with the time before it fired: else the drop becomes its own baseline.
const EVIDENCE = `
WITH
  toBool(end_time >= fromUnixTimestamp64Milli({windowStart:Int64}, 'UTC')) AS inWindow,
  transform(pipeline, {frozen:Array(String)}, {frozenEnds:Array(Int64)}, {windowStart:Int64}) AS baselineEnd,
  toUnixTimestamp64Milli(end_time) AS endMs,
  outcome = 'failure' AND attributed_seam != '' AS charged
SELECT
  pipeline, inWindow, outcome,
  if(charged, attributed_seam, '') AS seam, if(charged, attributed_seam_kind, '') AS kind, if(charged, attributed_layer, '') AS layer,
  if(charged, attributed_gap, '') AS gap, if(charged, attributed_kind, '') AS failureKind,
  count() AS runs, argMax(attributed_message, (end_time, run_id)) AS message,
  groupArraySorted(${EXAMPLES})((-endMs, run_id)) AS newest
FROM runs FINAL
WHERE project = {project:String} AND pipeline != '${OTHER_PIPELINE}' AND outcome IN ('success', 'failure', 'unknown')
  AND (outcome != 'unknown' OR version <= {settled:UInt64})
  AND end_time >= fromUnixTimestamp64Milli({oldest:Int64}, 'UTC') AND end_time < fromUnixTimestamp64Milli({now:Int64}, 'UTC')
  AND (inWindow OR (endMs < baselineEnd AND endMs >= baselineEnd - {baselineMs:Int64}))
GROUP BY pipeline, inWindow, outcome, seam, kind, layer, gap, failureKind`

/**
 * Evidence for every pipeline that has runs in the window or its baseline.
 * @param alarmedAt when the rules of these pipelines began to fire, ms since 1970
 */
export const readEvidence = async (
  scope: Scope,
  rule: DropRule,
  alarmedAt: ReadonlyMap<string, number>,
): Promise<Map<string, DropEvidence>> => {
  const now = scope.now.getTime()
  const windowStart = now - rule.windowMinutes * MINUTE_MS
  const baselineMs = rule.baselineMinutes * MINUTE_MS
  // Frozen for the length of a baseline at most: after that the new level is taken for what is usual.
  const frozen = [...alarmedAt].map(([pipeline, at]) => ({
    pipeline,
    end: Math.max(at, now - baselineMs) - rule.windowMinutes * MINUTE_MS,
  }))
  const ends = frozen.map(({ end }) => end)
  const rows = await readRows<EvidenceRow>(scope.store, EVIDENCE, {
    project: scope.project,
    now,
    windowStart,
    baselineMs,
    settled: now - SETTLED_MS,
    oldest: Math.max(0, Math.min(windowStart, ...ends) - baselineMs),
    // transform() takes no empty lists; no pipeline is named ''
    frozen: ['', ...frozen.map(({ pipeline }) => pipeline)],
    frozenEnds: [windowStart, ...ends],
  })
  return new Map([...groupBy(rows, (row) => row.pipeline)].map(([pipeline, ofPipeline]) => [pipeline, evidenceOf(ofPipeline)]))
}

/** Evidence of a pipeline of which nothing is left to read. */
export const NO_EVIDENCE: DropEvidence = { window: rateOf(0, 0), baseline: rateOf(0, 0), unknownInWindow: 0, seams: [], exampleRunIds: [] }

const evidenceOf = (rows: readonly EvidenceRow[]): DropEvidence => {
  const window = rows.filter((row) => row.inWindow)
  return {
    window: rateOfRows(window),
    baseline: rateOfRows(rows.filter((row) => !row.inWindow)),
    unknownInWindow: sumRuns(window.filter((row) => row.outcome === 'unknown')),
    seams: [
      ...groupBy(
        rows.filter((row) => row.seam !== ''),
        ({ seam, kind }) => JSON.stringify([seam, kind]),
      ).values(),
    ].map(chargesOf),
    exampleRunIds: newestRunIds(window.filter((row) => row.outcome !== 'success')),
  }
}

const rateOfRows = (rows: readonly EvidenceRow[]) => rateOf(sumRuns(rows.filter((row) => row.outcome === 'success')), sumRuns(rows))

/** Layer, gap, kind and message are those of the commonest cause in the window. */
const chargesOf = (rows: EvidenceRow[]): SeamCharges => {
  const inWindow = rows.filter((row) => row.inWindow)
  const [top] = [...inWindow, ...rows].sort((a, b) => Number(b.inWindow) - Number(a.inWindow) || b.runs - a.runs)
  return {
    seam: top?.seam ?? '',
    kind: top?.kind ?? 'handoff',
    layer: top?.layer ?? '',
    gap: top && isGapName(top.gap) ? top.gap : null,
    failureKind: top?.failureKind ?? '',
    message: top?.message ?? '',
    inWindow: sumRuns(inWindow),
    inBaseline: sumRuns(rows) - sumRuns(inWindow),
    exampleRunIds: newestRunIds(inWindow),
  }
}

const newestRunIds = (rows: readonly EvidenceRow[]): string[] =>
  rows
    .flatMap((row) => row.newest)
    .sort(([a], [b]) => a - b)
    .slice(0, EXAMPLES)
    .map(([, runId]) => runId)
