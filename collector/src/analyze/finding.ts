// A cause that was found, and what every search for one asks of the failing unit.
import type { FailureKind, RecognizedSpan } from '@seamtrace/schema'
import { INFERRING_RULES } from '../recognize/failure-kind.ts'
import type { RunFacts } from './facts.ts'
import { byStart, hadBegunBy, lastAttempt, spanOf, type Unit, unitsBelow } from './unit.ts'

export type Finding = {
  /** the unit that is charged */
  unit: Unit
  kind: FailureKind
  rule: string
  certain: boolean
  span: RecognizedSpan
  message: string
  /** a handoff that is charged instead of the seam into the unit */
  handoff?: RecognizedSpan
}

export const messageOfUnit = (unit: Unit): string => lastAttempt(unit).errorMessage || lastAttempt(unit).errorType

export const ownCause = (unit: Unit): Finding | null => {
  const span = spanOf(unit)
  if (span.failureKind === '') return null
  const certain = !INFERRING_RULES.has(span.failureRule)
  return { unit, kind: span.failureKind, rule: span.failureRule, certain, span, message: messageOfUnit(unit) }
}

export const declaredCause = (unit: Unit): Finding | null => {
  const span = unit.spans.find((own) => own.failureRule === 'declared')
  if (!span || span.failureKind === '') return null
  return { unit, kind: span.failureKind, rule: 'declared', certain: true, span, message: messageOfUnit(unit) }
}

const isLetter = (text: string, at: number): boolean => /[\p{L}\p{N}]/u.test(text.charAt(at))

/** The error names what it is about, as a word of its own: a link, where order in time alone would be a guess. */
export const names = (unit: Unit, what: string): boolean => {
  const [text, word] = [messageOfUnit(unit).toLowerCase(), what.toLowerCase()]
  for (let at = text.indexOf(word); at >= 0 && word !== ''; at = text.indexOf(word, at + 1))
    if (!isLetter(text, at - 1) && !isLetter(text, at + word.length)) return true
  return false
}

/**
 * What the program saw last before it gave up: all of the failing unit, or, for the run itself, of what began last in it. Ends tell
 * less: some frameworks end the span of an agent after its caller has gone on.
 */
export const lastSeen = (unit: Unit, { run }: RunFacts): Unit[] => {
  if (unit.kind !== 'run') return unitsBelow(unit)
  const last = run.children.filter((child) => hadBegunBy(child, unit)).reduce<Unit | null>(laterOf, null)
  return last ? [last, ...unitsBelow(last)] : []
}

const laterOf = (a: Unit | null, b: Unit): Unit => (a && byStart(a, b) > 0 ? a : b)
