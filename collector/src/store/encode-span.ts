// A span → its row in `spans` as RowBinary: every column once, in order, with where its value comes from.
import { type Attributes, type AttributeValue, picoUsd, type RecognizedSpan, type SpanEvent, type SpanLink } from '@seamtrace/schema'
import { anyValueToJson, attributesToJson } from '../decode/any-value-json.ts'
import { UINT8, UINT16, UINT32, within } from './cells.ts'
import { originText } from './origin.ts'
import { type End, endOfFixed, endOfMaps, endOfNullable, endOfString, type RowWriter, splitRows } from './row-binary.ts'

type Write = (writer: RowWriter, span: RecognizedSpan) => void

const UINT64 = 0xffff_ffff_ffff_ffffn

const time = (nano: bigint): bigint => (nano < 0n ? 0n : nano > UINT64 ? UINT64 : nano)

// A lone half of a surrogate pair is no UTF-8; recognition may have cut a text inside such a pair.
const wellFormed = (text: string): string => (text.isWellFormed() ? text : text.toWellFormed())

/** How a column is written, and where its value ends in rows that were written. */
type Cell = { write: Write; end: End }

const fixed = (bytes: number, of: (span: RecognizedSpan) => string): Cell => ({
  write: (writer, span) => writer.fixed(of(span), bytes),
  end: endOfFixed(bytes),
})
const text = (of: (span: RecognizedSpan) => string): Cell => ({
  write: (writer, span) => writer.string(wellFormed(of(span))),
  end: endOfString,
})
const uint8 = (of: (span: RecognizedSpan) => number): Cell => ({
  write: (writer, span) => writer.uint8(within(of(span), UINT8)),
  end: endOfFixed(1),
})
const uint16 = (of: (span: RecognizedSpan) => number): Cell => ({
  write: (writer, span) => writer.uint16(within(of(span), UINT16)),
  end: endOfFixed(2),
})
const uint32 = (of: (span: RecognizedSpan) => number): Cell => ({
  write: (writer, span) => writer.uint32(within(of(span), UINT32)),
  end: endOfFixed(4),
})
const count = (of: (span: RecognizedSpan) => number): Cell => ({
  write: (writer, span) => writer.count(within(of(span), Number.MAX_SAFE_INTEGER)),
  end: endOfFixed(8),
})
const nano = (of: (span: RecognizedSpan) => bigint): Cell => ({
  write: (writer, span) => writer.uint64(time(of(span))),
  end: endOfFixed(8),
})

const isText = (value: AttributeValue): value is string => typeof value === 'string'

/** Two maps: string values as they are, all others as OTLP/JSON text. */
const writeAttributes = (writer: RowWriter, attributes: Attributes): void => {
  let texts = 0
  for (const value of attributes.values()) if (isText(value)) texts++
  writer.size(texts)
  for (const [key, value] of attributes) {
    if (!isText(value)) continue
    writer.string(wellFormed(key))
    writer.string(wellFormed(value))
  }
  writer.size(attributes.size - texts)
  for (const [key, value] of attributes) {
    if (isText(value)) continue
    writer.string(wellFormed(key))
    writer.string(JSON.stringify(anyValueToJson(value)))
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

const cost: Cell = {
  write: (writer, span) => {
    const pico = fits(span.costUsd) ? picoUsd(span.costUsd) : null
    writer.uint8(pico === null ? 1 : 0)
    if (pico !== null) writer.uint64(BigInt.asUintN(64, pico))
  },
  end: endOfNullable(8),
}

/** A column of the table, or two for attributes: their texts, and all other values. */
const COLUMNS: [columns: string, cell: Cell][] = [
  ['trace_id', fixed(16, (span) => span.traceId)],
  ['span_id', fixed(8, (span) => span.spanId)],
  ['parent_span_id', fixed(8, (span) => span.parentSpanId)],
  ['trace_state', text((span) => span.traceState)],
  ['flags', uint32((span) => span.flags)],
  ['name', text((span) => span.name)],
  ['kind', uint8((span) => span.kind)],
  ['start_unix_nano', nano((span) => span.startTimeUnixNano)],
  ['end_unix_nano', nano((span) => span.endTimeUnixNano)],
  ['status_code', uint8((span) => span.statusCode)],
  ['status_message', text((span) => span.statusMessage)],
  ['attributes, attributes_typed', { write: (writer, span) => writeAttributes(writer, span.attributes), end: endOfMaps(2) }],
  ['origin', text(originText)],
  ['events', text((span) => jsonList(span.events.map(eventToJson)))],
  ['links', text((span) => jsonList(span.links.map(linkToJson)))],
  ['dropped_attributes', uint32((span) => span.droppedAttributesCount)],
  ['dropped_events', uint32((span) => span.droppedEventsCount)],
  ['dropped_links', uint32((span) => span.droppedLinksCount)],
  ['type', text((span) => span.type)],
  ['emitter', text((span) => span.emitter)],
  ['layer', text((span) => span.layer)],
  ['layer_rule', text((span) => span.layerRule)],
  ['pipeline', text((span) => span.pipeline)],
  ['pipeline_version', text((span) => span.pipelineVersion)],
  ['environment', text((span) => span.environment)],
  ['service', text((span) => span.service)],
  ['run_id', text((span) => span.runId)],
  ['retry_of', text((span) => span.retryOf)],
  ['step', text((span) => span.step)],
  ['agent', text((span) => span.agent)],
  ['tool', text((span) => span.tool)],
  ['model', text((span) => span.model)],
  ['provider', text((span) => span.provider)],
  ['response_id', text((span) => span.responseId)],
  ['session_id', text((span) => span.sessionId)],
  ['user_id', text((span) => span.userId)],
  ['attempt', uint16((span) => span.attempt)],
  ['resends', uint16((span) => span.resends)],
  ['outcome', text((span) => span.outcome)],
  ['error_type', text((span) => span.errorType)],
  ['error_message', text((span) => span.errorMessage)],
  ['failure_kind', text((span) => span.failureKind)],
  ['failure_rule', text((span) => span.failureRule)],
  ['input_tokens', count((span) => span.inputTokens)],
  ['output_tokens', count((span) => span.outputTokens)],
  ['cached_input_tokens', count((span) => span.cachedInputTokens)],
  ['reasoning_tokens', count((span) => span.reasoningTokens)],
  ['cost_usd', cost],
  ['rules_version', uint16((span) => span.rulesVersion)],
]

/** The columns in the order in which {@link encodeSpan} writes them, for INSERT. */
export const ENCODED_COLUMNS = ['project', ...COLUMNS.map(([columns]) => columns)].join(', ')

const WRITES = COLUMNS.map(([, { write }]) => write)
const ENDS = [endOfString, ...COLUMNS.map(([, { end }]) => end)]

/** Appends the row of one span. */
export const encodeSpan = (writer: RowWriter, project: string, span: RecognizedSpan): void => {
  writer.string(project)
  for (const write of WRITES) write(writer, span)
}

/**
 * Cuts rows that {@link encodeSpan} wrote, one behind the other, apart again.
 * @throws Error when the bytes end within a row
 */
export const splitEncodedSpans = (data: Uint8Array): Uint8Array[] => splitRows(data, ENDS)
