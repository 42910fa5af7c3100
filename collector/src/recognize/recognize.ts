// Recognition: what one span says of itself, from that span alone. Pure; the raw attributes stay as they came.
import {
  attributeCount,
  attributeNumber,
  attributeText,
  GEN_AI,
  OTEL,
  type RecognizedSpan,
  SEAMTRACE,
  type Span,
  type SpanOutcome,
  type SpanType,
} from '@seamtrace/schema'
import { type Emitter, firstText, type Told, textAt } from './emitter.ts'
import { emitterOf } from './emitter-of.ts'
import { seamtrace } from './emitters/seamtrace.ts'
import { type FailureVerdict, failureKindOf, mayTellFailure, NO_FAILURE } from './failure-kind.ts'
import { finishReasonsOf } from './finish-reasons.ts'
import { layerOf } from './layer.ts'
import { lacksKey } from './missing-key.ts'
import { errorOf, outcomeOf, type SpanError } from './outcome.ts'
import { providerOf } from './provider.ts'
import { isSpanType, typeOfOperation } from './span-type.ts'
import { errorOfResult, lastToldError, TOLD_ERROR } from './tool-result.ts'
import { usageOf } from './usage.ts'

/** Raised with every change of a rule, so that history can be recognized anew. */
export const RULES_VERSION = 4

// The analysis makes an attempt of each.
const MOST_RESENDS = 1_000
// What the API takes as a parameter; the attribute itself stays as it came.
const LONGEST_NAME = 200

const bounded = (name: string): string => (name.length > LONGEST_NAME ? name.slice(0, LONGEST_NAME).toWellFormed() : name)
const named = (span: Span, keys: readonly string[]): string => bounded(firstText(span.attributes, keys))

/** The bare name in `execute_tool search`, `invoke_agent planner`, `retrieval docs`. */
const nameAfterOperation = (span: Span, operation: string): string =>
  operation !== '' && span.name.startsWith(`${operation} `) ? span.name.slice(operation.length + 1) : span.name

/** By its keys, else as its emitter tells, else, where the unit is of that type, by the name of the span. */
const unitName = (span: Span, keys: readonly string[], told: string | undefined, bare: string): string =>
  named(span, keys) || bounded(told ?? bare)

const unitNames = (span: Span, { keys }: Emitter, told: Told, type: SpanType, operation: string) => {
  const bare = nameAfterOperation(span, operation)
  return {
    step: unitName(span, keys.step, told.step, type === 'step' ? bare : ''),
    agent: unitName(span, keys.agent, told.agent, type === 'agent' ? bare : ''),
    tool: callName(span, keys, told, type, bare),
    pipeline: unitName(span, keys.pipeline, told.pipeline, type === 'pipeline' ? bare : ''),
  }
}

const STORE = [SEAMTRACE.stateStore]

const callName = (span: Span, keys: Emitter['keys'], told: Told, type: SpanType, bare: string): string => {
  const other = told.tool || bare
  if (type === 'tool') return unitName(span, keys.tool, other, bare)
  if (type === 'retrieval' || type === 'memory') return named(span, keys.source) || unitName(span, keys.tool, other, bare)
  if (type === 'state') return unitName(span, STORE, other, bare)
  if (type === 'check') return unitName(span, keys.check, other, bare)
  return type === 'human' ? unitName(span, keys.human, other, bare) : ''
}

const PIPELINE_VERSION = [SEAMTRACE.pipelineVersion]
const RESOURCE_VERSION = [SEAMTRACE.pipelineVersion, OTEL.serviceVersion]
const RESOURCE_ENVIRONMENT = [OTEL.environment, OTEL.environmentOld]
const ENVIRONMENT = [OTEL.environment]
const SERVICE = [OTEL.serviceName]
const RUN_ID = [SEAMTRACE.runId]
const RETRY_OF = [SEAMTRACE.runRetryOf]

