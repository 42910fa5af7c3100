// Explains one failing unit: which seam is charged, of what kind, by which rule, on what evidence.
import { type FailureKind, gapOfKind, type RecognizedSpan } from '@seamtrace/schema'
import { type Evidence, saidNo, softMessage, stateEvidence, targetOf } from './evidence.ts'
import type { RunFacts } from './facts.ts'
import { declaredCause, type Finding, lastSeen, messageOfUnit, names, ownCause } from './finding.ts'
import { cutAnswer, refusedState, toldToModel, unusedAnswer } from './given-causes.ts'
import { barOf, barOfHandoff, type Seam, seamInto, seamOfHandoff } from './seams.ts'
import { byEnd, hadEndedBy, hasFailed, lastAttempt, spanOf, startOf, type Unit } from './unit.ts'

export type Verdict = {
  seam: Seam
  /** outermost step whose bar is lowered, '' for the pipeline itself */
  bar: string
  step: string
  kind: FailureKind
  rule: string
  certain: boolean
  span: RecognizedSpan
  message: string
  /** the unit that is charged */
  unit: Unit
}

const verdictOf = ({ handoff, ...finding }: Finding, facts: RunFacts): Verdict => {
  if (handoff) {
    const seam = seamOfHandoff(handoff)
    return { ...finding, seam, bar: barOfHandoff(handoff, facts), step: seam.to }
  }
  return { ...finding, seam: seamInto(finding.unit, facts), bar: barOf(finding.unit), step: finding.unit.step?.name ?? '' }
}

/** A call that ended well but carries the cause: an empty result, a refusal, a person who did not answer. */
const softCause = (unit: Unit, facts: RunFacts): Finding | null => {
  const calls = lastSeen(unit, facts).filter((seen) => seen.kind === 'call' && seen.type !== 'check' && hadEndedBy(seen, unit))
  const call = calls.sort(byEnd).at(-1)
  const span = call && spanOf(call)
  if (!call || !span || hasFailed(call) || span.failureKind === '') return null
  if (span.failureKind === 'rejected_by_human') return rejectedWork(call, unit, 'rejected_by_human', span.failureRule, facts)
  return {
    unit: call,
    kind: span.failureKind,
    rule: span.failureRule,
    certain: names(unit, call.name),
    span,
    message: softMessage(call, span),
  }
}

/** State before all else: what the receiver did not get, what a store could not give back, what the error itself says. */
const stateCause = (unit: Unit, facts: RunFacts): Finding | null => {
  const step = unit.step
  const evidence = step && stateEvidence(step, facts)
  if (evidence) return { ...evidence, certain: true }
  const isState = (finding: Finding | null): finding is Finding => finding !== null && gapOfKind(finding.kind) === 'state'
  return [softCause(unit, facts), cutAnswer(unit, facts), ownCause(unit), refusedState(unit)].find(isState) ?? null
}

const UNKNOWN_TARGET = /unknown|no such|not (found|registered|exist)|does ?n[o']t exist|unregistered|there is no/i

const lastToNobody = ({ steps, unreceived }: RunFacts): RecognizedSpan | undefined => {
  const lastBegun = steps.reduce((latest, step) => (startOf(step) > latest ? startOf(step) : latest), -1n)
  return unreceived.findLast((span) => lastBegun < span.endTimeUnixNano)
}

/** A handoff of the failing unit that nobody received; for the run itself, one after which no step began. */
const handoffCause = (unit: Unit, facts: RunFacts): Finding | null => {
  const handoff = unit.kind === 'run' ? lastToNobody(facts) : facts.unreceivedOf.get(unit)
  if (!handoff) return null
  const message = messageOfUnit(unit)
  // a framework that passes over a name that it does not know has no error to say so
  const isUnknown = handoff.failureKind === 'unknown_target' || UNKNOWN_TARGET.test(`${lastAttempt(unit).errorType} ${message}`)
  const kind = isUnknown ? 'unknown_target' : 'dropped_handoff'
  return { unit, kind, rule: 'handoff-without-receipt', certain: names(unit, seamOfHandoff(handoff).to), span: handoff, message, handoff }
}

/** The rejected work is charged to the step that made it, not to the one who said no (model §4). */
const rejectedWork = (judge: Unit, failing: Unit, kind: FailureKind, rule: string, facts: RunFacts): Finding => {
  const span = spanOf(judge)
  const certain = judge.step === failing.step || names(failing, judge.name)
  return { unit: facts.producerOf(judge, targetOf(judge)) ?? judge, kind, rule, certain, span, message: softMessage(judge, span) }
}

/** The last check that the failing unit saw said no. */
const checkCause = (unit: Unit, facts: RunFacts): Finding | null => {
  const checks = lastSeen(unit, facts).filter((seen) => seen.type === 'check' && hadEndedBy(seen, unit))
  const last = checks.sort(byEnd).at(-1)
  return last && saidNo(last) ? rejectedWork(last, unit, 'rejected_by_check', 'check-said-no-to-the-end', facts) : null
}

const exceptionOf = (unit: Unit): Finding =>
  ownCause(unit) ?? { unit, kind: 'unclassified', rule: 'no-rule', certain: false, span: spanOf(unit), message: messageOfUnit(unit) }

/** Kinds that hold only where no other cause is known (model §4). */
const WEAK: readonly (FailureKind | '')[] = ['exception', 'unclassified', 'deadline', 'retries_exhausted', 'loop']

const strongCause = (unit: Unit): Finding | null => {
  const own = ownCause(unit)
  return own && !WEAK.includes(own.kind) ? own : null
}

/**
 * Names the cause of a failing unit that has no failing unit below it, in the order of the model: declared, state, tool or
 * provider, control, exception. A weaker cause never hides a stronger one.
 */
export const explain = (unit: Unit, facts: RunFacts): Verdict => {
  const ofCall = [() => declaredCause(unit), () => ownCause(unit)]
  const ofStep = [
    () => declaredCause(unit),
    () => stateCause(unit, facts),
    () => softCause(unit, facts),
    () => strongCause(unit),
    () => handoffCause(unit, facts),
    () => checkCause(unit, facts),
    () => toldToModel(unit, facts),
    () => unusedAnswer(unit, facts),
  ]
  for (const cause of unit.kind === 'call' ? ofCall : ofStep) {
    const finding = cause()
    if (finding && !facts.disabled.has(finding.rule)) return verdictOf(finding, facts)
  }
  return verdictOf(exceptionOf(unit), facts)
}

/** A verdict from evidence that no failing span leads to. */
export const verdictOfEvidence = (evidence: Evidence, facts: RunFacts): Verdict =>
  verdictOf({ ...evidence, certain: evidence.linked }, facts)

/** The step that a failing score targets; a router that was judged wrong took the wrong route. */
export const verdictOfScore = (score: Unit, facts: RunFacts): Verdict | null => {
  const target = facts.steps.findLast((step) => step.name === targetOf(score))
  if (!target) return null
  const kind = target.layer === 'planning' ? 'wrong_route' : 'rejected_by_check'
  const span = spanOf(score)
  return verdictOf({ unit: target, kind, rule: 'score-targets-step', certain: false, span, message: softMessage(score, span) }, facts)
}
