// What a started record or heartbeat tells: the root span of a run as far as it has come, and what the run is at. Pure.
import { attributeCount, attributeText, type LogRecord, type RecognizedSpan, SEAMTRACE, type Span, STARTED } from '@seamtrace/schema'
import { recognize } from './recognize.ts'

/** The span that a record points at, and when it was made. */
export type Place = { traceId: string; spanId: string; timeUnixNano: bigint }

export type LiveFact = Place & {
  kind: 'live'
  /** the span as if it had ended when the record was made */
  span: RecognizedSpan
  /** the step that the run is in, '' outside all steps */
  step: string
  /** when something last began or ended in it */
  changedUnixNano: bigint
  /** how long after this record the next one comes */
  everyMs: number
  /** nothing may begin or end for so long; 0 when there is no such time */
  stalledAfterMs: number
  /** when the record came, by the clock of whoever took it; its own time where that is not known */
  heardUnixNano: bigint
}

const SPAN_ID = /^[0-9a-f]{16}$/
const NANOS = /^\d{1,19}$/
const SHORTEST_BEAT_MS = 100
const LONGEST_BEAT_MS = 3_600_000
const LONGEST_STALL_MS = 30 * 86_400_000

/** A time that is told as text; `otherwise` where it is none, or after the record itself. */
const timeAt = (log: LogRecord, key: string, otherwise: bigint): bigint => {
  const text = attributeText(log.attributes, key)
  if (!NANOS.test(text)) return otherwise
  const time = BigInt(text)
  return time > otherwise ? otherwise : time
}

/** What tells of the moment and not of the span. */
const OF_MOMENT: readonly string[] = [
  SEAMTRACE.stepName,
  SEAMTRACE.changedAt,
  SEAMTRACE.heartbeatMs,
  SEAMTRACE.stalledAfterMs,
  SEAMTRACE.spanName,
  ...Object.values(STARTED),
]

/**
 * @param asSpan the record as a span, so that the tables of the emitters hold for both
 * @returns null when it does not say how long it is good for
 */
export const liveFactOf = (log: LogRecord, place: Place, asSpan: Span): LiveFact | null => {
  const { attributes } = log
  const everyMs = attributeCount(attributes, SEAMTRACE.heartbeatMs)
  if (everyMs === 0) return null
  const told = attributeText(attributes, STARTED.parentSpanId)
  const span = recognize({
    ...asSpan,
    name: attributeText(attributes, SEAMTRACE.spanName),
    parentSpanId: SPAN_ID.test(told) ? told : '',
    startTimeUnixNano: timeAt(log, STARTED.startTime, place.timeUnixNano),
    attributes: new Map([...attributes].filter(([key]) => !OF_MOMENT.includes(key))),
  })
  return {
    ...place,
    kind: 'live',
    span,
    step: attributeText(attributes, SEAMTRACE.stepName).slice(0, 200).toWellFormed(),
    changedUnixNano: timeAt(log, SEAMTRACE.changedAt, place.timeUnixNano),
    everyMs: Math.min(LONGEST_BEAT_MS, Math.max(SHORTEST_BEAT_MS, everyMs)),
    stalledAfterMs: Math.min(LONGEST_STALL_MS, attributeCount(attributes, SEAMTRACE.stalledAfterMs)),
    heardUnixNano: place.timeUnixNano,
  }
}
