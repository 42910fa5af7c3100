// OTLP traces in protobuf → spans. Field numbers: opentelemetry-proto, trace/v1/trace.proto and common/v1/common.proto.
import type { Attributes, AttributeValue, Span, SpanEvent, SpanLink } from '@seamtrace/schema'
import { MAX_VALUE_DEPTH, TOO_DEEP } from './any-value-json.ts'
import { type Decoded, takeSpan } from './decoded.ts'
import {
  type Cursor,
  cursorOf,
  FIXED32,
  FIXED64,
  LENGTH,
  readBytes,
  readDouble,
  readFixed32,
  readFixed64,
  readHex,
  readMessage,
  readTag,
  readText,
  readUint32,
  readUint64,
  skip,
  VARINT,
} from './wire.ts'

type Scope = { name: string; version: string; attributes: Attributes }

/** @throws Error when the bytes are no ExportTraceServiceRequest */
export function decodeProtobuf(body: Uint8Array, decoded: Decoded): void {
  const request = cursorOf(body)
  while (request.at < request.end) {
    const tag = readTag(request)
    if (tag === field(1, LENGTH)) readResourceSpans(readMessage(request), decoded)
    else skip(request, tag)
  }
}

const field = (number: number, wireType: number): number => number * 8 + wireType

function readResourceSpans(message: Cursor, decoded: Decoded): void {
  const resource: Attributes = new Map()
  const scopes: Cursor[] = []
  let schemaUrl = ''
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) readResource(readMessage(message), resource)
    else if (tag === field(2, LENGTH)) scopes.push(readMessage(message))
    else if (tag === field(3, LENGTH)) schemaUrl = readText(message)
    else skip(message, tag)
  }
  // the resource may stand behind its spans
  for (const scope of scopes) readScopeSpans(scope, resource, schemaUrl, decoded)
}

function readResource(message: Cursor, resource: Attributes): void {
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) readKeyValue(readMessage(message), resource, 0)
    else skip(message, tag)
  }
}

function readScopeSpans(message: Cursor, resource: Attributes, resourceSchemaUrl: string, decoded: Decoded): void {
  const scope: Scope = { name: '', version: '', attributes: new Map() }
  const spans: Cursor[] = []
  let schemaUrl = ''
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) readScope(readMessage(message), scope)
    else if (tag === field(2, LENGTH)) spans.push(readMessage(message))
    else if (tag === field(3, LENGTH)) schemaUrl = readText(message)
    else skip(message, tag)
  }
  for (const cursor of spans) {
    const span = readSpan(cursor, {
      resource,
      resourceSchemaUrl,
      scopeName: scope.name,
      scopeVersion: scope.version,
      scopeAttributes: scope.attributes,
      scopeSchemaUrl: schemaUrl,
    })
    takeSpan(decoded, span)
  }
}

function readScope(message: Cursor, scope: Scope): void {
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) scope.name = readText(message)
    else if (tag === field(2, LENGTH)) scope.version = readText(message)
    else if (tag === field(3, LENGTH)) readKeyValue(readMessage(message), scope.attributes, 0)
    else skip(message, tag)
  }
}

type Surroundings = Pick<Span, 'resource' | 'resourceSchemaUrl' | 'scopeName' | 'scopeVersion' | 'scopeAttributes' | 'scopeSchemaUrl'>

function readSpan(message: Cursor, surroundings: Surroundings): Span {
  const span: Span = {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: '',
    kind: 0,
    startTimeUnixNano: 0n,
    endTimeUnixNano: 0n,
    statusCode: 0,
    statusMessage: '',
    attributes: new Map(),
    events: [],
    links: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...surroundings,
  }
  while (message.at < message.end) {
    const tag = readTag(message)
    switch (tag) {
      case field(1, LENGTH):
        span.traceId = readHex(message)
        break
      case field(2, LENGTH):
        span.spanId = readHex(message)
        break
      case field(3, LENGTH):
        span.traceState = readText(message)
        break
      case field(4, LENGTH):
        span.parentSpanId = readHex(message)
        break
      case field(5, LENGTH):
        span.name = readText(message)
        break
      case field(6, VARINT):
        span.kind = readUint32(message)
        break
      case field(7, FIXED64):
        span.startTimeUnixNano = readFixed64(message)
        break
      case field(8, FIXED64):
        span.endTimeUnixNano = readFixed64(message)
        break
      case field(9, LENGTH):
        readKeyValue(readMessage(message), span.attributes, 0)
        break
      case field(10, VARINT):
        span.droppedAttributesCount = readUint32(message)
        break
      case field(11, LENGTH):
        span.events.push(readEvent(readMessage(message)))
        break
      case field(12, VARINT):
        span.droppedEventsCount = readUint32(message)
        break
      case field(13, LENGTH):
        span.links.push(readLink(readMessage(message)))
        break
      case field(14, VARINT):
        span.droppedLinksCount = readUint32(message)
        break
      case field(15, LENGTH):
        readStatus(readMessage(message), span)
        break
      case field(16, FIXED32):
        span.flags = readFixed32(message)
        break
      default:
        refuseOtherSignal(tag)
        skip(message, tag)
    }
  }
  return span
}

