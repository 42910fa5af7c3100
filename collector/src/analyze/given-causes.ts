// Causes that lie in what a step was given or got, and in what happened inside an agent that itself ended well.
import type { RunFacts } from './facts.ts'
import { type Finding, lastSeen, messageOfUnit, names, ownCause } from './finding.ts'
import { byEnd, hadBegunBy, hadEndedBy, hasFailed, lastAttempt, spanOf, type Unit, unitOutcome } from './unit.ts'

/** What zod, Pydantic, Ajv, Valibot and others throw when a value does not have its shape. */
const VALIDATION_ERROR = /^(?:.*\.)?(?:ZodError|ValiError|\w*ValidationError)$/

/** A step that refuses a value before it has done anything refuses what it was given. */
export const refusedState = (unit: Unit): Finding | null => {
  if (unit.kind !== 'step' || unit.children.length > 0 || !VALIDATION_ERROR.test(lastAttempt(unit).errorType)) return null
  const [span, message] = [spanOf(unit), messageOfUnit(unit)]
  return { unit, kind: 'state_schema_mismatch', rule: 'step-refused-its-state', certain: false, span, message }
}

const ANSWERS: ReadonlySet<string> = new Set(['tool', 'retrieval', 'memory', 'state'])

/** A step that could not read something cut, after all that it was given had been read: it was the answer of its last call. */
export const cutAnswer = (unit: Unit, facts: RunFacts): Finding | null => {
  const own = ownCause(unit)
  if (own?.kind !== 'truncated_payload' || unit.kind !== 'step' || unit.type === 'retry') return null
  const calls = lastSeen(unit, facts).filter((seen) => seen.kind === 'call' && hadEndedBy(seen, unit))
  const call = calls.sort(byEnd).at(-1)
  if (!call || !ANSWERS.has(call.type) || hasFailed(call)) return null
  return { ...own, unit: call, rule: 'answer-of-last-call-cut', certain: false }
}

const callsOf = (unit: Unit, facts: RunFacts): Unit[] =>
  lastSeen(unit, facts)
    .filter(({ kind, type }) => kind === 'call' && type !== 'model' && type !== 'check')
    .filter((call) => hadBegunBy(call, unit))
    .sort(byEnd)

/**
 * Frameworks tell a failed tool to the model, which apologizes: the agent ends well, and the program around it has no result. Only
 * where no other call went well since.
 */
export const toldToModel = (unit: Unit, facts: RunFacts): Finding | null => {
  const call = callsOf(unit, facts).at(-1)
  if (!call || !hasFailed(call) || call.parent === unit || !call.parent || unitOutcome(call.parent) !== 'success') return null
  const span = spanOf(call)
  if (span.failureKind === '') return null
  const certain = names(unit, call.name)
  return { unit: call, kind: span.failureKind, rule: 'failed-call-before-the-end', certain, span, message: messageOfUnit(call) }
}

// shorter ones are words of any text
const SHORTEST_NAME = 4

/** What libraries throw when the answer of a model does not have its form. */
const UNREAD_ANSWER = /NoObjectGenerated|OutputParser|could not parse the response/i

/** A program that fails by itself, right after a step which its error is about. */
export const unusedAnswer = (unit: Unit, facts: RunFacts): Finding | null => {
  const last = unit.kind === 'run' ? lastSeen(unit, facts)[0] : undefined
  if (last?.kind !== 'step' || unitOutcome(last) !== 'success') return null
  const { errorType } = lastAttempt(unit)
  const isAbout = last.name.length >= SHORTEST_NAME && names(unit, last.name)
  if (!isAbout && !UNREAD_ANSWER.test(`${errorType} ${messageOfUnit(unit)}`)) return null
  const own = ownCause(unit)
  const told = spanOf(last).failureKind
  if (told !== '')
    return { unit: last, kind: told, rule: spanOf(last).failureRule, certain: false, span: spanOf(last), message: messageOfUnit(unit) }
  return own && { ...own, unit: last, rule: 'error-is-about-last-step', certain: false }
}
