// OTLP traces in JSON → spans.
import { messageOf, type Origin, OTLP_KINDS, type Span, type SpanEvent, type SpanLink } from '@seamtrace/schema'
import { asList, asObject, type Json } from './any-value-json.ts'
import { type Decoded, rejectSpan, takeSpan } from './decoded.ts'
import { asEnum, asHex, asName, asTime, asUint32, boundedText, readAttributes, readJsonRecords } from './json-values.ts'
import { createLimiter, hasPlace, type Limiter, sumDropped } from './limits.ts'

const STATUS_CODES = ['UNSET', 'OK', 'ERROR']
const KINDS = OTLP_KINDS.map((kind) => kind.toUpperCase())

/** @throws Error when the text is no ExportTraceServiceRequest */
export function decodeJsonSpans(body: Uint8Array, decoded: Decoded): void {
  const limiter = createLimiter(decoded.truncated)
  readJsonRecords(body, 'traces', limiter, (json, origin) => {
    try {
      takeSpan(decoded, { ...readSpan(json, limiter), ...origin })
    } catch (error) {
      rejectSpan(decoded, messageOf(error), typeof json.name === 'string' ? json.name : '')
    }
  })
}

function readSpan(json: Json, limiter: Limiter): Omit<Span, keyof Origin> {
  const status = asObject(json.status ?? {}, 'status')
  const name = asName(json.name, 'name', limiter)
  const events = readSome(json.events, 'events', limiter, name, readEvent)
  const links = readSome(json.links, 'links', limiter, name, readLink)
  return {
    traceId: asHex(json.traceId, 'traceId'),
    spanId: asHex(json.spanId, 'spanId'),
    parentSpanId: asHex(json.parentSpanId, 'parentSpanId'),
    traceState: boundedText(json.traceState, 'traceState', limiter),
    flags: asUint32(json.flags, 'flags'),
    name,
    kind: asEnum(json.kind, 'SPAN_KIND_', KINDS),
    startTimeUnixNano: asTime(json.startTimeUnixNano, 'startTimeUnixNano'),
    endTimeUnixNano: asTime(json.endTimeUnixNano, 'endTimeUnixNano'),
    statusCode: asEnum(status.code, 'STATUS_CODE_', STATUS_CODES),
    statusMessage: boundedText(status.message, 'status message', limiter),
    ...readAttributes(json, limiter),
    events: events.items,
    links: links.items,
    droppedEventsCount: sumDropped(asUint32(json.droppedEventsCount, 'droppedEventsCount'), events.dropped),
    droppedLinksCount: sumDropped(asUint32(json.droppedLinksCount, 'droppedLinksCount'), links.dropped),
  }
}

/** Events or links of a span, as many as there is place for. */
function readSome<T>(
  json: unknown,
  what: 'events' | 'links',
  limiter: Limiter,
  spanName: string,
  read: (json: Json, limiter: Limiter) => T,
): { items: T[]; dropped: number } {
  const items: T[] = []
  let dropped = 0
  for (const item of asList(json, what)) {
    if (hasPlace(limiter, items.length, what, spanName)) items.push(read(asObject(item, `an item of ${what}`), limiter))
    else dropped++
  }
  return { items, dropped }
}

const readEvent = (json: Json, limiter: Limiter): SpanEvent => ({
  timeUnixNano: asTime(json.timeUnixNano, 'timeUnixNano'),
  name: asName(json.name, 'event name', limiter),
  ...readAttributes(json, limiter),
})

const readLink = (json: Json, limiter: Limiter): SpanLink => ({
  traceId: asHex(json.traceId, 'traceId'),
  spanId: asHex(json.spanId, 'spanId'),
  traceState: boundedText(json.traceState, 'traceState', limiter),
  flags: asUint32(json.flags, 'flags'),
  ...readAttributes(json, limiter),
})
