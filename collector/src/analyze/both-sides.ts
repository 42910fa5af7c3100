// One call that both its client and its server tell of, in two processes.
import type { RecognizedSpan } from '@seamtrace/schema'
import { withFact } from '../recognize/emitter-of.ts'
import { lastAttempt, type Unit } from './unit.ts'

const BOTH_SIDES = withFact('tells both sides')

/** Right below each other: a client, a server, or a gateway that passes on the same call. */
export const isOtherSide = (inner: RecognizedSpan, outer: RecognizedSpan): boolean =>
  inner.emitter === outer.emitter && BOTH_SIDES.has(inner.emitter)

/** The server says that its tool failed, in an answer that was none of an error to its client. */
export const takeVerdict = (unit: Unit, inner: RecognizedSpan, outer: RecognizedSpan): void => {
  const last = lastAttempt(unit)
  if (!isOtherSide(inner, outer) || inner.outcome !== 'failure' || last.outcome !== 'success') return
  Object.assign(last, { outcome: inner.outcome, errorType: inner.errorType, errorMessage: inner.errorMessage, spans: [inner] })
}
