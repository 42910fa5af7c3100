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
  const tries = failing.filter(({ type }) => type === 'retry')
  const told = failing.filter((unit) => unit.type !== 'retry' && tries.some((piece) => hadEndedBy(unit, piece)))
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

/** The program went on: a later try or a unit around it succeeded. */
const wentOn = (unit: Unit): boolean => {
  for (let at = unit; at.parent; at = at.parent) {
    if (at.parent.kind !== 'run' && lastAttempt(at).parentAttempt < at.parent.attempts.length) return true
    if (unitOutcome(at.parent) === 'success') return true
  }
  return false
}

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

const isExhausted = (unit: Unit): boolean => {
  for (let at: Unit | null = unit; at && at.kind !== 'run'; at = at.parent) if (hasFailed(at) && at.attempts.length > 1) return true
  return false
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

const explainFailed = (unit: Unit, facts: RunFacts, charged: Verdict | null): ExplainedFailure => {
  const rescued = wasRetried(unit)
  const verdict = rescued ? explainRetried(unit, facts) : explain(unit, facts)
  const recovered = rescued || wentOn(unit)
  const later = charged !== null && charged.unit !== verdict.unit && endOf(unit) >= endOf(charged.unit)
  return { ...verdict, recovered, consequence: !recovered && later, exhausted: isExhausted(unit) }
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
  const failures = units.map((unit) => explainFailed(unit, facts, verdict))
  if (!verdict) return { failed, charged: null, failures }
  const charged = { ...verdict, recovered: false, consequence: false, exhausted: isExhausted(verdict.unit) }
  // what is charged stands once, as the first, also where it is a swallowed error that counts as gone past elsewhere
  const others = failures.filter((failure) => !(isSame(failure, charged) && (failure.unit === charged.unit || !failure.recovered)))
  return { failed, charged, failures: [charged, ...others] }
}
