// A span ↔ its row in `spans`: the only place that knows both.
import type { FailureKind, Layer, LayerRule, RecognizedSpan, SpanEvent, SpanLink, SpanOutcome, SpanType } from '@seamtrace/schema'
import { asList, asObject, attributesFromJson, attributesToJson } from '../decode/any-value-json.ts'
import { mergeAttributes, splitAttributes, splitShared, type TextMap, UINT8, UINT16, UINT32, wellFormed, within } from './cells.ts'

/** A row as JSONEachRow writes and reads it. Ids are hex here and bytes in the table; 64-bit times are text. */
export type SpanRow = {
  project: string
  trace_id_hex: string
  span_id_hex: string
  parent_span_id: string
  trace_state: string
  flags: number
  name: string
  kind: number
  start_unix_nano: string
  end_unix_nano: string
  status_code: number
  status_message: string
  attributes: TextMap
  attributes_typed: TextMap
  resource: TextMap
  resource_typed: TextMap
  resource_schema_url: string
  scope_name: string
  scope_version: string
  scope_attributes: TextMap
  scope_attributes_typed: TextMap
  scope_schema_url: string
  events: string
  links: string
  dropped_attributes: number
  dropped_events: number
  dropped_links: number
  type: SpanType
  emitter: string
  layer: Layer
  layer_rule: LayerRule
  pipeline: string
  pipeline_version: string
  environment: string
  service: string
  run_id: string
  retry_of: string
  step: string
  agent: string
  tool: string
  model: string
  provider: string
  response_id: string
  session_id: string
  user_id: string
  attempt: number
  resends: number
  outcome: SpanOutcome
  error_type: string
  error_message: string
  failure_kind: FailureKind | ''
  failure_rule: string
  input_tokens: number
  output_tokens: number
  cached_input_tokens: number
  reasoning_tokens: number
  cost_usd: string | null
  rules_version: number
}

/** Any span gives a row that the table takes: one value out of range would fail the insert of everybody's rows. */
export function toSpanRow(project: string, span: RecognizedSpan): SpanRow {
  const [attributes, attributesTyped] = splitAttributes(span.attributes)
  const [resource, resourceTyped] = splitShared(span.resource)
  const [scopeAttributes, scopeAttributesTyped] = splitShared(span.scopeAttributes)
  return wellFormed({
    project,
    trace_id_hex: span.traceId,
    span_id_hex: span.spanId,
    parent_span_id: span.parentSpanId,
    trace_state: span.traceState,
    flags: within(span.flags, UINT32),
    name: span.name,
    kind: within(span.kind, UINT8),
    start_unix_nano: span.startTimeUnixNano.toString(),
    end_unix_nano: span.endTimeUnixNano.toString(),
    status_code: within(span.statusCode, UINT8),
    status_message: span.statusMessage,
    attributes,
    attributes_typed: attributesTyped,
    resource,
    resource_typed: resourceTyped,
    resource_schema_url: span.resourceSchemaUrl,
    scope_name: span.scopeName,
    scope_version: span.scopeVersion,
    scope_attributes: scopeAttributes,
    scope_attributes_typed: scopeAttributesTyped,
    scope_schema_url: span.scopeSchemaUrl,
    events: JSON.stringify(span.events.map(eventToJson)),
    links: JSON.stringify(span.links.map(linkToJson)),
    dropped_attributes: within(span.droppedAttributesCount, UINT32),
    dropped_events: within(span.droppedEventsCount, UINT32),
    dropped_links: within(span.droppedLinksCount, UINT32),
    type: span.type,
    emitter: span.emitter,
    layer: span.layer,
    layer_rule: span.layerRule,
    pipeline: span.pipeline,
    pipeline_version: span.pipelineVersion,
    environment: span.environment,
    service: span.service,
    run_id: span.runId,
    retry_of: span.retryOf,
    step: span.step,
    agent: span.agent,
    tool: span.tool,
    model: span.model,
    provider: span.provider,
    response_id: span.responseId,
    session_id: span.sessionId,
    user_id: span.userId,
    attempt: within(span.attempt, UINT16),
    resends: within(span.resends, UINT16),
    outcome: span.outcome,
    error_type: span.errorType,
    error_message: span.errorMessage,
    failure_kind: span.failureKind,
    failure_rule: span.failureRule,
    input_tokens: within(span.inputTokens, Number.MAX_SAFE_INTEGER),
    output_tokens: within(span.outputTokens, Number.MAX_SAFE_INTEGER),
    cached_input_tokens: within(span.cachedInputTokens, Number.MAX_SAFE_INTEGER),
    reasoning_tokens: within(span.reasoningTokens, Number.MAX_SAFE_INTEGER),
    cost_usd: toDecimal(span.costUsd),
    rules_version: within(span.rulesVersion, UINT16),
  })
}

