// Spans → rows of `spans` as blocks of the Native format: every column once.
import { type Attributes, type AttributeValue, picoUsd, type RecognizedSpan, type SpanEvent, type SpanLink } from '@seamtrace/schema'
import { anyValueToJson, attributesToJson } from '../decode/any-value-json.ts'
import { UINT8, UINT16, UINT32, within } from './cells.ts'
import { type NativeBlock, readNative } from './native.ts'
import { originText } from './origin.ts'
import { type BlockColumn, type ColumnWriter, NATIVE, type TextMapWriter, takeBlock } from './write-native.ts'

const UINT64 = 0xffff_ffff_ffff_ffffn

const time = (nano: bigint): bigint => (nano < 0n ? 0n : nano > UINT64 ? UINT64 : nano)

const isText = (value: AttributeValue): value is string => typeof value === 'string'

// Counts and sizes: most are small, and a text that is at hand is written in half the time.
const SMALL_INTS: string[] = []
const MAX_SMALL_INTS = 4_096

const intJson = (value: bigint): string => {
  const at = Number(value)
  if (!Number.isSafeInteger(at)) return `{"intValue":"${value}"}`
  if (at < 0 || at >= MAX_SMALL_INTS) return `{"intValue":"${at}"}`
  const text = SMALL_INTS[at] ?? `{"intValue":"${at}"}`
  SMALL_INTS[at] = text
  return text
}

/** One that JSON writes as it is, unlike −0 and what is not finite. */
const isPlainDouble = (value: AttributeValue): value is { double: number } =>
  typeof value === 'object' && value !== null && 'double' in value && Number.isFinite(value.double) && !Object.is(value.double, -0)

// Lists mostly hold names, the same ones in every span.
const textsAsJson = new Map<string, string>()
const MAX_NAMES = 4_096
const LONGEST_NAME = 64

const textJson = (value: string): string => {
  const known = textsAsJson.get(value)
  if (known !== undefined) return known
  const text = `{"stringValue":${JSON.stringify(value)}}`
  if (value.length <= LONGEST_NAME && textsAsJson.size < MAX_NAMES) textsAsJson.set(value, text)
  return text
}

/** As OTLP/JSON: the text that JSON.stringify gives, but for what is frequent without a tree of objects. */
const jsonOf = (value: AttributeValue): string => {
  if (typeof value === 'bigint') return intJson(value)
  if (typeof value === 'boolean') return value ? '{"boolValue":true}' : '{"boolValue":false}'
  if (isText(value)) return textJson(value)
  if (Array.isArray(value)) return `{"arrayValue":{"values":[${value.map(jsonOf).join(',')}]}}`
  if (isPlainDouble(value)) return `{"doubleValue":${value.double}}`
  return JSON.stringify(anyValueToJson(value))
}

