// A row of `spans` → the span that it was. What writes rows is encode-span.ts.
import type {
  CostSource,
  FailureKind,
  Layer,
  LayerRule,
  RecognizedSpan,
  SpanEvent,
  SpanLink,
  SpanOutcome,
  SpanType,
} from '@seamtrace/schema'
import { asList, asObject, attributesFromJson } from '../decode/any-value-json.ts'
import { mergeAttributes, type TextMap } from './cells.ts'
import { originOf } from './origin.ts'

/** A row as JSONEachRow reads it. Ids are hex here and bytes in the table; 64-bit times are text. */
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
  origin: string
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
  handoff_from: string
  handoff_to: string
  handoff_status: string
  verdict: string
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
  cache_write_tokens: number
  cost_source: CostSource | ''
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
    ...originOf(row.origin),
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
    handoffFrom: row.handoff_from,
    handoffTo: row.handoff_to,
    handoffStatus: row.handoff_status,
    verdict: row.verdict,
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
    cacheWriteTokens: row.cache_write_tokens,
    reasoningTokens: row.reasoning_tokens,
    costUsd: row.cost_usd,
    costSource: row.cost_source,
    rulesVersion: row.rules_version,
  }
}

function eventFromJson(json: unknown): SpanEvent {
  const event = asObject(json, 'an event')
  return {
    timeUnixNano: BigInt(String(event.timeUnixNano)),
    name: String(event.name),
    attributes: attributesFromJson(event.attributes),
    droppedAttributesCount: Number(event.droppedAttributesCount),
  }
}

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
