// GET /runs/:id/spans: the spans of a run's traces without their attributes, by start.
import { type EndpointParams, type EndpointQuery, type EndpointResponse, SeamtraceError, type SpanSummary } from '@seamtrace/schema'
import { readRows } from '../store/read.ts'
import { atProjectPrices } from './project-costs.ts'
import type { Scope } from './scope.ts'
import { SPANS_OF_TRACES, SUMMARY_COLUMNS, traceParams } from './span-columns.ts'

const TRACES = `SELECT trace_ids AS traceIds FROM runs FINAL WHERE project = {project:String} AND run_id = {runId:String}`

const COUNT = `SELECT uniqExact(trace_id, span_id) AS spans FROM spans WHERE ${SPANS_OF_TRACES}`

// A span that was sent again with another start is another row of the table, so FINAL would not be enough.
const SPANS = `
SELECT * EXCEPT (start_unix_nano) FROM (
  SELECT ${SUMMARY_COLUMNS}, start_unix_nano
  FROM spans
  WHERE ${SPANS_OF_TRACES}
  ORDER BY inserted_at DESC, start_unix_nano
  LIMIT 1 BY trace_id, span_id
)
ORDER BY start_unix_nano, spanId, traceId
LIMIT {limit:UInt32}`

/**
 * `hidden` says how many spans the limit cut off.
 * @throws SeamtraceError not_found
 */
export const runSpans = async (
  scope: Scope,
  { id }: EndpointParams<'runSpans'>,
  { limit }: EndpointQuery<'runSpans'>,
): Promise<EndpointResponse<'runSpans'>> => {
  const [row] = await readRows<{ traceIds: string[] }>(scope.store, TRACES, { project: scope.project, runId: id })
  if (!row) throw new SeamtraceError('not_found', `cannot find run ${id}`, { parameters: ['id'] })
  const params = await traceParams(scope, row.traceIds)
  if (!params) return { items: [], hidden: 0 }
  const [[count], items] = await Promise.all([
    readRows<{ spans: number }>(scope.store, COUNT, params),
    readRows<SpanSummary>(scope.store, SPANS, { ...params, limit }),
  ])
  return { items: await atProjectPrices(scope, params, '', items), hidden: Math.max(0, (count?.spans ?? 0) - items.length) }
}
