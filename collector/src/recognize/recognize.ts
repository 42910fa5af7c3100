// Recognition: what one span says of itself, from that span alone. Pure; the raw attributes stay as they came.
import {
  type Attributes,
  attributeCount,
  attributeList,
  attributeNumber,
  attributeText,
  GEN_AI,
  OTEL,
  type RecognizedSpan,
  SEAMTRACE,
  type Span,
  type SpanEvent,
  type SpanOutcome,
  type SpanType,
} from '@seamtrace/schema'
import { type FailureVerdict, failureKindOf, mayTellFailure, NO_FAILURE } from './failure-kind.ts'
import { layerOf } from './layer.ts'
import { spanTypeOf } from './span-type.ts'
import { usageOf } from './usage.ts'

/** Raised with every change of a rule, so that history can be recognized anew. */
export const RULES_VERSION = 1

/** Frameworks throw these to steer, not because something failed (model §4). */
const WAITING_ERRORS: ReadonlySet<string> = new Set(['GraphInterrupt', 'NodeInterrupt', 'CallDeferred', 'ApprovalRequired'])
const STEERING_ERRORS: ReadonlySet<string> = new Set(['ParentCommand', 'Command', 'GraphBubbleUp'])

const exceptionOf = (events: SpanEvent[]): { type: string; message: string } => {
  const event = events.findLast(({ name }) => name === 'exception')
  if (!event) return { type: '', message: '' }
  return { type: attributeText(event.attributes, OTEL.exceptionType), message: attributeText(event.attributes, OTEL.exceptionMessage) }
}

type SpanError = { errorType: string; errorMessage: string }

const errorOf = (span: Span): SpanError => {
  const exception = exceptionOf(span.events)
  const errorType = attributeText(span.attributes, OTEL.errorType) || exception.type
  const failed = span.statusCode === 2
  return { errorType, errorMessage: failed || exception.message ? span.statusMessage || exception.message : '' }
}

const DECLARED_OUTCOMES: readonly string[] = ['success', 'failure', 'waiting', 'cancelled'] satisfies SpanOutcome[]
const isSpanOutcome = (value: string): value is SpanOutcome => DECLARED_OUTCOMES.includes(value)

const outcomeOf = (span: Span, errorType: string): SpanOutcome => {
  const declared = attributeText(span.attributes, SEAMTRACE.outcome)
  if (isSpanOutcome(declared)) return declared
  if (WAITING_ERRORS.has(errorType)) return 'waiting'
  if (STEERING_ERRORS.has(errorType)) return 'success'
  if (span.statusCode !== 2) return 'success'
  return errorType === 'AbortError' ? 'cancelled' : 'failure'
}

// What the API takes as a parameter; the attribute itself stays as it came.
const LONGEST_NAME = 200

const named = (attributes: Attributes, ...keys: string[]): string => bounded(attributeText(attributes, ...keys))
const bounded = (name: string): string => (name.length > LONGEST_NAME ? name.slice(0, LONGEST_NAME).toWellFormed() : name)

/** The bare name in `execute_tool search`, `invoke_agent planner`, `retrieval docs`. */
const nameAfterOperation = (span: Span, operation: string): string =>
  operation !== '' && span.name.startsWith(`${operation} `) ? span.name.slice(operation.length + 1) : span.name

const unitNames = (span: Span, type: SpanType, operation: string) => {
  const a = span.attributes
  const bare = bounded(nameAfterOperation(span, operation))
  return {
    step: named(a, SEAMTRACE.stepName, GEN_AI.stepName) || (type === 'step' ? bare : ''),
    agent: named(a, GEN_AI.agentName) || (type === 'agent' ? bare : ''),
    tool: toolName(span, type, bare),
    pipeline: named(a, SEAMTRACE.pipelineName, GEN_AI.workflowName) || (type === 'pipeline' ? bare : ''),
  }
}

const toolName = (span: Span, type: SpanType, bare: string): string => {
  const a = span.attributes
  if (type === 'tool') return named(a, GEN_AI.toolName) || bare
  if (type === 'retrieval' || type === 'memory') return named(a, GEN_AI.dataSourceId) || named(a, GEN_AI.toolName) || bare
  if (type === 'state') return named(a, SEAMTRACE.stateStore) || bare
  if (type === 'check') return named(a, SEAMTRACE.checkName, GEN_AI.evaluationName) || bare
  return type === 'human' ? named(a, SEAMTRACE.humanName) || bare : ''
}

const identityOf = (span: Span) => {
  const { attributes: a, resource: r } = span
  return {
    pipelineVersion: named(a, SEAMTRACE.pipelineVersion) || named(r, SEAMTRACE.pipelineVersion, OTEL.serviceVersion),
    environment: named(r, OTEL.environment, OTEL.environmentOld) || named(a, OTEL.environment) || 'default',
    service: named(r, OTEL.serviceName) || 'unknown_service',
    runId: named(a, SEAMTRACE.runId),
    retryOf: named(a, SEAMTRACE.runRetryOf),
    sessionId: named(a, GEN_AI.conversationId, OTEL.sessionId),
    userId: named(a, OTEL.userId, OTEL.userIdOld),
    provider: named(a, GEN_AI.providerName, GEN_AI.system),
    responseId: named(a, GEN_AI.responseId),
    attempt: attributeCount(a, SEAMTRACE.attemptNumber),
    resends: attributeCount(a, OTEL.resendCount),
  }
}

const failureOf = (
  span: Span,
  type: SpanType,
  error: SpanError,
  outcome: SpanOutcome,
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
    httpStatus: attributeNumber(a, OTEL.httpStatus),
    finishReasons: attributeList(a, GEN_AI.finishReasons),
    refused: attributeText(a, SEAMTRACE.modelRefused) === 'true',
    outputSize: attributeNumber(a, SEAMTRACE.callOutputSize),
    outputTokens: attributeNumber(a, GEN_AI.outputTokens, GEN_AI.completionTokens),
    resultStatus: attributeText(a, SEAMTRACE.toolResultStatus),
    stateOperation: attributeText(a, SEAMTRACE.stateOperation),
    stateFound: attributeText(a, SEAMTRACE.stateFound) !== 'false',
    humanDecision: attributeText(a, SEAMTRACE.humanDecision),
    declared,
  }
  return failureKindOf(facts, disabledRules)
}

/**
 * Recognizes one span.
 * @param disabledRules names of failure rules that do not apply (see FAILURE_RULES)
 * @example recognize(span).layer // 'context' for a span with gen_ai.operation.name = 'retrieval'
 */
export const recognize = (span: Span, disabledRules?: ReadonlySet<string>): RecognizedSpan => {
  const a = span.attributes
  const operation = attributeText(a, GEN_AI.operationName)
  const { type, emitter } = spanTypeOf(a)
  const names = unitNames(span, type, operation)
  const { errorType, errorMessage } = errorOf(span)
  const outcome = outcomeOf(span, errorType)
  const model = attributeText(a, GEN_AI.responseModel, GEN_AI.requestModel)
  const identity = identityOf(span)
  const layer = layerOf({
    explicit: attributeText(a, SEAMTRACE.layer),
    type,
    operation,
    name: names.tool || names.step || names.agent || span.name,
  })
  const failure = failureOf(span, type, { errorType, errorMessage }, outcome, disabledRules)
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
    emitter,
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
    model,
    outcome,
    errorType,
    errorMessage,
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
