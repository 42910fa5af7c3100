// What a case of the conformance table is. Its request is OTLP/JSON; the transports make protobuf of it.
import type { LogRecord, RecognizedSpan } from '@seamtrace/schema'
import type { Answer, Signal, Transport } from './transports.ts'

export type Case = {
  name: string
  /** all of them when absent */
  over?: readonly Transport[]
  signal?: Signal
  /** gets a trace id that no other case has */
  request: (traceId: string) => object
  answer?: Partial<Omit<Answer, 'message'>> & { message?: string | RegExp }
  /** spans that are stored under the trace id, by name */
  spans?: Partial<RecognizedSpan>[]
  logs?: Partial<LogRecord>[]
}

export const SPAN_ID = 'b7ad6b7169203331'
export const START = '1763600000000000000'
export const END = '1763600001000000000'

/** One span per object, in one scope. */
export const traces = (traceId: string, ...spans: object[]) => ({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: spans.map((span, index) => ({
            traceId,
            spanId: spanId(index),
            name: `span ${index}`,
            startTimeUnixNano: START,
            endTimeUnixNano: END,
            ...span,
          })),
        },
      ],
    },
  ],
})

export const spanId = (index: number): string => (BigInt(`0x${SPAN_ID}`) + BigInt(index)).toString(16)

export const logs = (traceId: string, ...records: object[]) => ({
  resourceLogs: [{ scopeLogs: [{ logRecords: records.map((record) => ({ traceId, spanId: SPAN_ID, timeUnixNano: START, ...record })) }] }],
})

export const metrics = (...list: object[]) => ({ resourceMetrics: [{ scopeMetrics: [{ metrics: list }] }] })

export const withValue = (value: object, key = 'k') => ({ attributes: [{ key, value }] })
