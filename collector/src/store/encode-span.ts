// A span → its row in `spans` as RowBinary: every column once, in order.
import { type Attributes, type AttributeValue, picoUsd, type RecognizedSpan, type SpanEvent, type SpanLink } from '@seamtrace/schema'
import { anyValueToJson, attributesToJson } from '../decode/any-value-json.ts'
import { UINT8, UINT16, UINT32, within } from './cells.ts'
import { originBytes } from './origin.ts'
import { type End, endOfFixed, endOfMaps, endOfNullable, endOfString, type RowWriter, splitRows } from './row-binary.ts'

const UINT64 = 0xffff_ffff_ffff_ffffn

const time = (nano: bigint): bigint => (nano < 0n ? 0n : nano > UINT64 ? UINT64 : nano)

function times(count: number, end: End): End[] {
  return Array.from({ length: count }, () => end)
}

const isText = (value: AttributeValue): value is string => typeof value === 'string'

/** As OTLP/JSON: the text that JSON.stringify gives, but for what is frequent without a tree of objects. */
const jsonOf = (value: AttributeValue): string => {
  if (typeof value === 'bigint') return `{"intValue":"${value}"}`
  if (typeof value === 'boolean') return value ? '{"boolValue":true}' : '{"boolValue":false}'
  if (isText(value)) return `{"stringValue":${JSON.stringify(value)}}`
  if (Array.isArray(value)) return `{"arrayValue":{"values":[${value.map(jsonOf).join(',')}]}}`
  return JSON.stringify(anyValueToJson(value))
}

/** Two maps: string values as they are, all others as OTLP/JSON text. */
const writeAttributes = (writer: RowWriter, attributes: Attributes): void => {
  let texts = 0
  for (const value of attributes.values()) if (isText(value)) texts++
  writer.size(texts)
  for (const [key, value] of attributes) {
    if (!isText(value)) continue
    writer.string(key)
    writer.string(value)
  }
  writer.size(attributes.size - texts)
  if (attributes.size === texts) return
  for (const [key, value] of attributes) {
    if (isText(value)) continue
    writer.string(key)
    writer.string(jsonOf(value))
  }
}

const eventToJson = (event: SpanEvent) => ({
  timeUnixNano: event.timeUnixNano.toString(),
  name: event.name,
  attributes: attributesToJson(event.attributes),
  droppedAttributesCount: event.droppedAttributesCount,
})

const linkToJson = (link: SpanLink) => ({
  traceId: link.traceId,
  spanId: link.spanId,
  traceState: link.traceState,
  flags: link.flags,
  attributes: attributesToJson(link.attributes),
  droppedAttributesCount: link.droppedAttributesCount,
})

const jsonList = (items: readonly object[]): string => (items.length === 0 ? '[]' : JSON.stringify(items))

/** Decimal(18, 12): six digits before the point. What does not fit is unpriced, not wrong. */
const fits = (usd: string | null): usd is string => usd !== null && /^-?\d{1,6}(\.\d+)?$/.test(usd)

const writeCost = (writer: RowWriter, costUsd: string | null): void => {
  // of most spans it is '0': they are no inference
  const pico = costUsd === '0' ? 0n : fits(costUsd) ? picoUsd(costUsd) : null
  writer.uint8(pico === null ? 1 : 0)
  if (pico !== null) writer.uint64(BigInt.asUintN(64, pico))
}

/** The columns of rows before recognition told of handoffs: blocks of them may still wait in a spool. */
export const ENCODED_COLUMNS_1 = [
  'project, trace_id, span_id, parent_span_id, trace_state, flags, name, kind, start_unix_nano, end_unix_nano',
  'status_code, status_message, attributes, attributes_typed, origin, events, links',
  'dropped_attributes, dropped_events, dropped_links, type, emitter, layer, layer_rule, pipeline',
  'pipeline_version, environment, service, run_id, retry_of, step, agent, tool, model, provider, response_id',
  'session_id, user_id, attempt, resends, outcome, error_type, error_message, failure_kind, failure_rule',
  'input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd, rules_version',
].join(', ')

