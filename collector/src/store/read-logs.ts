// Reads the log records of traces back: each once, by time.
import type { LogRecord } from '@seamtrace/schema'
import { fromLogRow, type LogRow } from './log-row.ts'
import type { Store } from './open.ts'
import { readRows } from './read.ts'
import { TRACE_IDS, validTraceIds } from './trace-ids.ts'

const SELECT_LOGS = `
SELECT
  project, lower(hex(identity)) AS identity_hex, lower(hex(trace_id)) AS trace_id_hex, lower(hex(span_id)) AS span_id_hex,
  toString(time_unix_nano) AS time_unix_nano, toString(observed_unix_nano) AS observed_unix_nano, severity_number, severity_text,
  body, event_name, attributes, attributes_typed, dropped_attributes, flags, service, resource, resource_typed,
  resource_schema_url, scope_name, scope_version, scope_attributes, scope_attributes_typed, scope_schema_url
FROM log_records
WHERE project = {project:String} AND trace_id IN ${TRACE_IDS}
ORDER BY trace_id, log_records.time_unix_nano, identity
LIMIT 1 BY trace_id, identity
LIMIT 10000`

/** The records of these traces, by trace and time; unknown trace ids give nothing. */
export const logsOfTraces = async (store: Pick<Store, 'client'>, project: string, traceIds: readonly string[]): Promise<LogRecord[]> => {
  const ids = validTraceIds(traceIds)
  if (ids.length === 0) return []
  const rows = await readRows<LogRow>(store, SELECT_LOGS, { project, traceIds: ids })
  return rows.map(fromLogRow)
}
