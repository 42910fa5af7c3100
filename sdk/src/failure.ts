// Tells failures from the errors that are none: waiting, a caller's abort, control that passes on.
import { type Attributes, type HrTime, type Span, SpanStatusCode } from '@opentelemetry/api'
import { type FailureKind, OTEL, SEAMTRACE } from '@seamtrace/schema/words'
import { isGraphAbort, isGraphCommand, isGraphPause } from './adapters/langgraph-signals.ts'
import { isRecord } from './payload.ts'
import { boundMessage, boundName, nameOf, textOf } from './redact.ts'
import { safely } from './safe.ts'
import { scopeOf } from './scope.ts'

/**
 * Thrown to stop a run that will be resumed later (an approval, a job, a webhook). The spans it passes are marked
 * `seamtrace.outcome=waiting` and keep an unset status.
 * @example throw new Waiting('approval of refund 17')
 */
export class Waiting extends Error {
  override name = 'Waiting'
}

/**
 * Thrown by the receiver of a handoff that does not take the work.
 * @example throw new HandoffRejected('no order number in the payload')
 */
export class HandoffRejected extends Error {
  override name = 'HandoffRejected'
}

/** Thrown when one attempt lasted longer than `timeoutMs`. */
export class TimeoutError extends Error {
  override name = 'TimeoutError'
}

/** Thrown by the next step, call or attempt when a budget that stops is exceeded. Nothing tries it again. */
export class BudgetExceeded extends Error {
  override name = 'BudgetExceeded'
  readonly kind: 'step_budget' | 'cost_budget' | 'deadline'
  constructor(kind: 'step_budget' | 'cost_budget' | 'deadline', message: string) {
    super(message)
    this.kind = kind
  }
}

/** How a unit ended by throwing. `passed_on`: control moved elsewhere, which is neither success nor failure of this unit. */
export type Ending = 'failure' | 'waiting' | 'cancelled' | 'passed_on'

export function endingOf(error: unknown, signal?: AbortSignal): Ending {
  if (error instanceof Waiting || isGraphPause(error)) return 'waiting'
  if (isGraphCommand(error)) return 'passed_on'
  return isCallersAbort(error, signal) ? 'cancelled' : 'failure'
}

/** Without the caller's signal an AbortError may be anything; and a signal that aborts by timeout means too slow, not unwanted. */
function isCallersAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  if (!signal?.aborted || errorClass(signal.reason) === 'TimeoutError') return false
  return error === signal.reason || /Abort/.test(errorClass(error)) || isGraphAbort(error)
}

/** The class of an error: its own name if it has one, else its constructor's. */
export function errorClass(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return nameOf(error.name !== 'Error' ? error.name : error.constructor.name)
}

/**
 * What `error.type` says: the error's `code`, else its HTTP status, else the code of its cause (`fetch failed` has its ECONNREFUSED
 * there), else its class.
 */
export function errorType(error: unknown): string {
  if (!isRecord(error)) return errorClass(error)
  return codeOf(error) ?? httpStatusOf(error)?.toString() ?? codeOf(error.cause) ?? errorClass(error)
}

const codeOf = (error: unknown): string | undefined =>
  isRecord(error) && typeof error.code === 'string' && error.code !== '' ? boundName(error.code) : undefined

export function httpStatusOf(error: unknown): number | undefined {
  if (!isRecord(error)) return undefined
  const status = error.status ?? error.statusCode
  return typeof status === 'number' ? status : undefined
}

export const messageOf = (error: unknown): string => boundMessage(textOf(error instanceof Error ? error.message : error))

// An error that bubbles through five spans would otherwise carry its stack five times.
const stackRecorded = new WeakSet<Error>()

/** Marks a span as failed: status, `error.type`, and an exception event at `time` with class, message and (once per error) stack. */
export function recordFailure(span: Span, error: unknown, time: HrTime): void {
  const message = messageOf(error)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
  span.setAttributes({ [OTEL.errorType]: errorType(error), [OTEL.httpStatus]: httpStatusOf(error) })
  const event: Attributes = { [OTEL.exceptionType]: errorClass(error), [OTEL.exceptionMessage]: message }
  if (error instanceof Error && error.stack && !stackRecorded.has(error)) {
    stackRecorded.add(error)
    event[OTEL.exceptionStacktrace] = boundMessage(textOf(error.stack))
  }
  // Without a time it would be cut to the millisecond, and stand before the start of a short span.
  span.addEvent('exception', event, time)
}

/**
 * Declares that the unit that is running now has failed, and why, although nothing was thrown.
 * @param kind one of the failure kinds of the model
 * @param reason a short text for people, at most 2 kB
 * @example declareFailure('state_schema_mismatch', 'order.total is not a number')
 */
export function declareFailure(kind: FailureKind, reason?: string): void {
  safely(() => {
    const { span } = scopeOf()
    span?.setAttributes({ [SEAMTRACE.failureKind]: kind, [SEAMTRACE.outcome]: 'failure' })
    span?.setStatus({ code: SpanStatusCode.ERROR, message: boundMessage(reason ?? kind) })
  })
}
