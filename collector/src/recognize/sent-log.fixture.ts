// Log records for the tests as an emitter sends them, from plain values.
import type { Attributes, AttributeValue, LogRecord } from '@seamtrace/schema'

export type PlainValue = string | number | boolean | readonly PlainValue[] | { readonly [key: string]: PlainValue }

export type SentLog = {
  event?: string
  scope?: string
  traceId?: string
  spanId?: string
  /** ms after the first span of spans.fixture.ts */
  atMs?: number
  attributes?: Record<string, PlainValue>
  body?: PlainValue
}

const attributeOf = (value: PlainValue): AttributeValue => {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : { double: value }
  if (typeof value !== 'object') return value
  return Array.isArray(value) ? value.map(attributeOf) : attributesOf(value as Record<string, PlainValue>)
}

const attributesOf = (plain: Record<string, PlainValue>): Attributes =>
  new Map(Object.entries(plain).map(([key, value]) => [key, attributeOf(value)]))

export const sentLog = (sent: SentLog): LogRecord => ({
  timeUnixNano: 1_790_000_000_000_000_000n + BigInt(sent.atMs ?? 0) * 1_000_000n,
  observedTimeUnixNano: 0n,
  severityNumber: 9,
  severityText: 'INFO',
  body: sent.body === undefined ? null : attributeOf(sent.body),
  eventName: sent.event ?? '',
  attributes: attributesOf(sent.attributes ?? {}),
  droppedAttributesCount: 0,
  flags: 0,
  traceId: sent.traceId ?? '1'.padStart(32, '0'),
  spanId: sent.spanId ?? '1'.padStart(16, '0'),
  resource: new Map(),
  resourceSchemaUrl: '',
  scopeName: sent.scope ?? 'my.program',
  scopeVersion: '',
  scopeAttributes: new Map(),
  scopeSchemaUrl: '',
})