export function fromSpanRow(row: SpanRow): RecognizedSpan {
  return {
    traceId: row.trace_id_hex,
    spanId: row.span_id_hex,
    parentSpanId: row.parent_span_id,
    traceState: row.trace_state,
    flags: row.flags,
    name: row.name,
    kind: row.kind,
    startTimeUnixNano: BigInt(row.start_unix_nano),
    endTimeUnixNano: BigInt(row.end_unix_nano),
    statusCode: row.status_code,
    statusMessage: row.status_message,
    attributes: mergeAttributes(row.attributes, row.attributes_typed),
    events: asList(JSON.parse(row.events), 'events').map(eventFromJson),
    links: asList(JSON.parse(row.links), 'links').map(linkFromJson),
    droppedAttributesCount: row.dropped_attributes,
    droppedEventsCount: row.dropped_events,
    droppedLinksCount: row.dropped_links,
    resource: mergeAttributes(row.resource, row.resource_typed),
    resourceSchemaUrl: row.resource_schema_url,
    scopeName: row.scope_name,
    scopeVersion: row.scope_version,
    scopeAttributes: mergeAttributes(row.scope_attributes, row.scope_attributes_typed),
    scopeSchemaUrl: row.scope_schema_url,
    type: row.type,
    emitter: row.emitter,
    layer: row.layer,
    layerRule: row.layer_rule,
    pipeline: row.pipeline,
    pipelineVersion: row.pipeline_version,
    environment: row.environment,
    service: row.service,
    runId: row.run_id,
    retryOf: row.retry_of,
    step: row.step,
    agent: row.agent,
    tool: row.tool,
    model: row.model,
    provider: row.provider,
    responseId: row.response_id,
    sessionId: row.session_id,
    userId: row.user_id,
    attempt: row.attempt,
    resends: row.resends,
    outcome: row.outcome,
    errorType: row.error_type,
    errorMessage: row.error_message,
    failureKind: row.failure_kind,
    failureRule: row.failure_rule,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    cachedInputTokens: row.cached_input_tokens,
    reasoningTokens: row.reasoning_tokens,
    costUsd: row.cost_usd,
    rulesVersion: row.rules_version,
  }
}

// Decimal(18, 12): six digits before the point. What does not fit is unpriced, not wrong.
function toDecimal(usd: string | null): string | null {
  const match = usd === null ? null : /^(-?\d{1,6})(?:\.(\d+))?$/.exec(usd)
  if (!match) return null
  const fraction = (match[2] ?? '').slice(0, 12).replace(/0+$/, '')
  return fraction === '' ? (match[1] ?? null) : `${match[1]}.${fraction}`
}

const eventToJson = (event: SpanEvent) => ({
  timeUnixNano: event.timeUnixNano.toString(),
  name: event.name,
  attributes: attributesToJson(event.attributes),
  droppedAttributesCount: event.droppedAttributesCount,
})

function eventFromJson(json: unknown): SpanEvent {
  const event = asObject(json, 'an event')
  return {
    timeUnixNano: BigInt(String(event.timeUnixNano)),
    name: String(event.name),
    attributes: attributesFromJson(event.attributes),
    droppedAttributesCount: Number(event.droppedAttributesCount),
  }
}

const linkToJson = (link: SpanLink) => ({
  traceId: link.traceId,
  spanId: link.spanId,
  traceState: link.traceState,
  flags: link.flags,
  attributes: attributesToJson(link.attributes),
  droppedAttributesCount: link.droppedAttributesCount,
})

function linkFromJson(json: unknown): SpanLink {
  const link = asObject(json, 'a link')
  return {
    traceId: String(link.traceId),
    spanId: String(link.spanId),
    traceState: String(link.traceState),
    flags: Number(link.flags),
    attributes: attributesFromJson(link.attributes),
    droppedAttributesCount: Number(link.droppedAttributesCount),
  }
}
