// A span: what OpenTelemetry sent, plus what was recognized about it alone.
import type { FailureKind } from './gaps.ts'
import type { Layer, LayerRule } from './layers.ts'
import type { CostSource } from './money.ts'

/** An attribute value as OTLP has it. Integers are bigint so that 64 bits survive; `double` keeps 1.0 apart from 1. */
export type AttributeValue =
  | string
  | boolean
  | bigint
  | { double: number }
  | Uint8Array
  | null
  | AttributeValue[]
  | Map<string, AttributeValue>

export type Attributes = Map<string, AttributeValue>

export type SpanEvent = { timeUnixNano: bigint; name: string; attributes: Attributes; droppedAttributesCount: number }

export type SpanLink = {
  traceId: string
  spanId: string
  traceState: string
  flags: number
  attributes: Attributes
  droppedAttributesCount: number
}

/** OTLP span kinds by number: unspecified, internal, server, client, producer, consumer. */
export const OTLP_KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const

/** One decoded span with the resource and scope it came in. Ids are lower-case hex; times are nanoseconds since 1970. */
export type Span = {
  traceId: string
  spanId: string
  /** '' for a root */
  parentSpanId: string
  traceState: string
  flags: number
  name: string
  kind: number
  startTimeUnixNano: bigint
  endTimeUnixNano: bigint
  /** 0 unset, 1 ok, 2 error */
  statusCode: number
  statusMessage: string
  attributes: Attributes
  events: SpanEvent[]
  links: SpanLink[]
  droppedAttributesCount: number
  droppedEventsCount: number
  droppedLinksCount: number
  resource: Attributes
  resourceSchemaUrl: string
  scopeName: string
  scopeVersion: string
  scopeAttributes: Attributes
  scopeSchemaUrl: string
}

/** What a span is for the analysis. `attempt` and `retry` belong to the operation around or below them. */
export const SPAN_TYPES = [
  'pipeline',
  'agent',
  'step',
  'attempt',
  'retry',
  'handoff',
  'model',
  'tool',
  'retrieval',
  'embedding',
  'memory',
  'state',
  'check',
  'human',
  // makes an agent or a workflow, and does none of its work
  'setup',
  'other',
] as const
export type SpanType = (typeof SPAN_TYPES)[number]

/** How a span itself ended; `unset` leaves the decision to what is around it. */
export type SpanOutcome = 'success' | 'failure' | 'waiting' | 'cancelled'

/** Before the id of a call that joins the traces in which it was made, and names no run. */
export const CALL_ID = 'call:'

/** What recognition says of one span, from that span alone (no neighbours). */
export type Recognition = {
  type: SpanType
  /** whose convention it was recognized by: seamtrace, gen_ai, openinference … otel (collector/src/recognize/emitter-of.ts) */
  emitter: string
  layer: Layer
  layerRule: LayerRule
  pipeline: string
  pipelineVersion: string
  environment: string
  service: string
  /** '' when the span carries no run id of its own; of a call that another trace may take up its own id, behind {@link CALL_ID} */
  runId: string
  retryOf: string
  step: string
  agent: string
  tool: string
  /** of a handoff, or of a call that hands over: who to whom, and what became of it where the span itself says so; else '' */
  handoffFrom: string
  handoffTo: string
  handoffStatus: string
  /** pass | fail of a check; ok | error | empty of a tool; approved | rejected | … of a person; '' when not told */
  verdict: string
  model: string
  provider: string
  responseId: string
  sessionId: string
  userId: string
  /** 1-based ordinal told by the emitter, 0 when it tells none */
  attempt: number
  /** further tries hidden inside this one span (`http.request.resend_count`) */
  resends: number
  outcome: SpanOutcome
  errorType: string
  errorMessage: string
  /** the failure kind this span alone gives away; '' when it did not fail, `unclassified` when no rule covers it */
  failureKind: FailureKind | ''
  failureRule: string
  /** cached tokens included */
  inputTokens: number
  /** reasoning included */
  outputTokens: number
  cachedInputTokens: number
  cacheWriteTokens: number
  reasoningTokens: number
  /** USD as a decimal string, null when the price is unknown, '0' for spans that tell of no inference */
  costUsd: string | null
  /** '' for spans that tell of no inference */
  costSource: CostSource | ''
  rulesVersion: number
}

/** A span as it is stored and analyzed. */
export type RecognizedSpan = Span & Recognition
