// Attribution: the one seam a failed run is charged to, and every failure in the run with its verdict.
import { evidenceOf, failedScore } from './evidence.ts'
import { type Explaining, explain, type Verdict, verdictOfEvidence, verdictOfScore } from './explain.ts'
import { endOf, hasFailed, lastAttempt, spanOf, type Unit, unitOutcome, unitsBelow, wasRetried } from './units.ts'

/** Failing units of the last attempt: those that can explain why the unit itself failed. */
const failingChildren = (unit: Unit): Unit[] =>
  unit.children.filter((child) => hasFailed(child) && (unit.kind === 'run' || lastAttempt(child).parentAttempt === unit.attempts.length))

const byFailureEnd = (a: Unit, b: Unit): number => {
  if (endOf(a) !== endOf(b)) return endOf(a) < endOf(b) ? -1 : 1
  return spanOf(a).spanId < spanOf(b).spanId ? -1 : 1
}

/** Children whose error is the one the parent passed on; all of them when none is. */
const explaining = (parent: Unit, failing: readonly Unit[]): Unit[] => {
  const { errorMessage } = lastAttempt(parent)
  const same = errorMessage === '' ? [] : failing.filter((child) => lastAttempt(child).errorMessage === errorMessage)
  return same.length > 0 ? same : [...failing]
}

/** Follows the failing chain down from a unit: the earliest failure that explains each parent. */
const deepestFailing = (from: Unit): Unit => {
  let at = from
  for (;;) {
    const next = explaining(at, failingChildren(at)).sort(byFailureEnd)[0]
    if (!next) return at
    at = next
  }
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
const charge = (context: Explaining, score: Unit | null): Verdict | null => {
  const { run } = context
  if (hasFailed(run)) return explain(deepestFailing(run), context)
  if (!score) return null
  const evidence = evidenceOf(run, context.declared).find(({ rule }) => !context.disabled.has(rule))
  if (evidence) return verdictOfEvidence(evidence, context)
  const ofScore = verdictOfScore(score, context)
  return ofScore && !context.disabled.has(ofScore.rule) ? ofScore : null
}

const isExhausted = (unit: Unit): boolean => {
  for (let at: Unit | null = unit; at && at.kind !== 'run'; at = at.parent) if (hasFailed(at) && at.attempts.length > 1) return true
  return false
}

/** Deepest failing units and operations that a retry rescued. */
const failedUnits = (run: Unit): Unit[] =>
  unitsBelow(run).filter((unit) => (hasFailed(unit) && failingChildren(unit).length === 0) || wasRetried(unit))

/** A retried operation is explained by the attempt that failed. */
const explainRetried = (unit: Unit, context: Explaining): Verdict => {
  const failed = unit.attempts.findLast((attempt) => attempt.outcome === 'failure')
  return explain({ ...unit, attempts: failed ? [failed] : unit.attempts }, context)
}

const explainFailed = (unit: Unit, context: Explaining, charged: Verdict | null): ExplainedFailure => {
  const recovered = wasRetried(unit) || wentOn(unit)
  const verdict = wasRetried(unit) ? explainRetried(unit, context) : explain(unit, context)
  const later = charged !== null && charged.unit !== verdict.unit && endOf(unit) >= endOf(charged.unit)
  return { ...verdict, recovered, consequence: !recovered && later, exhausted: isExhausted(unit) }
}

export type Attributed = {
  /** success became failure because the result was marked wrong */
  failed: boolean
  charged: ExplainedFailure | null
  failures: ExplainedFailure[]
}

const same = (a: Verdict, b: Verdict): boolean => a.seam.seam === b.seam.seam && a.seam.kind === b.seam.kind && a.kind === b.kind

/**
 * Charges a run. For N finished runs, successes + charged + unattributed = N holds because each failed run has exactly one
 * charge or none (model §6).
 */
export const attribute = (context: Explaining): Attributed => {
  const { run } = context
  const outcome = unitOutcome(run)
  const score = outcome === 'success' ? failedScore(run) : null
  const failed = outcome === 'failure' || score !== null
  const verdict = failed ? charge(context, score) : null
  const failures = failedUnits(run).map((unit) => explainFailed(unit, context, verdict))
  if (!verdict) return { failed, charged: null, failures }
  const charged = { ...verdict, recovered: false, consequence: false, exhausted: isExhausted(verdict.unit) }
  const others = failures.filter((failure) => failure.recovered || !same(failure, charged))
  return { failed, charged, failures: [charged, ...others.filter((failure) => !(same(failure, charged) && failure.unit === charged.unit))] }
}
