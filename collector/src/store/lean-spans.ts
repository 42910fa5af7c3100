// The lean form of spans: only what the analysis looks at. Rows of the engine stay as they came until a span is asked for.
import { type Attributes, type AttributeValue, decimalUsd, type RecognizedSpan } from '@seamtrace/schema'
import { anyValueFromJson } from '../decode/any-value-json.ts'
import { count, decimal, hex, lowText, millis, type NativeBlock, text, textList, textMap, uint8, uint16, uint32, uint64 } from './native.ts'

export const LEAN_COLUMNS = {
  project: lowText,
  trace_id: hex(16),
  span_id: hex(8),
  parent_span_id: hex(8),
  flags: uint32,
  name: lowText,
  start_unix_nano: uint64,
  end_unix_nano: uint64,
  status_code: uint8,
  type: lowText,
  emitter: lowText,
  layer: lowText,
  layer_rule: lowText,
  pipeline: lowText,
  pipeline_version: lowText,
  environment: lowText,
  service: lowText,
  run_id: text,
  retry_of: text,
  step: lowText,
  agent: lowText,
  tool: lowText,
  handoff_from: lowText,
  handoff_to: lowText,
  handoff_status: lowText,
  verdict: lowText,
  model: lowText,
  provider: lowText,
  response_id: text,
  session_id: text,
  user_id: text,
  attempt: uint16,
  resends: uint16,
  outcome: lowText,
  error_type: lowText,
  error_message: text,
  failure_kind: lowText,
  failure_rule: lowText,
  input_tokens: count,
  output_tokens: count,
  cached_input_tokens: count,
  cache_write_tokens: count,
  reasoning_tokens: count,
  cost_usd: decimal(18, 12),
  cost_source: lowText,
  rules_version: uint16,
  texts: textMap,
  others: textMap,
  step_links: textList,
  inserted_ms: millis,
}

/** Attributes that are wanted: some always, texts of others only where they are short. */
export type LeanKeys = { whole: readonly string[]; short: readonly string[]; longestBytes: number }

const IS_WHOLE = 'has({whole:Array(String)}, key)'
const IS_SHORT = 'length(value) <= {longestBytes:UInt32} AND has({short:Array(String)}, key)'

const EXPRESSIONS: Partial<Record<keyof typeof LEAN_COLUMNS, string>> = {
  texts: `mapFilter((key, value) -> ${IS_WHOLE} OR (${IS_SHORT}), attributes)`,
  others: `mapFilter((key, value) -> ${IS_WHOLE}, attributes_typed)`,
  // of what can begin because of another span; `<trace id>","spanId":"<span id>`, as links are stored
  step_links: `if(type IN ('step', 'agent'), extractAll(links, '"traceId":"([0-9a-f]{32}","spanId":"[0-9a-f]{16})"'), [])`,
  inserted_ms: 'toUnixTimestamp64Milli(inserted_at)',
}

/** For SELECT, with {@link LeanKeys} as parameters. */
export const LEAN_SELECT = Object.keys(LEAN_COLUMNS)
  .map((name) => (name in EXPRESSIONS ? `${EXPRESSIONS[name as keyof typeof LEAN_COLUMNS]} AS ${name}` : name))
  .join(', ')

const NO_ATTRIBUTES: Attributes = new Map()
const NO_EVENTS: RecognizedSpan['events'] = []
const NO_LINKS: RecognizedSpan['links'] = []

const linksOf = (stored: readonly string[]): RecognizedSpan['links'] =>
  stored.length === 0
    ? NO_LINKS
    : stored.map((ids) => ({
        ...{ traceId: ids.slice(0, 32), spanId: ids.slice(-16) },
        ...{ traceState: '', flags: 0, attributes: NO_ATTRIBUTES, droppedAttributesCount: 0 },
      }))

/** All zero for a root. */
const parentOf = (id: string): string => (id === NO_PARENT ? '' : id)
const NO_PARENT = '0'.repeat(16)

const costText = (pico: bigint | null): string | null => {
  if (pico === null) return null
  return pico === 0n ? '0' : decimalUsd(pico).replace(/\.?0+$/, '')
}

export type LeanBlock = NativeBlock<typeof LEAN_COLUMNS>
type Columns = LeanBlock['columns']
type Known = Map<string, AttributeValue>

const attributesOf = (texts: Attributes | undefined, others: Map<string, string> | undefined, known: Known): Attributes => {
  if (!others) return texts ?? NO_ATTRIBUTES
  const attributes: Attributes = texts ?? new Map()
  for (const [key, json] of others) {
    let value = known.get(json)
    if (value === undefined) {
      value = anyValueFromJson(JSON.parse(json))
      known.set(json, value)
    }
    attributes.set(key, value)
  }
  return attributes
}

