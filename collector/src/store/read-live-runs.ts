// Reads what programs told last of the runs that go on in these traces: one record a run, with when it came.
import type { LogRecord } from '@seamtrace/schema'
import { mergeAttributes, type TextMap } from './cells.ts'
import { type ReadLimits, readRows } from './read.ts'
import { paramsOf, type Reader, type TraceRef, traceKey } from './touched-traces.ts'
import { MANY_TRACE_IDS, MOST_TRACE_IDS } from './trace-ids.ts'

export type LiveRecord = { log: LogRecord; heardUnixNano: bigint }

type Row = {
  project: string
  trace: string
  span: string
  time: string
  heardMs: number
  event: string
  texts: TextMap
  others: TextMap
  resource: TextMap
}

const LIMITS: ReadLimits = { maxMemoryBytes: 512 * 1024 * 1024, maxRows: 100_000, maxBytes: 32 * 1024 * 1024, maxThreads: 1 }

// A batch may run a hundred times in one trace; who tells of more than that at once is shown the first of them.
const SELECT_LIVE = `
SELECT project, lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span, argMaxMerge(newest) AS told, toString(told.1) AS time,
  toUnixTimestamp64Milli(told.2) AS heardMs, told.3 AS event, told.4 AS texts, told.5 AS others, told.6 AS resource
FROM live_runs
WHERE project IN {projects:Array(String)} AND trace_id IN ${MANY_TRACE_IDS}
GROUP BY project, trace_id, span_id
ORDER BY project, trace_id, span_id
LIMIT 100 BY project, trace_id`

const NO_ATTRIBUTES: LogRecord['attributes'] = new Map()

const recordOf = (row: Row): LiveRecord => ({
  heardUnixNano: BigInt(row.heardMs) * 1_000_000n,
  log: {
    ...{ traceId: row.trace, spanId: row.span, eventName: row.event, scopeName: '' },
    ...{ timeUnixNano: BigInt(row.time), observedTimeUnixNano: 0n, body: null, attributes: mergeAttributes(row.texts, row.others) },
    ...{ severityNumber: 0, severityText: '', droppedAttributesCount: 0, flags: 0 },
    ...{ resource: mergeAttributes(row.resource, {}), resourceSchemaUrl: '' },
    ...{ scopeVersion: '', scopeAttributes: NO_ATTRIBUTES, scopeSchemaUrl: '' },
  },
})

/** By {@link traceKey}. */
export const readLiveRuns = async (store: Reader, traces: readonly TraceRef[]): Promise<Map<string, LiveRecord[]>> => {
  const found = new Map<string, LiveRecord[]>()
  for (let at = 0; at < traces.length; at += MOST_TRACE_IDS) {
    const rows = await readRows<Row>(store, SELECT_LIVE, paramsOf(traces.slice(at, at + MOST_TRACE_IDS)), LIMITS)
    // a trace is asked for once: its rows are all in one answer
    const byTrace = Map.groupBy(rows, ({ project, trace }) => traceKey({ project, traceId: trace }))
    for (const [key, ofTrace] of byTrace) found.set(key, ofTrace.map(recordOf))
  }
  return found
}
