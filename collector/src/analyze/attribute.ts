// Attribution: the one seam a failed run is charged to, and every failure in the run with its verdict.
import { evidenceOf, failedScore } from './evidence.ts'
import { explain, type Verdict, verdictOfEvidence, verdictOfScore } from './explain.ts'
import type { RunFacts } from './facts.ts'
import { byEnd, endOf, failingIn, hadEndedBy, hasFailed, lastAttempt, latestStartOf, type Unit, unitOutcome, wasRetried } from './unit.ts'

/** Programs pass an error on, or wrap its text in their own. */
const passesOn = (parent: Unit, child: Unit): boolean => {
  const [outer, inner] = [lastAttempt(parent).errorMessage, lastAttempt(child).errorMessage]
  return outer !== '' && inner !== '' && (outer.includes(inner) || inner.includes(outer))
}

const saysNothing = (unit: Unit): boolean => lastAttempt(unit).errorMessage === '' && lastAttempt(unit).errorType === ''

/** Failures after which the program did not go on: nothing that went well began once they had ended. */
const lastOf = (failing: readonly Unit[], parent: Unit): Unit[] => {
  const newest = parent.children.reduce((latest, child) => {
    const start = hasFailed(child) ? -1n : latestStartOf(child)
    return start > latest ? start : latest
  }, -1n)
  return failing.filter((child) => newest < endOf(child))
}

/** Tries of which nothing is told inside say less than a call that failed by then, told by an instrumentation with a clock of its own. */
const withoutTries = (failing: readonly Unit[]): Unit[] => {
  const last = failing
    .filter(({ type }) => type === 'retry')
    .sort(byEnd)
    .at(-1)
  const told = last ? failing.filter((unit) => unit.type !== 'retry' && hadEndedBy(unit, last)) : []
  return told.length > 0 ? told : [...failing]
}

/**
 * The failing child that explains its parent's failure: whose error is passed on, else one after which the program did not go on.
 * A child whose failure the program went past explains nothing, unless the parent says nothing itself.
 */
const explaining = (parent: Unit): Unit | undefined => {
  const failing = failingIn(parent)
  const linked = failing.filter((child) => passesOn(parent, child))
  const last = lastOf(failing, parent)
  const candidates = linked.length > 0 ? linked : last.length > 0 ? last : saysNothing(parent) ? failing : []
  return withoutTries(candidates).sort(byEnd)[0]
}

/** Follows the failing chain down from a unit: the earliest failure that explains each parent. */
const deepestFailing = (from: Unit): Unit => {
  let at = from
  for (let next = explaining(at); next; next = explaining(at)) at = next
  return at
}

/** What holds of a unit, or of one around it: told in one pass from the outermost on, for a walk from each is quadratic in a deep trace. */
const heldAbove = (facts: RunFacts, holds: (unit: Unit) => boolean): ReadonlySet<Unit> => {
  const found = new Set<Unit>()
  for (const unit of facts.units) if (holds(unit) || (unit.parent && found.has(unit.parent))) found.add(unit)
  return found
}

/** The program went on: a later try or the unit around it succeeded. */
const wentOn = (unit: Unit): boolean => {
  if (!unit.parent) return false
  const triedAgain = unit.parent.kind !== 'run' && lastAttempt(unit).parentAttempt < unit.parent.attempts.length
  return triedAgain || unitOutcome(unit.parent) === 'success'
}

const usedUp = (unit: Unit): boolean => hasFailed(unit) && unit.attempts.length > 1

export type ExplainedFailure = Verdict & { recovered: boolean; consequence: boolean; exhausted: boolean }

/** What is charged: the failing chain of a failed root, or, when only the result was marked wrong, evidence, then the score. */
const charge = (facts: RunFacts, score: Unit | null): Verdict | null => {
  if (hasFailed(facts.run)) return explain(deepestFailing(facts.run), facts)
  if (!score) return null
  const evidence = evidenceOf(facts).find(({ rule }) => !facts.disabled.has(rule))
  if (evidence) return verdictOfEvidence(evidence, facts)
  const ofScore = verdictOfScore(score, facts)
  return ofScore && !facts.disabled.has(ofScore.rule) ? ofScore : null
}

/** Operations that a retry rescued, told where the failing try has no failing unit inside that tells it better. */
const wasRescued = (unit: Unit): boolean => {
  const failed = unit.attempts.findLastIndex((attempt) => attempt.outcome === 'failure')
  const inside = unit.children.some((child) => child.attempts.some((a) => a.outcome === 'failure' && a.parentAttempt === failed + 1))
  return wasRetried(unit) && !inside
}

/** A retried operation is explained by the attempt that failed. */
const explainRetried = (unit: Unit, facts: RunFacts): Verdict => {
  const failed = unit.attempts.findLast((attempt) => attempt.outcome === 'failure')
  return { ...explain({ ...unit, attempts: failed ? [failed] : unit.attempts }, facts), unit }
}

type Above = { wentOn: ReadonlySet<Unit>; usedUp: ReadonlySet<Unit> }

const explainFailed = (unit: Unit, facts: RunFacts, charged: Verdict | null, above: Above): ExplainedFailure => {
  const rescued = wasRetried(unit)
  const verdict = rescued ? explainRetried(unit, facts) : explain(unit, facts)
  const recovered = rescued || above.wentOn.has(unit)
  const later = charged !== null && charged.unit !== verdict.unit && endOf(unit) >= endOf(charged.unit)
  return { ...verdict, recovered, consequence: !recovered && later, exhausted: above.usedUp.has(unit) }
}

export type Attributed = {
  /** the root failed, or its result was marked wrong */
  failed: boolean
  charged: ExplainedFailure | null
  failures: ExplainedFailure[]
}

const isSame = (a: Verdict, b: Verdict): boolean => a.seam.seam === b.seam.seam && a.seam.kind === b.seam.kind && a.kind === b.kind

/**
 * Charges a run. For N finished runs, successes + charged + unattributed = N holds because each failed run has exactly one
 * charge or none (model §6).
 */
export const attribute = (facts: RunFacts): Attributed => {
  const outcome = unitOutcome(facts.run)
  const score = outcome === 'success' ? failedScore(facts) : null
  const failed = outcome === 'failure' || score !== null
  const verdict = failed ? charge(facts, score) : null
  const units = facts.units.filter((unit) => (hasFailed(unit) && failingIn(unit).length === 0) || wasRescued(unit))
  if (units.length === 0 && !verdict) return { failed, charged: null, failures: [] }
  const above = { wentOn: heldAbove(facts, wentOn), usedUp: heldAbove(facts, usedUp) }
  const failures = units.map((unit) => explainFailed(unit, facts, verdict, above))
  if (!verdict) return { failed, charged: null, failures }
  const charged = { ...verdict, recovered: false, consequence: false, exhausted: above.usedUp.has(verdict.unit) }
  // what is charged stands once, as the first, also where it is a swallowed error that counts as gone past elsewhere
  const others = failures.filter((failure) => !(isSame(failure, charged) && (failure.unit === charged.unit || !failure.recovered)))
  return { failed, charged, failures: [charged, ...others] }
}
