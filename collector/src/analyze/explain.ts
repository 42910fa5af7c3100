// Explains one failing unit: which seam is charged, of what kind, by which rule, on what evidence.
import { type FailureKind, gapOfKind, type RecognizedSpan } from '@seamtrace/schema'
import { checksOf, saidNo, softMessage, stateEvidence, targetOf } from './evidence.ts'
import { barOf, type Declared, type Seam, seamInto, seamOfHandoff, unreceivedHandoffs } from './seams.ts'
import { endOf, lastAttempt, spanOf, startOf, stepOf, type Unit, unitsBelow } from './units.ts'

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

export type Explaining = { run: Unit; declared: Declared; disabled: ReadonlySet<string> }

type Finding = { unit: Unit; kind: FailureKind; rule: string; certain: boolean; span: RecognizedSpan; message: string; seam?: Seam }

const messageOfUnit = (unit: Unit): string => lastAttempt(unit).errorMessage || lastAttempt(unit).errorType

const verdictOf = (finding: Finding, context: Explaining): Verdict => {
  const seam = finding.seam ?? seamInto(finding.unit, context.declared)
  return {
    ...finding,
    seam,
    bar: finding.seam ? finding.seam.to : barOf(finding.unit),
    step: finding.seam ? finding.seam.to : (stepOf(finding.unit)?.name ?? ''),
  }
}

const ownCause = (unit: Unit): Finding | null => {
  const span = spanOf(unit)
  if (span.failureKind === '') return null
  return {
    unit,
    kind: span.failureKind,
    rule: span.failureRule,
    certain: span.failureKind !== 'unclassified',
    span,
    message: messageOfUnit(unit),
  }
}

const declaredCause = (unit: Unit): Finding | null => {
  const span = unit.spans.find((own) => own.failureRule === 'declared')
  return span && span.failureKind !== ''
    ? { unit, kind: span.failureKind, rule: 'declared', certain: true, span, message: messageOfUnit(unit) }
    : null
}

/** The call that ended last before the unit failed: what the program saw before it gave up. */
const lastCallBefore = (unit: Unit): Unit | null => {
  const calls = unitsBelow(unit).filter((below) => below.kind === 'call' && below.type !== 'check' && endOf(below) <= endOf(unit))
  return calls.reduce<Unit | null>((latest, call) => (latest && endOf(latest) > endOf(call) ? latest : call), null)
}

/** A call that ended well but carries the cause: an empty result, a refusal, a person who did not answer. */
const softCause = (unit: Unit, context: Explaining): Finding | null => {
  const call = lastCallBefore(unit)
  const span = call && spanOf(call)
  if (!call || !span || span.outcome === 'failure' || span.failureKind === '') return null
  if (span.failureKind === 'rejected_by_human') return rejectedWork(call, 'rejected_by_human', span.failureRule, context)
  return { unit: call, kind: span.failureKind, rule: span.failureRule, certain: true, span, message: softMessage(call, span) }
}

const stateCause = (unit: Unit, context: Explaining): Finding | null => {
  const step = stepOf(unit)
  const evidence = step && stateEvidence(step, context.declared)
  if (evidence) return { ...evidence, certain: true }
  const soft = softCause(unit, context)
  if (soft && gapOfKind(soft.kind) === 'state') return soft
  const own = ownCause(unit)
  return own && gapOfKind(own.kind) === 'state' ? own : null
}

