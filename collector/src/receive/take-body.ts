// One body of any signal → the rows to store and what the sender is told. Pure: it runs in the main thread or in a worker.
import { messageOf, type RecognizedSpan, type Span } from '@seamtrace/schema'
import { decodeLogs } from '../decode/decode-logs.ts'
import { decodeMetrics } from '../decode/decode-metrics.ts'
import { decodeTraces, type OtlpEncoding } from '../decode/decode-traces.ts'
import { type Outcome, rejectSpan } from '../decode/decoded.ts'
import type { SignalName } from '../decode/json-values.ts'
import { type LogRow, toLogRow } from '../store/log-row.ts'
import { type MetricRow, toMetricRow } from '../store/metric-row.ts'
import { type SpanRow, toSpanRow } from '../store/span-row.ts'
import type { Taken } from './ingest-stats.ts'

export type Rows = { spans: SpanRow[]; logs: LogRow[]; metrics: MetricRow[] }
export type Received = {
  rows: Rows
  taken: Taken
  /** failures of our own rules, for the log */
  faults: string[]
}
export type TakeContext = { project: string; recognize: (span: Span) => RecognizedSpan; arrivedAtMs: number }

/** A clock that is off by more than this is shown; nothing is refused for its time. */
const MAX_SKEW_NANO = 24n * 3_600n * 1_000_000_000n
const MAX_FAULTS = 5

/** @throws SeamtraceError bad_request, too_large */
export const takeBody = (signal: SignalName, encoding: OtlpEncoding, body: Uint8Array, context: TakeContext): Received => {
  if (signal === 'traces') return takeTraces(encoding, body, context)
  return signal === 'logs' ? takeLogs(encoding, body, context) : takeMetrics(encoding, body, context)
}

const takeTraces = (encoding: OtlpEncoding, body: Uint8Array, context: TakeContext): Received => {
  const decoded = decodeTraces(body, encoding)
  const received = emptyOf(decoded)
  const arrived = BigInt(context.arrivedAtMs) * 1_000_000n
  // each span is let go when its row is made: both together would take twice the memory
  decoded.spans.reverse()
  for (let span = decoded.spans.pop(); span; span = decoded.spans.pop()) {
    try {
      received.rows.spans.push(toSpanRow(context.project, context.recognize(span)))
      if (isSkewed(span, arrived)) received.taken.skewed++
    } catch (error) {
      // a rule that fails on one span must not cost its neighbors
      rejectSpan(decoded, 'internal error while recognizing', span.name)
      if (received.faults.length < MAX_FAULTS) {
        const cause = error instanceof Error ? error.stack : messageOf(error)
        received.faults.push(`cannot recognize span ${span.traceId}/${span.spanId}: ${cause}`)
      }
    }
  }
  received.taken.spans = received.rows.spans.length
  return received
}

const isSkewed = ({ startTimeUnixNano, endTimeUnixNano }: Span, arrived: bigint): boolean =>
  endTimeUnixNano < startTimeUnixNano || isFar(startTimeUnixNano, arrived) || isFar(endTimeUnixNano, arrived)

const isFar = (time: bigint, arrived: bigint): boolean => time > arrived + MAX_SKEW_NANO || time < arrived - MAX_SKEW_NANO

const takeLogs = (encoding: OtlpEncoding, body: Uint8Array, { project }: TakeContext): Received => {
  const decoded = decodeLogs(body, encoding)
  const received = emptyOf(decoded)
  received.rows.logs = decoded.logs.map((log) => toLogRow(project, log))
  received.taken.logs = decoded.logs.length
  return received
}

const takeMetrics = (encoding: OtlpEncoding, body: Uint8Array, { project }: TakeContext): Received => {
  const decoded = decodeMetrics(body, encoding)
  const received = emptyOf(decoded)
  received.rows.metrics = decoded.points.map((point) => toMetricRow(project, point))
  received.taken.storedPoints = decoded.points.length
  received.taken.metricNames = [...decoded.counts]
  received.taken.points = received.taken.metricNames.reduce((sum, [, points]) => sum + points, 0)
  return received
}

const emptyOf = ({ rejected, truncated }: Outcome): Received => ({
  rows: { spans: [], logs: [], metrics: [] },
  taken: { spans: 0, skewed: 0, logs: 0, points: 0, storedPoints: 0, metricNames: [], rejected, truncated },
  faults: [],
})