const identityOf = (span: Span, { keys }: Emitter, told: Told) => {
  const { attributes: a, resource: r } = span
  return {
    pipelineVersion: named(span, PIPELINE_VERSION) || bounded(firstText(r, RESOURCE_VERSION)),
    environment: bounded(firstText(r, RESOURCE_ENVIRONMENT)) || named(span, ENVIRONMENT) || 'default',
    service: bounded(firstText(r, SERVICE)) || 'unknown_service',
    runId: named(span, RUN_ID) || bounded(told.runId ?? ''),
    retryOf: named(span, RETRY_OF) || bounded(told.retryOf ?? ''),
    sessionId: named(span, keys.session) || bounded(told.sessionId ?? ''),
    userId: named(span, keys.user),
    provider: bounded(providerOf(a, keys.provider)),
    responseId: named(span, keys.response),
    attempt: attributeCount(a, SEAMTRACE.attemptNumber) || (told.attempt ?? 0),
    resends: Math.min(MOST_RESENDS, attributeCount(a, OTEL.resendCount) || (told.resends ?? 0)),
  }
}

const VERDICT_KEY: Partial<Record<SpanType, readonly string[]>> = {
  check: [SEAMTRACE.checkResult],
  tool: [SEAMTRACE.toolResultStatus],
  retrieval: [SEAMTRACE.toolResultStatus],
  memory: [SEAMTRACE.toolResultStatus],
  state: [SEAMTRACE.toolResultStatus],
  human: [SEAMTRACE.humanDecision],
}

const verdictOf = (span: Span, told: Told, type: SpanType): string => {
  const keys = VERDICT_KEY[type]
  const own = (keys && named(span, keys)) || bounded(told.verdict ?? '')
  return own === '' && type === 'model' && lastToldError(textAt(span.attributes, 'gen_ai.input.messages')) ? TOLD_ERROR : own
}

const NO_HANDOFF = { from: '', to: '', status: '' }
const HANDOFF_STATUS = [SEAMTRACE.handoffStatus]

/** Also of a tool: a transfer may be a tool call, or be one as well. */
const handoffOf = (span: Span, { keys }: Emitter, told: Told, type: SpanType): typeof NO_HANDOFF => {
  if (type !== 'handoff' && !told.handoffTo) return NO_HANDOFF
  return {
    from: named(span, keys.handoffFrom) || bounded(told.handoffFrom ?? ''),
    to: named(span, keys.handoffTo) || bounded(told.handoffTo ?? ''),
    status: named(span, HANDOFF_STATUS) || (told.handoffStatus ?? ''),
  }
}

/** `Request failed with status code 503`, `HTTP 404`: who tells no attribute says it in words. */
const STATUS = /\b(?:status(?: code)?|HTTP(?:\/[\d.]+)?|responded(?: with)?|returned)[ :=]{1,2}([45]\d\d)\b/i

const statusIn = (message: string): number | null => {
  const told = STATUS.exec(message)?.[1]
  return told === undefined ? null : Number(told)
}

const failureOf = (
  span: Span,
  { keys }: Emitter,
  type: SpanType,
  error: SpanError,
  outcome: SpanOutcome,
  verdict: string,
  disabledRules?: ReadonlySet<string>,
): FailureVerdict => {
  const a = span.attributes
  const failed = outcome === 'failure'
  const declared = attributeText(a, SEAMTRACE.failureKind)
  if (declared === '' && !mayTellFailure(type, failed)) return NO_FAILURE
  const facts = {
    type,
    failed,
    errorType: error.errorType,
    message: error.errorMessage,
    httpStatus: attributeNumber(a, ...keys.httpStatus) ?? (failed ? statusIn(error.errorMessage) : null),
    finishReasons: finishReasonsOf(a, keys.finish),
    refused: attributeText(a, SEAMTRACE.modelRefused) === 'true',
    outputSize: attributeNumber(a, SEAMTRACE.callOutputSize),
    outputTokens: attributeNumber(a, GEN_AI.outputTokens, GEN_AI.completionTokens),
    resultStatus: verdict,
    stateOperation: attributeText(a, SEAMTRACE.stateOperation),
    stateFound: attributeText(a, SEAMTRACE.stateFound) !== 'false',
    lacksKey: failed && lacksKey(span, type, error.errorMessage),
    humanDecision: verdict,
    declared,
  }
  return failureKindOf(facts, disabledRules)
}