const UNKNOWN_TARGET = /unknown|no such|not (found|registered|exist)|does ?n[o']t exist|unregistered/i

const handoffCause = (unit: Unit, context: Explaining): Finding | null => {
  const span = unreceivedHandoffs(context.run, context.declared).findLast((handoff) => handoff.startTimeUnixNano <= endOf(unit))
  if (!span) return null
  const message = messageOfUnit(unit)
  const kind = UNKNOWN_TARGET.test(`${lastAttempt(unit).errorType} ${message}`) ? 'unknown_target' : 'dropped_handoff'
  return { unit, kind, rule: 'handoff-without-receipt', certain: true, span, message, seam: seamOfHandoff(span) }
}

const PRODUCES: ReadonlySet<string> = new Set(['execution', 'context', 'planning', 'state'])

/** The step whose work was judged: the one the check names, else the last working step before it. */
const producerOf = (judge: Unit, context: Explaining): Unit | null => {
  const own = stepOf(judge)
  const steps = unitsBelow(context.run).filter((unit) => unit.kind === 'step' && unit !== own && startOf(unit) <= startOf(judge))
  const named = steps.findLast((step) => step.name === targetOf(judge))
  return named ?? steps.findLast((step) => PRODUCES.has(step.layer) && stepOf(step.parent ?? step) !== own) ?? null
}

/** The rejected work is charged to the step that made it, not to the one who said no (model §4). */
const rejectedWork = (judge: Unit, kind: FailureKind, rule: string, context: Explaining): Finding => {
  const span = spanOf(judge)
  return { unit: producerOf(judge, context) ?? judge, kind, rule, certain: true, span, message: softMessage(judge, span) }
}

const checkCause = (unit: Unit, context: Explaining): Finding | null => {
  const within = unit.kind === 'run' ? unitsBelow(unit) : unitsBelow(context.run).filter((below) => stepOf(below) === stepOf(unit))
  const last = checksOf(within).findLast((check) => endOf(check) <= endOf(unit))
  return last && saidNo(last) ? rejectedWork(last, 'rejected_by_check', 'check-said-no-to-the-end', context) : null
}

const exceptionOf = (unit: Unit): Finding =>
  ownCause(unit) ?? { unit, kind: 'unclassified', rule: 'no-rule', certain: false, span: spanOf(unit), message: messageOfUnit(unit) }

/** A plain exception is the weakest cause: evidence around it says more. */
const controlCause = (unit: Unit): Finding | null => {
  const own = ownCause(unit)
  return own && own.kind !== 'exception' && own.kind !== 'unclassified' ? own : null
}

/**
 * Names the cause of a failing unit that has no failing unit below it, in the order of the model: declared, state, tool or
 * provider, control, exception. A weaker cause never hides a stronger one.
 */
export const explain = (unit: Unit, context: Explaining): Verdict => {
  const isCall = unit.kind === 'call'
  const causes: (() => Finding | null)[] = [
    () => declaredCause(unit),
    () => (isCall ? null : stateCause(unit, context)),
    () => (isCall ? controlCause(unit) : null),
    () => (isCall ? null : softCause(unit, context)),
    () => (isCall ? null : handoffCause(unit, context)),
    () => (isCall ? null : checkCause(unit, context)),
    () => controlCause(unit),
  ]
  for (const cause of causes) {
    const finding = cause()
    if (finding && !context.disabled.has(finding.rule)) return verdictOf(finding, context)
  }
  return verdictOf(exceptionOf(unit), context)
}

/** A verdict from evidence that no failing span leads to. */
export const verdictOfEvidence = (
  evidence: { unit: Unit; kind: FailureKind; rule: string; linked: boolean; span: RecognizedSpan; message: string },
  context: Explaining,
): Verdict => verdictOf({ ...evidence, certain: evidence.linked }, context)

/** The step that a failing score targets; a router that was judged wrong took the wrong route. */
export const verdictOfScore = (score: Unit, context: Explaining): Verdict | null => {
  const target = unitsBelow(context.run).findLast((unit) => unit.kind === 'step' && unit.name === targetOf(score))
  if (!target) return null
  const kind = target.layer === 'planning' ? 'wrong_route' : 'rejected_by_check'
  const span = spanOf(score)
  return verdictOf({ unit: target, kind, rule: 'score-targets-step', certain: false, span, message: softMessage(score, span) }, context)
}
