// What is left of a capture when ids, times and numbers are gone: two scenarios of the same shape cannot be told apart by anybody.
import type { Attributes, AttributeValue, RecognizedSpan } from '@seamtrace/schema'
import { type CaptureName, spansOf } from './captures.ts'

/**
 * Ids, ports and durations differ from call to call; figures of one digit stay, for they may count attempts.
 * Of a stack only the library's own lines stay: the others name the scenario's function, and LangSmith's its queue and timers.
 */
const masked = (text: string): string =>
  text
    .replace(/\n\s+at (?!.*node_modules\/(?!langsmith\/)).*/g, '')
    .replace(/0x[0-9a-f]+/g, 'ADDRESS')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}/g, 'ID')
    .replace(/\b(call|aitxt|msg|resp)[-_]\w+/g, '$1-ID')
    .replace(/\d{2,}|\d+\.\d+/g, 'N')

const shown = (value: AttributeValue): unknown => {
  if (typeof value === 'string') return masked(value)
  if (typeof value === 'bigint') return masked(String(value))
  if (Array.isArray(value)) return value.map(shown)
  if (value instanceof Map) return attributesOf(value)
  return typeof value === 'boolean' ? value : 'N'
}

const attributesOf = (attributes: Attributes): unknown[] =>
  [...attributes].map(([key, value]) => [key, shown(value)]).sort(([left], [right]) => (String(left) < String(right) ? -1 : 1))

const shapeOfSpan = (span: RecognizedSpan, spans: readonly RecognizedSpan[]): unknown => ({
  name: masked(span.name),
  kind: span.kind,
  status: [span.statusCode, masked(span.statusMessage)],
  attributes: attributesOf(span.attributes),
  events: span.events.map(({ name, attributes }) => [name, attributesOf(attributes)]),
  children: childrenOf(span.spanId, spans),
})

const childrenOf = (parent: string, spans: readonly RecognizedSpan[]): unknown[] =>
  spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .sort((left, right) => (left.startTimeUnixNano < right.startTimeUnixNano ? -1 : 1))
    .map((span) => shapeOfSpan(span, spans))

export const shapeOf = (name: CaptureName): unknown => childrenOf('', spansOf(name))

/** Name and values of a span as text, JSON in strings included. */
export const textOf = (span: RecognizedSpan): string[] => [
  span.name,
  span.statusMessage,
  ...[span.attributes, ...span.events.map(({ attributes }) => attributes)].flatMap((attributes) =>
    [...attributes.values()].flatMap(textsIn),
  ),
]

const textsIn = (value: AttributeValue): string[] => {
  if (Array.isArray(value)) return value.flatMap(textsIn)
  if (value instanceof Map) return [...value.values()].flatMap(textsIn)
  if (value !== null && typeof value === 'object' && 'double' in value) return [String(value.double)]
  return [String(value)]
}