/** Two maps: string values as they are, all others as OTLP/JSON text. */
const addAttributes = (texts: TextMapWriter, others: TextMapWriter, attributes: Attributes): void => {
  for (const [key, value] of attributes) {
    if (isText(value)) texts.put(key, value)
    else others.put(key, jsonOf(value))
  }
  texts.end()
  others.end()
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

/** In the last place of the column; null when unpriced. Of most spans it is '0': they are no inference. */
const picoOf = (costUsd: string | null): bigint | null => (costUsd === '0' ? 0n : fits(costUsd) ? picoUsd(costUsd) : null)

/** The columns of `spans` that a span fills, in the order in which a block has them. */
const COLUMNS = {
  project: NATIVE.lowText,
  trace_id: NATIVE.hex(16),
  span_id: NATIVE.hex(8),
  parent_span_id: NATIVE.hex(8),
  trace_state: NATIVE.text,
  flags: NATIVE.uint32,
  name: NATIVE.lowText,
  kind: NATIVE.uint8,
  start_unix_nano: NATIVE.uint64,
  end_unix_nano: NATIVE.uint64,
  status_code: NATIVE.uint8,
  status_message: NATIVE.text,
  attributes: NATIVE.textMap,
  attributes_typed: NATIVE.textMap,
  origin: NATIVE.lowText,
  events: NATIVE.text,
  links: NATIVE.text,
  dropped_attributes: NATIVE.uint32,
  dropped_events: NATIVE.uint32,
  dropped_links: NATIVE.uint32,
  type: NATIVE.lowText,
  emitter: NATIVE.lowText,
  layer: NATIVE.lowText,
  layer_rule: NATIVE.lowText,
  pipeline: NATIVE.lowText,
  pipeline_version: NATIVE.lowText,
  environment: NATIVE.lowText,
  service: NATIVE.lowText,
  run_id: NATIVE.text,
  retry_of: NATIVE.text,
  step: NATIVE.lowText,
  agent: NATIVE.lowText,
  tool: NATIVE.lowText,
  model: NATIVE.lowText,
  provider: NATIVE.lowText,
  response_id: NATIVE.text,
  session_id: NATIVE.text,
  user_id: NATIVE.text,
  attempt: NATIVE.uint16,
  resends: NATIVE.uint16,
  outcome: NATIVE.lowText,
  error_type: NATIVE.lowText,
  error_message: NATIVE.text,
  failure_kind: NATIVE.lowText,
  failure_rule: NATIVE.lowText,
  input_tokens: NATIVE.count,
  output_tokens: NATIVE.count,
  cached_input_tokens: NATIVE.count,
  reasoning_tokens: NATIVE.count,
  cost_usd: NATIVE.decimal(18, 12),
  rules_version: NATIVE.uint16,
  handoff_from: NATIVE.lowText,
  handoff_to: NATIVE.lowText,
  handoff_status: NATIVE.lowText,
  verdict: NATIVE.lowText,
  cache_write_tokens: NATIVE.count,
  cost_source: NATIVE.lowText,
}

type Columns = typeof COLUMNS
type Writers = { [Name in keyof Columns]: ReturnType<Columns[Name]['writer']> }

const NAMES = Object.keys(COLUMNS) as (keyof Columns)[]

/** For INSERT. */
export const ENCODED_COLUMNS = NAMES.join(', ')

/** Written out, a line a column: 55 closures in a table take 0.5 µs a span. The writers make UTF-8 of any text, so half a pair needs no care. */
const addSpan = (columns: Writers, project: string, span: RecognizedSpan): void => {
  columns.project.add(project)
  columns.trace_id.add(span.traceId)
  columns.span_id.add(span.spanId)
  columns.parent_span_id.add(span.parentSpanId)
  columns.trace_state.add(span.traceState)
  columns.flags.add(within(span.flags, UINT32))
  columns.name.add(span.name)
  columns.kind.add(within(span.kind, UINT8))
  columns.start_unix_nano.add(time(span.startTimeUnixNano))
  columns.end_unix_nano.add(time(span.endTimeUnixNano))
  columns.status_code.add(within(span.statusCode, UINT8))
  columns.status_message.add(span.statusMessage)
  addAttributes(columns.attributes, columns.attributes_typed, span.attributes)
  columns.origin.add(originText(span))
  columns.events.add(jsonList(span.events.map(eventToJson)))
  columns.links.add(jsonList(span.links.map(linkToJson)))
  columns.dropped_attributes.add(within(span.droppedAttributesCount, UINT32))
  columns.dropped_events.add(within(span.droppedEventsCount, UINT32))
  columns.dropped_links.add(within(span.droppedLinksCount, UINT32))
  columns.type.add(span.type)
  columns.emitter.add(span.emitter)
  columns.layer.add(span.layer)
  columns.layer_rule.add(span.layerRule)
  columns.pipeline.add(span.pipeline)
  columns.pipeline_version.add(span.pipelineVersion)
  columns.environment.add(span.environment)
  columns.service.add(span.service)
  columns.run_id.add(span.runId)
  columns.retry_of.add(span.retryOf)
  columns.step.add(span.step)
  columns.agent.add(span.agent)
  columns.tool.add(span.tool)
  columns.model.add(span.model)
  columns.provider.add(span.provider)
  columns.response_id.add(span.responseId)
  columns.session_id.add(span.sessionId)
  columns.user_id.add(span.userId)
  columns.attempt.add(within(span.attempt, UINT16))
  columns.resends.add(within(span.resends, UINT16))
  columns.outcome.add(span.outcome)
  columns.error_type.add(span.errorType)
  columns.error_message.add(span.errorMessage)
  columns.failure_kind.add(span.failureKind)
  columns.failure_rule.add(span.failureRule)
  columns.input_tokens.add(within(span.inputTokens, Number.MAX_SAFE_INTEGER))
  columns.output_tokens.add(within(span.outputTokens, Number.MAX_SAFE_INTEGER))
  columns.cached_input_tokens.add(within(span.cachedInputTokens, Number.MAX_SAFE_INTEGER))
  columns.reasoning_tokens.add(within(span.reasoningTokens, Number.MAX_SAFE_INTEGER))
  columns.cost_usd.add(picoOf(span.costUsd))
  columns.rules_version.add(within(span.rulesVersion, UINT16))
  columns.handoff_from.add(span.handoffFrom)
  columns.handoff_to.add(span.handoffTo)
  columns.handoff_status.add(span.handoffStatus)
  columns.verdict.add(span.verdict)
  columns.cache_write_tokens.add(within(span.cacheWriteTokens, Number.MAX_SAFE_INTEGER))
  columns.cost_source.add(span.costSource)
}

/** Rows of spans on their way into the spool. */
export type SpanEncoder = {
  add(project: string, span: RecognizedSpan): void
  /** rows since the last block */
  rows(): number
  /** their bytes, about */
  bytes(): number
  /**
   * The rows as one block in memory of its own; blocks behind one another are rows too.
   * @param more further columns of as many rows
   */
  take(more?: readonly BlockColumn[]): Buffer
  /** Forgets rows that were not taken. */
  clear(): void
}

export const createSpanEncoder = (): SpanEncoder => {
  const writers = Object.fromEntries(NAMES.map((name) => [name, COLUMNS[name].writer()])) as Writers
  const written = NAMES.map((name) => [name, COLUMNS[name].column.type, writers[name] as ColumnWriter<never>] as const)
  let rows = 0
  const clear = (): void => {
    for (const [, , writer] of written) writer.clear()
    rows = 0
  }
  return {
    add: (project, span) => {
      addSpan(writers, project, span)
      rows++
    },
    rows: () => rows,
    bytes: () => LONG.reduce((sum, name) => sum + writers[name].bytes(), rows * SHORT_BYTES),
    take: (more = []) => {
      const block = takeBlock([...written, ...more], rows)
      rows = 0
      return block
    },
    clear,
  }
}

// What a span may make long; all other columns together take less than this a row.
const LONG = [
  'name',
  'origin',
  'attributes',
  'attributes_typed',
  'events',
  'links',
  'status_message',
  'error_message',
  'trace_state',
] as const
const SHORT_BYTES = 300

const READ = Object.fromEntries(NAMES.map((name) => [name, COLUMNS[name].column])) as { [Name in keyof Columns]: Columns[Name]['column'] }

/**
 * Cuts rows into smaller parts: several blocks into each, a block into its rows, each a block of its own; a single row stays as it is.
 * @throws Error when the bytes are no such blocks
 */
export const splitEncodedSpans = (data: Uint8Array): Uint8Array[] => {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const blocks = [...readNative(bytes, READ)]
  const [only] = blocks
  if (only && blocks.length === 1) return only.rows > 1 ? rowsOf(only) : [data]
  let end = 0
  return blocks.map((block) => {
    end += block.bytes
    return data.subarray(end - block.bytes, end)
  })
}

const rowsOf = ({ rows, columns }: NativeBlock<typeof READ>): Buffer[] => {
  const writers = NAMES.map((name) => [name, COLUMNS[name].column.type, COLUMNS[name].writer() as ColumnWriter<unknown>] as const)
  return Array.from({ length: rows }, (_, row) => {
    for (const [name, , writer] of writers) writer.add(columns[name](row))
    return takeBlock(writers, 1)
  })
}