const spanAt = (at: Columns, row: number, known: Known): RecognizedSpan => ({
  traceId: at.trace_id(row),
  spanId: at.span_id(row),
  parentSpanId: parentOf(at.parent_span_id(row)),
  traceState: '',
  flags: at.flags(row),
  name: at.name(row),
  kind: 0,
  startTimeUnixNano: at.start_unix_nano(row),
  endTimeUnixNano: at.end_unix_nano(row),
  statusCode: at.status_code(row),
  statusMessage: '',
  attributes: attributesOf(at.texts(row) as Attributes | undefined, at.others(row), known),
  events: NO_EVENTS,
  links: linksOf(at.step_links(row)),
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
  resource: NO_ATTRIBUTES,
  resourceSchemaUrl: '',
  scopeName: '',
  scopeVersion: '',
  scopeAttributes: NO_ATTRIBUTES,
  scopeSchemaUrl: '',
  type: at.type(row) as RecognizedSpan['type'],
  emitter: at.emitter(row),
  layer: at.layer(row) as RecognizedSpan['layer'],
  layerRule: at.layer_rule(row) as RecognizedSpan['layerRule'],
  pipeline: at.pipeline(row),
  pipelineVersion: at.pipeline_version(row),
  environment: at.environment(row),
  service: at.service(row),
  runId: at.run_id(row),
  retryOf: at.retry_of(row),
  step: at.step(row),
  agent: at.agent(row),
  tool: at.tool(row),
  handoffFrom: at.handoff_from(row),
  handoffTo: at.handoff_to(row),
  handoffStatus: at.handoff_status(row),
  verdict: at.verdict(row),
  model: at.model(row),
  provider: at.provider(row),
  responseId: at.response_id(row),
  sessionId: at.session_id(row),
  userId: at.user_id(row),
  attempt: at.attempt(row),
  resends: at.resends(row),
  outcome: at.outcome(row) as RecognizedSpan['outcome'],
  errorType: at.error_type(row),
  errorMessage: at.error_message(row),
  failureKind: at.failure_kind(row) as RecognizedSpan['failureKind'],
  failureRule: at.failure_rule(row),
  inputTokens: at.input_tokens(row),
  outputTokens: at.output_tokens(row),
  cachedInputTokens: at.cached_input_tokens(row),
  cacheWriteTokens: at.cache_write_tokens(row),
  reasoningTokens: at.reasoning_tokens(row),
  costUsd: costText(at.cost_usd(row)),
  costSource: at.cost_source(row) as RecognizedSpan['costSource'],
  rulesVersion: at.rules_version(row),
})

/** The spans of one trace, each made when it is asked for: a whole batch of them would be copied by every collection of garbage. */
export type LeanTrace = {
  project: string
  traceId: string
  spanCount: number
  runIds: ReadonlySet<string>
  /** of agents and pipelines */
  sessionIds: ReadonlySet<string>
  /** something in it waits, or may */
  waits: boolean
  spans(): RecognizedSpan[]
}

type Row = { at: Columns; row: number }
type Gathered = {
  project: string
  traceId: string
  rows: Map<string, Row>
  runIds: Set<string>
  sessionIds: Set<string>
  waits: boolean
}

/** Of two copies of a span the one stored later, then the one that ended later. */
const isNewer = (one: Row, other: Row): boolean => {
  const [stored, before] = [one.at.inserted_ms(one.row), other.at.inserted_ms(other.row)]
  return stored === before ? one.at.end_unix_nano(one.row) > other.at.end_unix_nano(other.row) : stored > before
}

const gather = (traces: Map<string, Gathered>, project: string, traceId: string): Gathered => {
  const key = `${traceId}${project}`
  const trace = traces.get(key) ?? { project, traceId, rows: new Map(), runIds: new Set(), sessionIds: new Set(), waits: false }
  traces.set(key, trace)
  return trace
}

const SESSIONED: ReadonlySet<string> = new Set(['pipeline', 'agent'])

/** Puts the rows of each trace together, the newest copy of every span. */
export const tracesOfBlocks = (blocks: readonly LeanBlock[]): LeanTrace[] => {
  const traces = new Map<string, Gathered>()
  for (const { rows, columns: at } of blocks) {
    let trace: Gathered | undefined
    for (let row = 0; row < rows; row++) {
      const [project, traceId] = [at.project(row), at.trace_id(row)]
      // in the order of the table the spans of a trace are neighbors
      if (trace?.traceId !== traceId || trace.project !== project) trace = gather(traces, project, traceId)
      const [spanId, runId, found] = [at.span_id(row), at.run_id(row), { at, row }]
      const known = trace.rows.get(spanId)
      if (!known || isNewer(found, known)) trace.rows.set(spanId, found)
      if (runId !== '') trace.runIds.add(runId)
      if (SESSIONED.has(at.type(row)) && at.session_id(row) !== '') trace.sessionIds.add(at.session_id(row))
      if (at.outcome(row) === 'waiting' || at.verdict(row) === 'pending') trace.waits = true
    }
  }
  const known: Known = new Map()
  return Array.from(traces.values(), ({ project, traceId, rows, runIds, sessionIds, waits }) => ({
    project,
    traceId,
    spanCount: rows.size,
    runIds,
    sessionIds,
    waits,
    spans: () => Array.from(rows.values(), ({ at, row }) => spanAt(at, row, known)),
  }))
}
