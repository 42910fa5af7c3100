// Reads whole traces back: the newest copy of every span, without looking outside the days in which the traces ran.
import type { RecognizedSpan } from '@seamtrace/schema'
import type { Store } from './open.ts'
import { type ReadLimits, readRows } from './read.ts'
import { SPAN_SELECT } from './span-columns.ts'
import { fromSpanRow, type SpanRow } from './span-row.ts'
import { TRACE_IDS, validTraceIds } from './trace-ids.ts'

// Whole spans with their bodies; the caller bounds how many traces it asks for at once.
const LIMITS: ReadLimits = { maxMemoryBytes: 1024 * 1024 * 1024, maxSeconds: 30, maxRows: 500_000 }

const selectSpans = (columns: string): string => `
WITH (
  SELECT (min(first_key_time), max(last_key_time)) FROM trace_touch WHERE project = {project:String} AND trace_id IN ${TRACE_IDS}
) AS touched
SELECT ${columns}
FROM spans
WHERE project = {project:String}
  AND key_time >= touched.1 AND key_time <= touched.2
  AND trace_id IN ${TRACE_IDS}
ORDER BY trace_id, span_id, inserted_at DESC, spans.end_unix_nano DESC
LIMIT 1 BY trace_id, span_id`

type Reader = Pick<Store, 'client'>

const readSpans = async (
  store: Reader,
  columns: string,
  params: { project: string; traceIds: readonly string[]; keys?: readonly string[] },
) => {
  const traceIds = validTraceIds(params.traceIds)
  if (traceIds.length === 0) return []
  const rows = await readRows<SpanRow>(store, selectSpans(columns), { ...params, traceIds }, LIMITS)
  return rows.map(fromSpanRow)
}

/** The spans of these traces, by trace and span id; unknown trace ids give nothing. */
export const spansOfTraces = (store: Reader, project: string, traceIds: readonly string[]): Promise<RecognizedSpan[]> =>
  readSpans(store, SPAN_SELECT, { project, traceIds })
