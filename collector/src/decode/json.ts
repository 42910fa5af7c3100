// OTLP traces in JSON → spans. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
import { type Attributes, messageOf, OTLP_KINDS, type Span, type SpanEvent, type SpanLink } from '@seamtrace/schema'
import { asBigInt, asList, asObject, asText, attributesFromJson, type Json } from './any-value-json.ts'
import { type Decoded, rejectSpan, takeSpan } from './decoded.ts'

const UINT64_MAX = 2n ** 64n - 1n
const STATUS_CODES = ['UNSET', 'OK', 'ERROR']
const KINDS = OTLP_KINDS.map((kind) => kind.toUpperCase())

type ReviverWithSource = (key: string, value: unknown, context: { source?: string }) => unknown

/** @throws Error when the text is no ExportTraceServiceRequest */
export function decodeJson(body: Uint8Array, decoded: Decoded): void {
  const request = asObject(parseExactly(new TextDecoder().decode(body)), 'the body')
  refuseOtherSignals(request)
  for (const item of asList(request.resourceSpans, 'resourceSpans')) {
    const resourceSpans = asObject(item, 'an item of resourceSpans')
    const resource = attributesFromJson(asObject(resourceSpans.resource ?? {}, 'resource').attributes)
    const resourceSchemaUrl = asText(resourceSpans.schemaUrl, 'schemaUrl')
    for (const scopeSpans of asList(resourceSpans.scopeSpans, 'scopeSpans')) {
      readScopeSpans(asObject(scopeSpans, 'an item of scopeSpans'), resource, resourceSchemaUrl, decoded)
    }
  }
}

/** JSON.parse rounds integers beyond 2^53; where the text holds such a number, its own digits are kept. */
function parseExactly(text: string): unknown {
  // cheap first look: sixteen digits that no quote precedes
  if (!/[\s:,[]-?\d{16}/.test(text)) return JSON.parse(text)
  const keepDigits: ReviverWithSource = (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source) ? source : value
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown)
}

function refuseOtherSignals(request: Json): void {
  if (request.resourceSpans !== undefined) return
  if (request.resourceLogs !== undefined) throw new Error('it holds OTLP logs, not traces')
  if (request.resourceMetrics !== undefined) throw new Error('it holds OTLP metrics, not traces')
  // An unknown field is to be ignored, but ignoring this one would lose everything without a word.
  if (request.resource_spans !== undefined) throw new Error('OTLP/JSON field names are lowerCamelCase: resourceSpans, not resource_spans')
}

function readScopeSpans(scopeSpans: Json, resource: Attributes, resourceSchemaUrl: string, decoded: Decoded): void {
  const scope = asObject(scopeSpans.scope ?? {}, 'scope')
  const surroundings = {
    resource,
    resourceSchemaUrl,
    scopeName: asText(scope.name, 'scope name'),
    scopeVersion: asText(scope.version, 'scope version'),
    scopeAttributes: attributesFromJson(scope.attributes),
    scopeSchemaUrl: asText(scopeSpans.schemaUrl, 'schemaUrl'),
  }
  for (const item of asList(scopeSpans.spans, 'spans')) {
    const json = asObject(item, 'a span')
    try {
      takeSpan(decoded, { ...readSpan(json), ...surroundings })
    } catch (error) {
      rejectSpan(decoded, messageOf(error), typeof json.name === 'string' ? json.name : '')
    }
  }
}

type Surroundings = 'resource' | 'resourceSchemaUrl' | 'scopeName' | 'scopeVersion' | 'scopeAttributes' | 'scopeSchemaUrl'

function readSpan(json: Json): Omit<Span, Surroundings> {
  const status = asObject(json.status ?? {}, 'status')
  return {
    traceId: asHex(json.traceId, 'traceId'),
    spanId: asHex(json.spanId, 'spanId'),
    parentSpanId: asHex(json.parentSpanId, 'parentSpanId'),
    traceState: asText(json.traceState, 'traceState'),
    flags: asUint32(json.flags, 'flags'),
    name: asText(json.name, 'name'),
    kind: asEnum(json.kind, 'SPAN_KIND_', KINDS),
    startTimeUnixNano: asTime(json.startTimeUnixNano, 'startTimeUnixNano'),
    endTimeUnixNano: asTime(json.endTimeUnixNano, 'endTimeUnixNano'),
    statusCode: asEnum(status.code, 'STATUS_CODE_', STATUS_CODES),
    statusMessage: asText(status.message, 'status message'),
    attributes: attributesFromJson(json.attributes),
    events: asList(json.events, 'events').map(readEvent),
    links: asList(json.links, 'links').map(readLink),
    droppedAttributesCount: asUint32(json.droppedAttributesCount, 'droppedAttributesCount'),
    droppedEventsCount: asUint32(json.droppedEventsCount, 'droppedEventsCount'),
    droppedLinksCount: asUint32(json.droppedLinksCount, 'droppedLinksCount'),
  }
}

function readEvent(item: unknown): SpanEvent {
  const json = asObject(item, 'an event')
  return {
    timeUnixNano: asTime(json.timeUnixNano, 'timeUnixNano'),
    name: asText(json.name, 'event name'),
    attributes: attributesFromJson(json.attributes),
    droppedAttributesCount: asUint32(json.droppedAttributesCount, 'droppedAttributesCount'),
  }
}

function readLink(item: unknown): SpanLink {
  const json = asObject(item, 'a link')
  return {
    traceId: asHex(json.traceId, 'traceId'),
    spanId: asHex(json.spanId, 'spanId'),
    traceState: asText(json.traceState, 'traceState'),
    flags: asUint32(json.flags, 'flags'),
    attributes: attributesFromJson(json.attributes),
    droppedAttributesCount: asUint32(json.droppedAttributesCount, 'droppedAttributesCount'),
  }
}

/** Ids are hex in OTLP/JSON, not base64 as protobuf's own JSON has it. */
function asHex(json: unknown, what: string): string {
  const text = asText(json, what).toLowerCase()
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new Error(`${what} is not hex`)
  return text
}

function asTime(json: unknown, what: string): bigint {
  const nanos = asBigInt(json, what)
  if (nanos < 0n || nanos > UINT64_MAX) throw new Error(`${what} is not a time`)
  return nanos
}

function asUint32(json: unknown, what: string): number {
  const value = asBigInt(json, what)
  if (value < 0n || value > 0xffffffffn) throw new Error(`${what} does not fit into 32 bits`)
  return Number(value)
}

// Numbers by the specification; names are what protobuf's own JSON writers make of them, and common.
function asEnum(json: unknown, prefix: string, names: readonly string[]): number {
  if (typeof json !== 'string') return asUint32(json, `${prefix.toLowerCase()}number`)
  const index = names.indexOf(json.replace(prefix, ''))
  if (index < 0) throw new Error(`${prefix.toLowerCase()}name is unknown`)
  return index
}
