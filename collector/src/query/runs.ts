// GET /runs: the runs of a window, the newest first, in pages.
import type { Attribution, EndpointQuery, EndpointResponse, RunSummary } from '@seamtrace/schema'
import { readRows } from '../store/read.ts'
import { type RunCursor, readCursor, writeCursor } from './cursor.ts'
import { START_STEP } from './ledger.ts'
import { isGapName } from './rate.ts'
import { NOT_OTHER, RUNS_OF_WINDOW, windowParams } from './runs-of-window.ts'
import { isoOf, type Scope } from './scope.ts'

type RunsQuery = EndpointQuery<'runs'>
type RunRow = Omit<RunSummary, 'attributedTo' | 'startTime' | 'liveness'> &
  Pick<Attribution, 'seam' | 'seamKind' | 'step' | 'layer' | 'certain' | 'kind' | 'rule' | 'spanId'> & {
    startMs: number
    endNano: string
    liveStep: string
    heardMs: number
    stalledMs: number
    gap: string
  }

const CHARGED = `outcome = 'failure' AND attributed_seam != ''`

// Every filter is always there and does nothing while its parameter is empty: the text never depends on what a user sends.
const RUNS = `
SELECT
  run_id AS runId, provisional, pipeline, pipeline_version AS version, environment, session_id AS sessionId, outcome, recovered,
  toUnixTimestamp64Milli(start_time) AS startMs, duration_ms AS durationMs, input_tokens AS inputTokens, output_tokens AS outputTokens,
  cost_usd AS costUsd, wasted_usd AS wastedUsd, unpriced_calls AS unpricedCalls, story, n_steps AS steps, n_retries AS retries,
  if(${CHARGED}, attributed_seam, '') AS seam, attributed_seam_kind AS seamKind, attributed_step AS step, attributed_layer AS layer,
  attributed_gap AS gap, attributed_kind AS kind, attributed_certain AS certain, attributed_rule AS rule, attributed_span_id AS spanId,
  toString(toUnixTimestamp64Nano(end_time)) AS endNano,
  live_step AS liveStep, toUnixTimestamp64Milli(heard_at) AS heardMs, toUnixTimestamp64Milli(stalled_since) AS stalledMs
FROM runs FINAL
WHERE ${RUNS_OF_WINDOW}
  AND ({includeOther:Bool} OR ${NOT_OTHER})
  AND (empty({outcomes:Array(String)}) OR has({outcomes:Array(String)}, outcome))
  AND (empty({layers:Array(String)}) OR (${CHARGED} AND has({layers:Array(String)}, attributed_layer)))
  AND (empty({gaps:Array(String)}) OR (${CHARGED} AND has({gaps:Array(String)}, if(attributed_gap = '', 'unclassified', attributed_gap))))
  AND ({kind:String} = '' OR (${CHARGED} AND attributed_kind = {kind:String}))
  AND ({seam:String} = '' OR (${CHARGED} AND attributed_seam = {seam:String}))
  AND ({seamKind:String} = '' OR (${CHARGED} AND attributed_seam_kind = {seamKind:String}))
  AND ({step:String} = ''
    OR (${CHARGED} AND if(attributed_step = '', '${START_STEP}', attributed_step) = {step:String})
    OR ({recovered:String} = 'true' AND outcome = 'success' AND first_loss_step = {step:String}))
  AND ({attributed:String} = '' OR (outcome = 'failure' AND (attributed_seam != '') = ({attributed:String} = 'true')))
  AND ({recovered:String} = '' OR recovered = ({recovered:String} = 'true'))
  AND ({session:String} = '' OR session_id = {session:String})
  AND ({q:String} = '' OR positionCaseInsensitiveUTF8(story, {q:String}) > 0 OR positionCaseInsensitiveUTF8(run_id, {q:String}) > 0)
  AND ({afterRunId:String} = '' OR (end_time, run_id) < (fromUnixTimestamp64Nano({afterEndNano:Int64}, 'UTC'), {afterRunId:String}))
ORDER BY end_time DESC, run_id DESC
LIMIT {limit:UInt32}`

export const runs = async (scope: Scope, query: RunsQuery): Promise<EndpointResponse<'runs'>> => {
  const after = query.cursor === undefined ? { endNano: '0', runId: '' } : readCursor(query.cursor)
  // One row more than the page tells whether there is a next one.
  const rows = await readRows<RunRow>(scope.store, RUNS, {
    ...windowParams(scope, query),
    ...filterParams(query, after),
    limit: query.limit + 1,
  })
  const page = rows.slice(0, query.limit)
  const last = page.at(-1)
  return {
    items: page.map(summaryOf),
    nextCursor: last && rows.length > query.limit ? writeCursor(last) : null,
  }
}

const filterParams = (query: RunsQuery, after: RunCursor) => ({
  outcomes: query.outcome ?? [],
  layers: query.layer ?? [],
  gaps: query.gap ?? [],
  kind: query.kind ?? '',
  seam: query.seam ?? '',
  seamKind: query.seamKind ?? '',
  step: query.step ?? '',
  attributed: query.attributed ?? '',
  recovered: query.recovered ?? '',
  session: query.session ?? '',
  q: query.q ?? '',
  includeOther: !asksForCharges(query),
  afterEndNano: after.endNano,
  afterRunId: after.runId,
})

/** Then the answer has to agree with heat map and seams, where the bucket `other` has no place. */
const asksForCharges = ({ layer, gap, kind, seam, seamKind, step, attributed }: RunsQuery): boolean =>
  [layer, gap, kind, seam, seamKind, step, attributed].some((filter) => filter !== undefined && filter.length > 0)

const summaryOf = ({ startMs, endNano: _, seam, seamKind, step, layer, gap, kind, certain, rule, spanId, ...row }: RunRow): RunSummary => {
  const { liveStep, heardMs, stalledMs, ...summary } = row
  return {
    ...summary,
    startTime: isoOf(startMs),
    liveness: heardMs === 0 ? null : { step: liveStep, heardAt: isoOf(heardMs), stalledSince: stalledMs === 0 ? null : isoOf(stalledMs) },
    attributedTo: seam === '' ? null : { seam, seamKind, step, layer, gap: isGapName(gap) ? gap : null, kind, rule, certain, spanId },
  }
}
