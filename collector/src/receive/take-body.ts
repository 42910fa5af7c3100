// One body of any signal → rows ready to be inserted, and what the sender is told. Pure: it runs in the main thread or in a worker.
import { messageOf, type RecognizedSpan, type Span } from '@seamtrace/schema'
import { decodeLogs } from '../decode/decode-logs.ts'
import { decodeMetrics } from '../decode/decode-metrics.ts'
import { decodeTraces, type OtlpEncoding } from '../decode/decode-traces.ts'
import { type Outcome, rejectSpan } from '../decode/decoded.ts'
import type { SignalName } from '../decode/json-values.ts'
import { createSpanEncoder } from '../store/encode-span.ts'
import { toLogRow } from '../store/log-row.ts'
import { toMetricRow } from '../store/metric-row.ts'
import type { RowFormName } from '../store/row-forms.ts'
import type { Taken } from './ingest-stats.ts'

/** Rows as they are inserted, one behind the other, in memory of their own. */
export type Rows = {
  form: RowFormName
  bytes: Buffer
  count: number
  /** no further part follows; a last part may also come without saying so */
  last: boolean
}

export type Received = {
  taken: Taken
  /** failures of our own rules, for the log */
  faults: string[]
}
export type TakeContext = { project: string; recognize: (span: Span) => RecognizedSpan; arrivedAtMs: number }

/** A clock that is off by more than this is shown; nothing is refused for its time. */
const MAX_SKEW_NANO = 24n * 3_600n * 1_000_000_000n
const MAX_FAULTS = 5
/** A large body becomes several parts, so that its rows are never in memory all at once. */
const PART_BYTES = 4 * 1024 * 1024

// Its memory serves all bodies: it is empty whenever a part is handed out, and each body begins with an empty one.
const encoder = createSpanEncoder()

/**
 * Yields the rows part by part; what was yielded must be kept before the sender is told of success.
 * @throws SeamtraceError bad_request, too_large before the first part
 */
export function* takeBody(signal: SignalName, encoding: OtlpEncoding, body: Uint8Array, context: TakeContext): Generator<Rows, Received> {
  if (signal === 'traces') return yield* takeTraces(encoding, body, context)
  return yield* signal === 'logs' ? takeLogs(encoding, body, context) : takeMetrics(encoding, body, context)
}

function* takeTraces(encoding: OtlpEncoding, body: Uint8Array, context: TakeContext): Generator<Rows, Received> {
  const decoded = decodeTraces(body, encoding)
  const received = emptyOf(decoded)
  const arrived = BigInt(context.arrivedAtMs) * 1_000_000n
  const partOf = (last: boolean): Rows => ({ form: 'spans_2', count: encoder.rows(), bytes: encoder.take(), last })
  encoder.clear()
  // each span is let go when its row is made: both together would take twice the memory
  decoded.spans.reverse()
  for (let span = decoded.spans.pop(); span; span = decoded.spans.pop()) {
    const recognized = recognizeOrReject(span, context, decoded, received)
    if (!recognized) continue
    encoder.add(context.project, recognized)
    received.taken.spans++
    if (isSkewed(span, arrived)) received.taken.skewed++
    if (encoder.bytes() >= PART_BYTES) yield partOf(false)
  }
  if (encoder.rows() > 0) yield partOf(true)
  return received
}

/** A rule that fails on one span must not cost its neighbors. */
const recognizeOrReject = (span: Span, context: TakeContext, decoded: Outcome, { faults }: Received): RecognizedSpan | null => {
  try {
    return context.recognize(span)
  } catch (error) {
    rejectSpan(decoded, 'internal error while recognizing', span.name)
    const cause = error instanceof Error ? error.stack : messageOf(error)
    if (faults.length < MAX_FAULTS) faults.push(`cannot recognize span ${span.traceId}/${span.spanId}: ${cause}`)
    return null
  }
}

const isSkewed = ({ startTimeUnixNano, endTimeUnixNano }: Span, arrived: bigint): boolean =>
  endTimeUnixNano < startTimeUnixNano || isFar(startTimeUnixNano, arrived) || isFar(endTimeUnixNano, arrived)

const isFar = (time: bigint, arrived: bigint): boolean => time > arrived + MAX_SKEW_NANO || time < arrived - MAX_SKEW_NANO

function* takeLogs(encoding: OtlpEncoding, body: Uint8Array, { project }: TakeContext): Generator<Rows, Received> {
  const decoded = decodeLogs(body, encoding)
  const received = emptyOf(decoded)
  yield* inLines('log_records_1', decoded.logs, (log) => toLogRow(project, log))
  received.taken.logs = decoded.logs.length
  return received
}

function* takeMetrics(encoding: OtlpEncoding, body: Uint8Array, { project }: TakeContext): Generator<Rows, Received> {
  const decoded = decodeMetrics(body, encoding)
  const received = emptyOf(decoded)
  yield* inLines('genai_metrics_1', decoded.points, (point) => toMetricRow(project, point))
  received.taken.storedPoints = decoded.points.length
  received.taken.metricNames = [...decoded.counts]
  received.taken.points = received.taken.metricNames.reduce((sum, [, points]) => sum + points, 0)
  return received
}

function* inLines<T>(form: RowFormName, records: readonly T[], rowOf: (record: T) => object): Generator<Rows> {
  let lines: string[] = []
  let length = 0
  const take = (last: boolean): Rows => {
    const rows = { form, bytes: Buffer.from(lines.join('')), count: lines.length, last }
    lines = []
    length = 0
    return rows
  }
  for (const record of records) {
    const line = `${JSON.stringify(rowOf(record))}\n`
    length += line.length
    lines.push(line)
    if (length >= PART_BYTES) yield take(false)
  }
  if (lines.length > 0) yield take(true)
}

const emptyOf = ({ rejected, truncated }: Outcome): Received => ({
  taken: { spans: 0, skewed: 0, logs: 0, points: 0, storedPoints: 0, metricNames: [], rejected, truncated },
  faults: [],
})