// Logs and metrics have the same outer shape, so they decode as spans without ids. A log record gives itself away by its
// first field (a time where a span has its trace id); no exporter writes a known field of a span in another wire type.
function refuseOtherSignal(tag: number): void {
  const number = tag >>> 3
  if (number < 1 || number > 16) return
  const logLike = [field(1, FIXED64), field(2, VARINT), field(6, LENGTH), field(8, FIXED32), field(11, FIXED64)].includes(tag)
  throw new Error(
    logLike ? 'it holds OTLP logs, not traces' : `it does not hold traces: field ${number} of a span has wire type ${tag & 7}`,
  )
}

function readStatus(message: Cursor, span: Span): void {
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(2, LENGTH)) span.statusMessage = readText(message)
    else if (tag === field(3, VARINT)) span.statusCode = readUint32(message)
    else skip(message, tag)
  }
}

function readEvent(message: Cursor): SpanEvent {
  const event: SpanEvent = { timeUnixNano: 0n, name: '', attributes: new Map(), droppedAttributesCount: 0 }
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, FIXED64)) event.timeUnixNano = readFixed64(message)
    else if (tag === field(2, LENGTH)) event.name = readText(message)
    else if (tag === field(3, LENGTH)) readKeyValue(readMessage(message), event.attributes, 0)
    else if (tag === field(4, VARINT)) event.droppedAttributesCount = readUint32(message)
    else skip(message, tag)
  }
  return event
}

function readLink(message: Cursor): SpanLink {
  const link: SpanLink = { traceId: '', spanId: '', traceState: '', flags: 0, attributes: new Map(), droppedAttributesCount: 0 }
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) link.traceId = readHex(message)
    else if (tag === field(2, LENGTH)) link.spanId = readHex(message)
    else if (tag === field(3, LENGTH)) link.traceState = readText(message)
    else if (tag === field(4, LENGTH)) readKeyValue(readMessage(message), link.attributes, 0)
    else if (tag === field(5, VARINT)) link.droppedAttributesCount = readUint32(message)
    else if (tag === field(6, FIXED32)) link.flags = readFixed32(message)
    else skip(message, tag)
  }
  return link
}

function readKeyValue(message: Cursor, into: Attributes, depth: number): void {
  let key = ''
  let value: AttributeValue = null
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) key = readText(message)
    else if (tag === field(2, LENGTH)) value = readAnyValue(readMessage(message), depth)
    else skip(message, tag)
  }
  into.set(key, value)
}

function readAnyValue(message: Cursor, depth: number): AttributeValue {
  let value: AttributeValue = null
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) value = readText(message)
    else if (tag === field(2, VARINT)) value = readUint64(message) !== 0n
    else if (tag === field(3, VARINT)) value = BigInt.asIntN(64, readUint64(message))
    else if (tag === field(4, FIXED64)) value = { double: readDouble(message) }
    else if (tag === field(5, LENGTH)) value = readList(readMessage(message), depth)
    else if (tag === field(6, LENGTH)) value = readMap(readMessage(message), depth)
    else if (tag === field(7, LENGTH)) value = readBytes(message)
    else skip(message, tag)
  }
  return value
}

function readList(message: Cursor, depth: number): AttributeValue {
  if (depth >= MAX_VALUE_DEPTH) return TOO_DEEP
  const list: AttributeValue[] = []
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) list.push(readAnyValue(readMessage(message), depth + 1))
    else skip(message, tag)
  }
  return list
}

function readMap(message: Cursor, depth: number): AttributeValue {
  if (depth >= MAX_VALUE_DEPTH) return TOO_DEEP
  const map: Attributes = new Map()
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) readKeyValue(readMessage(message), map, depth + 1)
    else skip(message, tag)
  }
  return map
}
