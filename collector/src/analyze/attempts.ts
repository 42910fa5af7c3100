// Attempts of a unit: what one span tells of them, and when a span is another try of what failed.
import type { RecognizedSpan } from '@seamtrace/schema'
import { latestStart } from './time.ts'
import { endOf, inputOf, lastAttempt, spanOf, startOf, type Unit, type UnitAttempt, unitOutcome } from './unit.ts'

export const attemptFrom = (span: RecognizedSpan, parentAttempt: number): UnitAttempt => ({
  spans: [span],
  outcome: span.outcome,
  start: span.startTimeUnixNano,
  end: span.endTimeUnixNano,
  errorType: span.errorType,
  errorMessage: span.errorMessage,
  parentAttempt,
})

// A span may tell of 1,000: a trace of many such would not fit into memory.
const MOST_HIDDEN = 10_000

/** Of how many tries that are told inside single spans each span of a run may be taken to consist. */
export const mostHiddenIn = (spans: readonly RecognizedSpan[]): number =>
  Math.max(1, Math.floor(MOST_HIDDEN / spans.reduce((count, { resends }) => (resends > 0 ? count + 1 : count), 1)))

/**
 * Tries that an HTTP client made inside one span (`http.request.resend_count`): they all failed but the last.
 * @param mostHidden see {@link mostHiddenIn}
 */
export const attemptsOf = (span: RecognizedSpan, parentAttempt: number, mostHidden: number): UnitAttempt[] => {
  // nearly all spans are one try
  if (span.resends === 0) return [attemptFrom(span, parentAttempt)]
  const hidden = Array.from({ length: Math.min(span.resends, mostHidden) }, () => ({
    ...attemptFrom(span, parentAttempt),
    outcome: 'failure' as const,
    end: span.startTimeUnixNano,
  }))
  return [...hidden, attemptFrom(span, parentAttempt)]
}

export const isAfter = (span: RecognizedSpan, { end }: Pick<UnitAttempt, 'end'>): boolean =>
  latestStart(span.startTimeUnixNano, span.endTimeUnixNano) >= end

/** The same place was asked before, and that failed. */
export const repeats = (span: RecognizedSpan, before: RecognizedSpan): boolean =>
  before.outcome === 'failure' && isAfter(span, { end: before.endTimeUnixNano })

/** The last attempt was two: one that failed inside it, and the rest. */
export const triedAgain = (unit: Unit, failed: RecognizedSpan, next: RecognizedSpan): void => {
  const last = lastAttempt(unit)
  // a later try of a `retry` around it has nothing to do with this one
  if (last.start > latestStart(next.startTimeUnixNano, next.endTimeUnixNano)) return
  unit.attempts.splice(-1, 1, attemptFrom(failed, last.parentAttempt), { ...last, start: next.startTimeUnixNano })
}

export const isInference = ({ type }: RecognizedSpan): boolean => type === 'model' || type === 'embedding'

/**
 * What was asked is the same, and no step came in between. Where it is not told, only an inference right after the failed one counts.
 * @param lastStep the newest step beside the call
 */
export const asksAgain = (known: Unit, span: RecognizedSpan, lastStep: Unit | undefined): boolean => {
  const [asked, before] = [inputOf(span), inputOf(spanOf(known))]
  if (asked !== '' && before !== '') return asked === before && (!lastStep || startOf(lastStep) < endOf(known))
  // a tool of which nothing is told may have been asked something else
  return isInference(span) && known.parent?.children.at(-1) === known
}

/** A waiting attempt that went on elsewhere is still one attempt. */
export const resume = (unit: Unit, span: RecognizedSpan): void => {
  const attempt = lastAttempt(unit)
  unit.spans.push(span)
  attempt.spans.push(span)
  attempt.outcome = span.outcome
  attempt.end = span.endTimeUnixNano > attempt.end ? span.endTimeUnixNano : attempt.end
  attempt.errorType = span.errorType
  attempt.errorMessage = span.errorMessage
}

export const waitsFor = (unit: Unit | undefined, span: RecognizedSpan): unit is Unit =>
  unit !== undefined && unitOutcome(unit) === 'waiting' && isAfter(span, lastAttempt(unit))

export const nextAttempts = (unit: Unit, span: RecognizedSpan, parentAttempt: number, mostHidden: number): void => {
  unit.spans.push(span)
  for (const attempt of attemptsOf(span, parentAttempt, mostHidden)) unit.attempts.push(attempt)
}
