// Reads the log records of traces that may tell of their spans, without what is long in them.
import type { LogRecord } from '@seamtrace/schema'
import { anyValueFromJson } from '../decode/any-value-json.ts'
import { mergeAttributes, type TextMap } from './cells.ts'
import { type ReadLimits, readRows } from './read.ts'
import { paramsOf, type Reader, type TraceRange, traceKey } from './touched-traces.ts'
import { MANY_TRACE_IDS, MOST_TRACE_IDS } from './trace-ids.ts'

type Row = {
  project: string
  trace: string
  span: string
  time: string
  observed: string
  event: string
  text: string
  texts: TextMap
  others: TextMap
  scope: string
}

const LIMITS: ReadLimits = { maxMemoryBytes: 1024 ** 3, maxSeconds: 60, maxRows: 200_000, maxBytes: 48 * 1024 * 1024, maxThreads: 1 }

// What is asked for here must be in schema/sql/0041_log_touch_mv.sql as well: it says which records have their trace analyzed again.
const TELLING = `(startsWith(event_name, 'gen_ai.') OR startsWith(event_name, 'claude_code.') OR attributes['event.name'] != ''
  OR mapContains(attributes, 'exception.type') OR mapContains(attributes, 'exception.message'))`

// Of a trace with more, the verdicts and then the earliest: no instrumentation tells a single span in a thousand records.
const SELECT_TELLING = `
SELECT project, lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span, toString(time_unix_nano) AS time,
  toString(observed_unix_nano) AS observed, event_name AS event, if(length(body) <= {longest:UInt32}, body, '{}') AS text,
  mapFilter((key, value) -> length(value) <= {longest:UInt32}, attributes) AS texts,
  mapFilter((key, value) -> length(value) <= {longest:UInt32}, attributes_typed) AS others, scope_name AS scope
FROM log_records
WHERE project IN {projects:Array(String)}
  AND key_time >= toDateTime({from:UInt32}, 'UTC') AND key_time <= toDateTime({to:UInt32}, 'UTC')
  AND trace_id IN ${MANY_TRACE_IDS} AND ${TELLING}
ORDER BY project, trace_id, event_name = 'gen_ai.evaluation.result' DESC, log_records.time_unix_nano, identity
LIMIT 2000 BY project, trace_id`

const NO_ATTRIBUTES: LogRecord['attributes'] = new Map()

const recordOf = (row: Row): LogRecord => ({
  ...{ traceId: row.trace, spanId: /^0+$/.test(row.span) ? '' : row.span, eventName: row.event, scopeName: row.scope },
  ...{ timeUnixNano: BigInt(row.time), observedTimeUnixNano: BigInt(row.observed) },
  ...{ body: anyValueFromJson(JSON.parse(row.text)), attributes: mergeAttributes(row.texts, row.others) },
  ...{ severityNumber: 0, severityText: '', droppedAttributesCount: 0, flags: 0 },
  ...{ resource: NO_ATTRIBUTES, resourceSchemaUrl: '', scopeVersion: '', scopeAttributes: NO_ATTRIBUTES, scopeSchemaUrl: '' },
})

const hasLogs = ({ firstLogTime = 1, lastLogTime = 0 }: TraceRange): boolean => firstLogTime <= lastLogTime

/**
 * The records by {@link traceKey}. Asks nothing where no trace has any: most projects send no logs.
 * @param longestBytes texts are read only where they have no more
 */
export const readTellingLogs = async (
  store: Reader,
  ranges: readonly TraceRange[],
  longestBytes: number,
): Promise<Map<string, LogRecord[]>> => {
  const found = new Map<string, LogRecord[]>()
  const asked = ranges.filter(hasLogs)
  for (let at = 0; at < asked.length; at += MOST_TRACE_IDS) {
    const some = asked.slice(at, at + MOST_TRACE_IDS)
    const from = some.reduce((first, { firstLogTime = 0 }) => Math.min(first, firstLogTime), 0xffffffff)
    const to = some.reduce((last, { lastLogTime = 0 }) => Math.max(last, lastLogTime), 0)
    const rows = await readRows<Row>(store, SELECT_TELLING, { ...paramsOf(some), from, to, longest: longestBytes }, LIMITS)
    // a trace is asked for once: its rows are all in one answer
    const byTrace = Map.groupBy(rows, ({ project, trace }) => traceKey({ project, traceId: trace }))
    for (const [key, ofTrace] of byTrace) found.set(key, ofTrace.map(recordOf))
  }
  return found
}
