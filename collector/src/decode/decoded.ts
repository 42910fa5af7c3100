// What decoding yields: the records, what had to be left out, and what had to be cut, both grouped by reason.
import type { LogRecord, MetricPoint, Span } from '@seamtrace/schema'

export type Counted = { reason: string; count: number; sample: string }
export type Outcome = {
  /** records that cannot be stored */
  rejected: Counted[]
  /** parts of records that went beyond a limit: the records are stored without them */
  truncated: Counted[]
}
export type Decoded = Outcome & { spans: Span[] }
export type DecodedLogs = Outcome & { logs: LogRecord[] }
export type DecodedMetrics = Outcome & {
  /** data points of the metrics that are stored */
  points: MetricPoint[]
  /** data points by name of metric: all of them */
  counts: Map<string, number>
}

const NO_TRACE_ID = '0'.repeat(32)
const NO_SPAN_ID = '0'.repeat(16)

// decoders give nothing but hex digits in lower case, so the length tells the rest
const isTraceId = (hex: string): boolean => hex.length === 32 && hex !== NO_TRACE_ID
const isSpanId = (hex: string): boolean => hex.length === 16 && hex !== NO_SPAN_ID

/** Takes a span in whose ids can identify it; its neighbors stay whatever becomes of it. */
export function takeSpan(decoded: Decoded, span: Span): void {
  if (!isTraceId(span.traceId)) return rejectSpan(decoded, 'trace id is not 16 bytes, or all zero', span.name)
  if (!isSpanId(span.spanId)) return rejectSpan(decoded, 'span id is not 8 bytes, or all zero', span.name)
  if (!isSpanId(span.parentSpanId)) {
    if (!/^0*$/.test(span.parentSpanId)) count(decoded.truncated, 'parent span id is not 8 bytes: left out', span.name)
    span.parentSpanId = ''
  }
  decoded.spans.push(span)
}

/** Takes a log record in. Its ids are optional: one that is no id is left out, as OTLP asks, and told about. */
export function takeLog(decoded: DecodedLogs, log: LogRecord): void {
  if (log.traceId !== '' && !isTraceId(log.traceId)) {
    if (!/^0+$/.test(log.traceId)) count(decoded.truncated, 'trace id of a log record is not 16 bytes: left out', log.traceId)
    log.traceId = ''
  }
  if (log.spanId !== '' && !isSpanId(log.spanId)) {
    if (!/^0+$/.test(log.spanId)) count(decoded.truncated, 'span id of a log record is not 8 bytes: left out', log.spanId)
    log.spanId = ''
  }
  decoded.logs.push(log)
}

export const rejectSpan = (outcome: Outcome, reason: string, name: string): void => reject(outcome, reason, 'span', name)

export const reject = ({ rejected }: Outcome, reason: string, what: string, name: string): void => {
  const known = rejected.find((entry) => entry.reason === reason)
  if (known) known.count++
  else rejected.push({ reason, count: 1, sample: `${what} ${quoted(name)}` })
}

/** Counts a reason; the first sample stays. */
export const count = (list: Counted[], reason: string, sample: string): void => {
  const known = list.find((entry) => entry.reason === reason)
  if (known) known.count++
  else list.push({ reason, count: 1, sample: quoted(sample) })
}

export const totalOf = (list: readonly Counted[]): number => list.reduce((sum, entry) => sum + entry.count, 0)

const quoted = (text: string): string => JSON.stringify(text.slice(0, 100).toWellFormed())