/** The columns in the order in which {@link encodeSpan} writes them, for INSERT. */
export const ENCODED_COLUMNS = `${ENCODED_COLUMNS_1}, handoff_from, handoff_to, handoff_status, verdict`

/**
 * Appends the row of one span: a line for each column, in the order of {@link ENCODED_COLUMNS}. Written out, because 55 closures in
 * a table take 0.5 µs a span. The writer makes UTF-8 of any text, so a pair that recognition cut in half needs no care here.
 */
export const encodeSpan = (writer: RowWriter, project: string, span: RecognizedSpan): void => {
  writer.string(project)
  writer.fixed(span.traceId, 16)
  writer.fixed(span.spanId, 8)
  writer.fixed(span.parentSpanId, 8)
  writer.string(span.traceState)
  writer.uint32(within(span.flags, UINT32))
  writer.string(span.name)
  writer.uint8(within(span.kind, UINT8))
  writer.uint64(time(span.startTimeUnixNano))
  writer.uint64(time(span.endTimeUnixNano))
  writer.uint8(within(span.statusCode, UINT8))
  writer.string(span.statusMessage)
  writeAttributes(writer, span.attributes)
  writer.raw(originBytes(span))
  writer.string(jsonList(span.events.map(eventToJson)))
  writer.string(jsonList(span.links.map(linkToJson)))
  writer.uint32(within(span.droppedAttributesCount, UINT32))
  writer.uint32(within(span.droppedEventsCount, UINT32))
  writer.uint32(within(span.droppedLinksCount, UINT32))
  writer.string(span.type)
  writer.string(span.emitter)
  writer.string(span.layer)
  writer.string(span.layerRule)
  writer.string(span.pipeline)
  writer.string(span.pipelineVersion)
  writer.string(span.environment)
  writer.string(span.service)
  writer.string(span.runId)
  writer.string(span.retryOf)
  writer.string(span.step)
  writer.string(span.agent)
  writer.string(span.tool)
  writer.string(span.model)
  writer.string(span.provider)
  writer.string(span.responseId)
  writer.string(span.sessionId)
  writer.string(span.userId)
  writer.uint16(within(span.attempt, UINT16))
  writer.uint16(within(span.resends, UINT16))
  writer.string(span.outcome)
  writer.string(span.errorType)
  writer.string(span.errorMessage)
  writer.string(span.failureKind)
  writer.string(span.failureRule)
  writer.count(within(span.inputTokens, Number.MAX_SAFE_INTEGER))
  writer.count(within(span.outputTokens, Number.MAX_SAFE_INTEGER))
  writer.count(within(span.cachedInputTokens, Number.MAX_SAFE_INTEGER))
  writer.count(within(span.reasoningTokens, Number.MAX_SAFE_INTEGER))
  writeCost(writer, span.costUsd)
  writer.uint16(within(span.rulesVersion, UINT16))
  writer.string(span.handoffFrom)
  writer.string(span.handoffTo)
  writer.string(span.handoffStatus)
  writer.string(span.verdict)
}

/** Where each column ends, in the same order. */
const ENDS_1: End[] = [
  endOfString,
  ...[16, 8, 8].map(endOfFixed),
  endOfString,
  endOfFixed(4),
  endOfString,
  ...[1, 8, 8, 1].map(endOfFixed),
  endOfString,
  endOfMaps(2),
  ...times(3, endOfString),
  ...[4, 4, 4].map(endOfFixed),
  ...times(18, endOfString),
  ...[2, 2].map(endOfFixed),
  ...times(5, endOfString),
  ...[8, 8, 8, 8].map(endOfFixed),
  endOfNullable(8),
  endOfFixed(2),
]
const ENDS: End[] = [...ENDS_1, ...times(4, endOfString)]

/**
 * Cuts rows that {@link encodeSpan} wrote, one behind the other, apart again.
 * @throws Error when the bytes end within a row
 */
export const splitEncodedSpans = (data: Uint8Array): Uint8Array[] => splitRows(data, ENDS)

/** The same of rows that an older release wrote. */
export const splitEncodedSpans1 = (data: Uint8Array): Uint8Array[] => splitRows(data, ENDS_1)
