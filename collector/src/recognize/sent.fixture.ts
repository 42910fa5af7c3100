// Spans for the tests as an emitter sends them, from plain values.
import type { Attributes, AttributeValue, Span } from '@seamtrace/schema'

type Plain = string | number | boolean | readonly (string | number)[]

export type Sent = {
  scope?: string
  name?: string
  /** internal unless told otherwise */
  kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  isRoot?: boolean
  attributes?: Record<string, Plain>
  resource?: Record<string, Plain>
  /** the status message of a span that ended with an error */
  error?: string
  exception?: { type?: string; message?: string; stacktrace?: string }
  events?: string[]
  /** ids of spans of the same trace */
  links?: string[]
}

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer']

const attributeOf = (value: Plain): AttributeValue => {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : { double: value }
  return typeof value === 'object' ? value.map(attributeOf) : value
}

const attributesOf = (plain: Record<string, Plain> = {}): Attributes =>
  new Map(Object.entries(plain).map(([key, value]) => [key, attributeOf(value)]))

const eventOf = (name: string, attributes: Attributes = new Map()) => ({
  timeUnixNano: 1_790_000_000_000_000_000n,
  name,
  attributes,
  droppedAttributesCount: 0,
})

export const sentSpan = (sent: Sent): Span => ({
  traceId: TRACE,
  spanId: 'b7ad6b7169203331',
  parentSpanId: sent.isRoot ? '' : '00f067aa0ba902b7',
  traceState: '',
  flags: 1,
  name: sent.name ?? 'span',
  kind: KINDS.indexOf(sent.kind ?? 'internal'),
  startTimeUnixNano: 1_790_000_000_000_000_000n,
  endTimeUnixNano: 1_790_000_001_000_000_000n,
  statusCode: sent.error === undefined ? 0 : 2,
  statusMessage: sent.error ?? '',
  attributes: attributesOf(sent.attributes),
  events: [
    ...(sent.events ?? []).map((name) => eventOf(name)),
    ...(sent.exception
      ? [
          eventOf(
            'exception',
            attributesOf({
              ...(sent.exception.type !== undefined && { 'exception.type': sent.exception.type }),
              ...(sent.exception.message !== undefined && { 'exception.message': sent.exception.message }),
              ...(sent.exception.stacktrace !== undefined && { 'exception.stacktrace': sent.exception.stacktrace }),
            }),
          ),
        ]
      : []),
  ],
  links: (sent.links ?? []).map((spanId) => ({
    traceId: TRACE,
    spanId,
    traceState: '',
    flags: 0,
    attributes: new Map(),
    droppedAttributesCount: 0,
  })),
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
  resource: attributesOf({ 'service.name': 'shop', ...sent.resource }),
  resourceSchemaUrl: '',
  scopeName: sent.scope ?? 'my.program',
  scopeVersion: '1.0.0',
  scopeAttributes: new Map(),
  scopeSchemaUrl: '',
})
