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
import { failureKindOf } from './failure-kind.ts'
import { layerOf } from './layer.ts'
import { spanTypeOf } from './span-type.ts'
import { usageOf } from './usage.ts'

/** Raised with every change of a rule, so that history can be recognized anew. */
export const RULES_VERSION = 1

/** Frameworks throw these to steer, not because something failed (model §4). */
const WAITING_ERRORS = /^(GraphInterrupt|NodeInterrupt|CallDeferred|ApprovalRequired)$/
const STEERING_ERRORS = /^(ParentCommand|Command|GraphBubbleUp)$/

const exceptionOf = (events: SpanEvent[]): { type: string; message: string } => {
  const event = events.findLast(({ name }) => name === 'exception')
  if (!event) return { type: '', message: '' }
  return { type: attributeText(event.attributes, OTEL.exceptionType), message: attributeText(event.attributes, OTEL.exceptionMessage) }
}

const errorOf = (span: Span): { errorType: string; errorMessage: string } => {
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
  if (WAITING_ERRORS.test(errorType)) return 'waiting'
  if (STEERING_ERRORS.test(errorType)) return 'success'
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
  const isCall = names.tool !== ''
  return {
    ...span,
    type,
    emitter,
    ...layerOf({
      explicit: attributeText(a, SEAMTRACE.layer),
      type,
      operation,
      name: isCall ? names.tool : names.step || names.agent || span.name,
    }),
    ...identityOf(span),
    ...names,
    model,
    outcome,
    errorType,
    errorMessage,
    ...failureKindOf(
      {
        type,
        failed: outcome === 'failure',
        errorType,
        message: errorMessage,
        httpStatus: attributeNumber(a, OTEL.httpStatus),
        finishReasons: attributeList(a, GEN_AI.finishReasons),
        refused: attributeText(a, SEAMTRACE.modelRefused) === 'true',
        outputSize: attributeNumber(a, SEAMTRACE.callOutputSize),
        outputTokens: attributeNumber(a, GEN_AI.outputTokens, GEN_AI.completionTokens),
        resultStatus: attributeText(a, SEAMTRACE.toolResultStatus),
        stateOperation: attributeText(a, SEAMTRACE.stateOperation),
        stateFound: attributeText(a, SEAMTRACE.stateFound) !== 'false',
        humanDecision: attributeText(a, SEAMTRACE.humanDecision),
        declared: attributeText(a, SEAMTRACE.failureKind),
      },
      disabledRules,
    ),
    ...usageOf(a, type, model),
    rulesVersion: RULES_VERSION,
  }
}
