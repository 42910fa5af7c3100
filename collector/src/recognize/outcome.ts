// How a span ended, and with which error: frameworks throw also to steer, to ask a person and to stop, which is no failure (model §4).
import { attributeText, OTEL, SEAMTRACE, type Span, type SpanEvent, type SpanOutcome } from '@seamtrace/schema'
import { type Emitter, firstText, type Told } from './emitter.ts'

const OUTCOME_OF_ERROR = new Map<string, SpanOutcome>(
  Object.entries({
    GraphInterrupt: 'waiting',
    NodeInterrupt: 'waiting',
    CallDeferred: 'waiting',
    ApprovalRequired: 'waiting',
    HumanFeedbackPending: 'waiting',
    ParentCommand: 'success',
    Command: 'success',
    GraphBubbleUp: 'success',
  } as const),
)
/** A caller who stops is no failure either, but only a span that ended with an error ended for it. */
const ABORTS: ReadonlySet<string> = new Set(['AbortError', 'APIUserAbortError', 'CancelledError', 'OperationCanceledException'])

/** Python and .NET name the module too: `langgraph.errors.GraphInterrupt`. */
const bareType = (errorType: string): string => errorType.slice(errorType.lastIndexOf('.') + 1)

// Some emitters tell an exception only as text: `GraphInterrupt((Interrupt(value=…`, in JavaScript behind its message. Words that mean
// nothing else.
const STEERING_TEXT = /(?:^\s*|\n\n)(?:[\w.]*\.)?(GraphInterrupt|NodeInterrupt|ParentCommand|GraphBubbleUp)\b/

const steeringOf = (errorType: string, message: string): SpanOutcome | undefined => {
  const bare = bareType(errorType)
  return OUTCOME_OF_ERROR.get(bare) ?? OUTCOME_OF_ERROR.get(STEERING_TEXT.exec(message)?.[1] ?? '')
}

const exceptionOf = (events: SpanEvent[]): { type: string; message: string } => {
  const event = events.findLast(({ name }) => name === 'exception')
  if (!event) return NO_EXCEPTION
  return { type: attributeText(event.attributes, OTEL.exceptionType), message: attributeText(event.attributes, OTEL.exceptionMessage) }
}
const NO_EXCEPTION = { type: '', message: '' }

export type SpanError = { errorType: string; errorMessage: string }

export const errorOf = (span: Span, { keys }: Emitter, told: Told): SpanError => {
  const exception = span.events.length === 0 ? NO_EXCEPTION : exceptionOf(span.events)
  const errorType = firstText(span.attributes, keys.errorType) || told.errorType || exception.type
  const isTold = span.statusCode === 2 || told.outcome === 'failure' || exception.message !== ''
  if (!isTold) return { errorType, errorMessage: '' }
  const message = span.statusMessage || exception.message || firstText(span.attributes, keys.errorMessage)
  return { errorType, errorMessage: message || (told.errorMessage ?? '') }
}

const DECLARED_OUTCOMES: readonly string[] = ['success', 'failure', 'waiting', 'cancelled'] satisfies SpanOutcome[]
const isSpanOutcome = (value: string): value is SpanOutcome => DECLARED_OUTCOMES.includes(value)

export const outcomeOf = (span: Span, told: Told, { errorType, errorMessage }: SpanError): SpanOutcome => {
  const declared = attributeText(span.attributes, SEAMTRACE.outcome)
  if (isSpanOutcome(declared)) return declared
  if (told.outcome && told.outcome !== 'failure') return told.outcome
  const failed = span.statusCode === 2 || told.outcome === 'failure'
  if (!failed && errorType === '') return 'success'
  const steering = steeringOf(errorType, failed ? errorMessage : '')
  if (steering) return steering
  if (!failed) return 'success'
  return ABORTS.has(bareType(errorType)) ? 'cancelled' : 'failure'
}