const NOTHING: Told = {}

/** A tool whose good result is an error failed, unless its emitter tells how it ended. */
const withResult = ({ attributes, statusCode }: Span, { keys }: Emitter, type: SpanType, told: Told): Told => {
  if (type !== 'tool' || statusCode === 2 || told.outcome) return told
  const error = errorOfResult(firstText(attributes, keys.result))
  return error === undefined ? told : { errorType: 'tool_error', ...told, outcome: 'failure', errorMessage: error, verdict: 'error' }
}

/**
 * Recognizes one span.
 * @param disabledRules names of failure rules that do not apply (see FAILURE_RULES)
 * @example recognize(span).layer // 'context' for a span with gen_ai.operation.name = 'retrieval'
 */
export const recognize = (span: Span, disabledRules?: ReadonlySet<string>): RecognizedSpan => {
  const a = span.attributes
  const operation = attributeText(a, GEN_AI.operationName)
  const declared = attributeText(a, SEAMTRACE.spanKind)
  const isOurs = isSpanType(declared)
  const emitter = isOurs ? seamtrace : emitterOf(span)
  const type = isOurs ? declared : (emitter.typeOf(span, operation) ?? typeOfOperation(operation) ?? 'other')
  const tells = emitter.tells(span, type) ?? NOTHING
  const told = isOurs ? tells : withResult(span, emitter, type, tells)
  const names = unitNames(span, emitter, told, type, operation)
  const error = errorOf(span, emitter, told)
  const outcome = outcomeOf(span, told, error)
  const model = firstText(a, emitter.keys.model) || (told.model ?? '')
  const identity = identityOf(span, emitter, told)
  const handoff = handoffOf(span, emitter, told, type)
  const verdict = verdictOf(span, told, type)
  const name = names.tool || names.step || names.agent || span.name
  const layer = layerOf({ explicit: attributeText(a, SEAMTRACE.layer), type, operation, name })
  const failure = failureOf(span, emitter, type, error, outcome, verdict, disabledRules)
  const usage = usageOf(span, type, model)
  // one literal without spreads: 1 µs less
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    traceState: span.traceState,
    flags: span.flags,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: span.startTimeUnixNano,
    endTimeUnixNano: span.endTimeUnixNano,
    statusCode: span.statusCode,
    statusMessage: span.statusMessage,
    attributes: span.attributes,
    events: span.events,
    links: span.links,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
    resource: span.resource,
    resourceSchemaUrl: span.resourceSchemaUrl,
    scopeName: span.scopeName,
    scopeVersion: span.scopeVersion,
    scopeAttributes: span.scopeAttributes,
    scopeSchemaUrl: span.scopeSchemaUrl,
    type,
    emitter: emitter.name,
    layer: layer.layer,
    layerRule: layer.layerRule,
    pipelineVersion: identity.pipelineVersion,
    environment: identity.environment,
    service: identity.service,
    runId: identity.runId,
    retryOf: identity.retryOf,
    sessionId: identity.sessionId,
    userId: identity.userId,
    provider: identity.provider,
    responseId: identity.responseId,
    attempt: identity.attempt,
    resends: identity.resends,
    step: names.step,
    agent: names.agent,
    tool: names.tool,
    pipeline: names.pipeline,
    handoffFrom: handoff.from,
    handoffTo: handoff.to,
    handoffStatus: handoff.status,
    verdict,
    model,
    outcome,
    errorType: error.errorType,
    errorMessage: error.errorMessage,
    failureKind: failure.failureKind,
    failureRule: failure.failureRule,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cachedInputTokens: usage.cachedInputTokens,
    cacheWriteTokens: usage.cacheWriteTokens,
    reasoningTokens: usage.reasoningTokens,
    costUsd: usage.costUsd,
    costSource: usage.costSource,
    rulesVersion: RULES_VERSION,
  }
}
