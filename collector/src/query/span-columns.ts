// The light columns of a span, and the rows of `spans` that belong to given traces, each span once.
import { readRows } from '../store/read.ts'
import { TRACE_IDS, validTraceIds } from '../store/trace-ids.ts'
import type { Scope } from './scope.ts'

/** Aliases are the names of the contract, so that a row is a SpanSummary as it comes. */
export const SUMMARY_COLUMNS = `
  lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId, if(reinterpretAsUInt64(parent_span_id) = 0, '', lower(hex(parent_span_id))) AS parentSpanId, name, type, layer,
  layer_rule AS layerRule, step, agent, tool, model, attempt, outcome, error_type AS errorType, error_message AS errorMessage,
  failure_kind AS failureKind, toString(start_unix_nano) AS startTimeUnixNano,
  toString(if(end_unix_nano > start_unix_nano, end_unix_nano - start_unix_nano, 0)) AS durationNano,
  input_tokens AS inputTokens, output_tokens AS outputTokens, cost_usd AS costUsd,
  cost_source AS costSource`

/** The times bound what is read: the table is ordered by minute before the trace. */
export const SPANS_OF_TRACES = `
  project = {project:String}
  AND key_time BETWEEN toDateTime({first:UInt32}, 'UTC') AND toDateTime({last:UInt32}, 'UTC')
  AND trace_id IN ${TRACE_IDS}`

export type TraceParams = { project: string; traceIds: string[]; first: number; last: number }

const BOUNDS = `
SELECT count() AS traces, toUnixTimestamp(min(first_key_time)) AS first, toUnixTimestamp(max(last_key_time)) AS last
FROM trace_touch
WHERE project = {project:String} AND trace_id IN ${TRACE_IDS}`

/** What {@link SPANS_OF_TRACES} takes; null when none of the traces has a span. */
export const traceParams = async (scope: Scope, traceIds: readonly string[]): Promise<TraceParams | null> => {
  const params = { project: scope.project, traceIds: validTraceIds(traceIds) }
  const [bounds] = await readRows<{ traces: number; first: number; last: number }>(scope.store, BOUNDS, params)
  return bounds && bounds.traces > 0 ? { ...params, first: bounds.first, last: bounds.last } : null
}
