// Spans → an OTLP ExportTraceServiceRequest: the exact inverse of decode-traces.ts.
import type { Attributes, AttributeValue, Origin, Span, SpanEvent, SpanLink } from '@seamtrace/schema'
import { attributesToJson } from './any-value-json.ts'
import type { OtlpEncoding } from './decode-traces.ts'
import {
  bytesField,
  doubleField,
  fixed32Field,
  fixed64Field,
  hexField,
  message,
  type Parts,
  textField,
  uintField,
  varintField,
} from './wire-writer.ts'

/** Spans that came from the same resource and scope stand together; their order in it stays. */
export const encodeTraces = (spans: readonly Span[], encoding: OtlpEncoding): Buffer => {
  const groups = groupByOrigin(spans)
  if (encoding === 'json') return Buffer.from(JSON.stringify({ resourceSpans: groups.map(groupToJson) }))
  return message(groups.flatMap((group) => bytesField(1, groupToProtobuf(group))))
}

type Group = { origin: Origin; spans: Span[] }

const groupByOrigin = (spans: readonly Span[]): Group[] => {
  const groups = new Map<string, Group>()
  const keys = new WeakMap<Attributes, string>()
  const keyOf = (attributes: Attributes): string => {
    const key = keys.get(attributes) ?? JSON.stringify(attributesToJson(attributes))
    keys.set(attributes, key)
    return key
  }
  for (const span of spans) {
    const { resourceSchemaUrl, scopeName, scopeVersion, scopeSchemaUrl } = span
    const texts = [keyOf(span.resource), resourceSchemaUrl, scopeName, scopeVersion, keyOf(span.scopeAttributes), scopeSchemaUrl]
    const key = JSON.stringify(texts)
    const group = groups.get(key)
    if (group) group.spans.push(span)
    else groups.set(key, { origin: span, spans: [span] })
  }
  return [...groups.values()]
}

const groupToJson = ({ origin, spans }: Group) => ({
  resource: { attributes: attributesToJson(origin.resource) },
  schemaUrl: origin.resourceSchemaUrl,
  scopeSpans: [
    {
      scope: { name: origin.scopeName, version: origin.scopeVersion, attributes: attributesToJson(origin.scopeAttributes) },
      schemaUrl: origin.scopeSchemaUrl,
      spans: spans.map(spanToJson),
    },
  ],
})

const spanToJson = (span: Span) => ({
  traceId: span.traceId,
  spanId: span.spanId,
  ...(span.parentSpanId === '' ? {} : { parentSpanId: span.parentSpanId }),
  traceState: span.traceState,
  flags: span.flags,
  name: span.name,
  kind: span.kind,
  startTimeUnixNano: span.startTimeUnixNano.toString(),
  endTimeUnixNano: span.endTimeUnixNano.toString(),
  attributes: attributesToJson(span.attributes),
  droppedAttributesCount: span.droppedAttributesCount,
  events: span.events.map((event) => ({
    ...event,
    timeUnixNano: event.timeUnixNano.toString(),
    attributes: attributesToJson(event.attributes),
  })),
  droppedEventsCount: span.droppedEventsCount,
  links: span.links.map((link) => ({ ...link, attributes: attributesToJson(link.attributes) })),
  droppedLinksCount: span.droppedLinksCount,
  status: { code: span.statusCode, message: span.statusMessage },
})

const groupToProtobuf = ({ origin, spans }: Group): Buffer =>
  message([
    ...bytesField(1, message(attributeFields(1, origin.resource))),
    ...bytesField(
      2,
      message([
        ...bytesField(
          1,
          message([...textField(1, origin.scopeName), ...textField(2, origin.scopeVersion), ...attributeFields(3, origin.scopeAttributes)]),
        ),
        ...spans.flatMap((span) => bytesField(2, spanToProtobuf(span))),
        ...textField(3, origin.scopeSchemaUrl),
      ]),
    ),
    ...textField(3, origin.resourceSchemaUrl),
  ])

const spanToProtobuf = (span: Span): Buffer =>
  message([
    ...hexField(1, span.traceId),
    ...hexField(2, span.spanId),
    ...textField(3, span.traceState),
    ...hexField(4, span.parentSpanId),
    ...textField(5, span.name),
    ...uintField(6, span.kind),
    ...fixed64Field(7, span.startTimeUnixNano),
    ...fixed64Field(8, span.endTimeUnixNano),
    ...attributeFields(9, span.attributes),
    ...uintField(10, span.droppedAttributesCount),
    ...span.events.flatMap((event) => bytesField(11, eventToProtobuf(event))),
    ...uintField(12, span.droppedEventsCount),
    ...span.links.flatMap((link) => bytesField(13, linkToProtobuf(link))),
    ...uintField(14, span.droppedLinksCount),
    ...bytesField(15, message([...textField(2, span.statusMessage), ...uintField(3, span.statusCode)])),
    ...fixed32Field(16, span.flags),
  ])

const eventToProtobuf = (event: SpanEvent): Buffer =>
  message([
    ...fixed64Field(1, event.timeUnixNano),
    ...textField(2, event.name),
    ...attributeFields(3, event.attributes),
    ...uintField(4, event.droppedAttributesCount),
  ])

const linkToProtobuf = (link: SpanLink): Buffer =>
  message([
    ...hexField(1, link.traceId),
    ...hexField(2, link.spanId),
    ...textField(3, link.traceState),
    ...attributeFields(4, link.attributes),
    ...uintField(5, link.droppedAttributesCount),
    ...fixed32Field(6, link.flags),
  ])

const attributeFields = (number: number, attributes: Attributes): Parts => {
  const parts: Parts = []
  for (const [key, value] of attributes) {
    parts.push(...bytesField(number, message([...textField(1, key), ...bytesField(2, message(anyValueParts(value)))])))
  }
  return parts
}

/** A value that is empty or false is written all the same: that it is there tells its type. */
const anyValueParts = (value: AttributeValue): Parts => {
  if (value === null) return []
  if (typeof value === 'string') return bytesField(1, Buffer.from(value))
  if (typeof value === 'boolean') return varintField(2, value ? 1n : 0n)
  if (typeof value === 'bigint') return varintField(3, value)
  if (value instanceof Uint8Array) return bytesField(7, value)
  if (Array.isArray(value)) return bytesField(5, message(value.flatMap((item) => bytesField(1, message(anyValueParts(item))))))
  if (value instanceof Map) return bytesField(6, message(attributeFields(1, value)))
  return doubleField(4, value.double)
}
