// Tries that a program told itself: a `retry` around attempts, and attempts right below a step.
import type { RecognizedSpan } from '@seamtrace/schema'
import { attemptFrom } from './attempts.ts'
import { addUnit, type Building, inside, latestOf, type Place } from './building.ts'
import { planRetry, spanOfTry } from './retry-plan.ts'
import type { Node } from './tree.ts'
import { callName, lastAttempt, type Unit, unitOutcome } from './unit.ts'

/** The one call inside a try: it is what was tried, and the try says whether that worked. */
export const enterTriedCall = (unit: Unit, number: number, span: RecognizedSpan): Place => {
  const attempt = unit.attempts[number - 1]
  if (!attempt) return inside(unit)
  const own = attempt.outcome === 'failure' && span.outcome === 'success' ? spanOfTry(attempt, span) : span
  attempt.spans = [own]
  attempt.outcome = own.outcome
  attempt.errorType = own.errorType
  attempt.errorMessage = own.errorMessage
  unit.spans.push(own)
  return inside(unit, number)
}

/** Attempt spans right below a step are that step's attempts: the step span itself is the whole operation. */
export const enterAttempt = (place: Place, { span, parent }: Node): Place => {
  const { tries, unit } = place
  if (parent?.span.type === 'retry' && tries) {
    const number = tries.plan.numberOf.get(span) ?? 0
    const isUnit = tries.unit !== null
    return { unit: tries.unit ?? unit, attempt: isUnit ? tries.before + number : place.attempt, tries: { ...tries, number } }
  }
  if (unit.kind === 'run') return place
  const own = lastAttempt(unit)
  const around = own.parentAttempt
  if (own.spans.at(-1)?.spanId === parent?.span.spanId) unit.attempts.pop()
  unit.attempts.push(attemptFrom(span, around))
  unit.spans.push(span)
  return inside(unit)
}

/**
 * Tries of one call are attempts of that call. Tries of a piece of code are attempts of an inner operation where a try failed
 * without a unit in it that failed; otherwise the units inside tell the story themselves.
 */
export const enterRetry = (building: Building, place: Place, node: Node): Place => {
  const plan = planRetry(node)
  if (plan.tries.length === 0 || (!plan.call && !plan.isOpaque)) return { ...place, tries: { plan, unit: null, before: 0, number: 1 } }
  const kind = plan.call ? 'call' : 'step'
  const type = plan.call?.type ?? 'retry'
  const name = plan.call ? callName(plan.call) : plan.name
  const attempts = plan.tries.map((span) => {
    const attempt = attemptFrom(span, place.attempt)
    return plan.call ? { ...attempt, spans: [spanOfTry(attempt, { ...span, type })] } : attempt
  })
  const known = latestOf(building, place, kind, type, name)
  if (known && unitOutcome(known) === 'failure' && lastAttempt(known).parentAttempt < place.attempt) {
    const before = known.attempts.length
    for (const attempt of attempts) known.attempts.push(attempt)
    return { ...place, tries: { plan, unit: known, before, number: 1 } }
  }
  const unit = addUnit(building, place, { kind, type, name, attempts, span: plan.call ?? node.span })
  return { ...place, tries: { plan, unit, before: 0, number: 1 } }
}
