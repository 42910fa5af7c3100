// Evidence of what went wrong in a run without any span failing: lost, stale or cut state, work done twice, errors swallowed.
import { attributeNumber, attributeText, type FailureKind, type RecognizedSpan, SEAMTRACE } from '@seamtrace/schema'
import { type Declared, missingKeysOf, receivedHandoff } from './seams.ts'
import {
  endOf,
  firstAttempt,
  hasFailed,
  inputDigestOf,
  lastAttempt,
  spanOf,
  startOf,
  stepOf,
  type Unit,
  unitOutcome,
  unitsBelow,
} from './units.ts'

/** `linked`: tied to the failure by data (a key, digest or size), not only by order in time. */
export type Evidence = { unit: Unit; kind: FailureKind; rule: string; linked: boolean; span: RecognizedSpan; message: string; at: bigint }

const found = (unit: Unit, kind: FailureKind, rule: string, linked: boolean, message: string): Evidence => ({
  unit,
  kind,
  rule,
  linked,
  span: spanOf(unit),
  message,
  at: endOf(unit),
})

/** State evidence on one step: needed keys that did not come, or a payload that came shorter than it was sent. */
export const stateEvidence = (step: Unit, declared: Declared): Evidence | null => {
  const missing = missingKeysOf(step)
  if (missing.length > 0)
    return found(step, 'missing_state', 'receiver-missing-keys', true, `needed ${missing.join(', ')}, which did not arrive`)
  const sent = receivedHandoff(step, declared)
  const sentBytes = sent ? attributeNumber(sent.attributes, SEAMTRACE.handoffSize) : null
  const gotBytes = step.spans.map((span) => attributeNumber(span.attributes, SEAMTRACE.stateSize)).find((size) => size !== null) ?? null
  if (sentBytes !== null && gotBytes !== null && gotBytes < sentBytes) {
    return found(step, 'truncated_payload', 'handoff-size-differs', true, `${sentBytes} bytes were sent, ${gotBytes} arrived`)
  }
  return null
}

const versionOf = (unit: Unit): number | null => attributeNumber(spanOf(unit).attributes, SEAMTRACE.stateVersion)
const operationOf = (unit: Unit): string => attributeText(spanOf(unit).attributes, SEAMTRACE.stateOperation)
const stateKeyOf = (unit: Unit): string => `${unit.name}/${attributeText(spanOf(unit).attributes, SEAMTRACE.stateKey)}`

/** Reads that got an older version than the newest one this run had written before. */
const staleReads = (units: readonly Unit[]): Evidence[] => {
  const stores = units.filter((unit) => unit.type === 'state' && versionOf(unit) !== null)
  const writes = stores.filter((unit) => operationOf(unit) === 'put' || operationOf(unit) === 'checkpoint')
  return stores.flatMap((read) => {
    if (operationOf(read) !== 'get' && operationOf(read) !== 'restore') return []
    const got = versionOf(read) as number
    const newest = Math.max(
      ...writes.filter((w) => stateKeyOf(w) === stateKeyOf(read) && endOf(w) <= startOf(read)).map((w) => versionOf(w) as number),
    )
    return got < newest
      ? [found(read, 'stale_state', 'read-older-than-write', true, `read version ${got}, version ${newest} had been written`)]
      : []
  })
}

/** The same side effect done again by another operation: equal name and equal input digest. */
const duplicateWork = (units: readonly Unit[]): Evidence[] => {
  const seen = new Set<string>()
  return units.flatMap((unit) => {
    const span = spanOf(unit)
    const digest = inputDigestOf(span)
    if (digest === '' || unitOutcome(unit) !== 'success' || attributeText(span.attributes, SEAMTRACE.toolSideEffect) !== 'true') return []
    const key = `${unit.name} ${digest}`
    if (seen.has(key))
      return [found(unit, 'duplicate_work', 'same-side-effect-twice', true, `${unit.name} was called twice with the same input`)]
    seen.add(key)
    return []
  })
}

/** A call that failed for good inside a step that went on as if it had not. */
const swallowedErrors = (units: readonly Unit[]): Evidence[] =>
  units.flatMap((unit) => {
    const step = unit.kind === 'call' ? stepOf(unit) : null
    if (!step || !hasFailed(unit) || unitOutcome(step) !== 'success') return []
    if (lastAttempt(unit).parentAttempt < step.attempts.length && unit.parent === step) return []
    const { errorType, errorMessage } = lastAttempt(unit)
    return [
      found(
        unit,
        'swallowed_error',
        'failed-call-in-good-step',
        false,
        errorMessage || errorType || `${unit.name} failed, ${step.name} went on`,
      ),
    ]
  })

/** Tool results that say error or nothing, in steps that succeeded. */
const softFailures = (units: readonly Unit[]): Evidence[] =>
  units.flatMap((unit) => {
    const span = spanOf(unit)
    if (unit.kind !== 'call' || hasFailed(unit) || unit.type === 'human' || span.failureKind === '') return []
    return [found(unit, span.failureKind, span.failureRule, false, softMessage(unit, span))]
  })

/** Says in words what a span that ended well gives away. */
export const softMessage = (unit: Unit, span: RecognizedSpan): string => {
  if (span.errorMessage) return span.errorMessage
  if (span.failureKind === 'tool_empty') return `${unit.name} answered with nothing`
  if (span.failureKind === 'lost_checkpoint') return `nothing to restore in ${unit.name}`
  const reason = attributeText(span.attributes, SEAMTRACE.checkReason)
  if (span.type === 'check') return reason ? `${unit.name}: ${reason}` : `${unit.name} said no`
  if (span.failureKind === 'rejected_by_human') return `${unit.name} said no`
  if (span.type === 'human') return `${unit.name} was not answered in time`
  return `${unit.name}: ${span.failureKind.replaceAll('_', ' ')}`
}

/** All evidence in a run, that tied by data first, then the earliest. */
export const evidenceOf = (run: Unit, declared: Declared): Evidence[] => {
  const units = unitsBelow(run)
  const all = [
    ...units.flatMap((unit) => (unit.kind === 'step' ? (stateEvidence(unit, declared) ?? []) : [])),
    ...staleReads(units),
    ...duplicateWork(units),
    ...swallowedErrors(units),
    ...softFailures(units),
  ]
  return all.sort((a, b) => Number(b.linked) - Number(a.linked) || (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

/** Checks in order of their end. */
export const checksOf = (units: readonly Unit[]): Unit[] =>
  units.filter((unit) => unit.type === 'check').sort((a, b) => (endOf(a) < endOf(b) ? -1 : 1))

export const saidNo = (check: Unit): boolean => attributeText(spanOf(check).attributes, SEAMTRACE.checkResult) === 'fail'
export const targetOf = (check: Unit): string => attributeText(spanOf(check).attributes, SEAMTRACE.checkTarget)

/**
 * The check that marks the result of the run as wrong: its last verdict is no, and it judges the result, or it judges a step
 * from outside all steps when no step ran after it.
 */
export const failedScore = (run: Unit): Unit | null => {
  const units = unitsBelow(run)
  const last = new Map(checksOf(units).map((check) => [check.name, check]))
  const steps = units.filter((unit) => unit.kind === 'step')
  const marks = [...last.values()].filter((check) => {
    if (!saidNo(check)) return false
    if (targetOf(check) === 'result') return true
    const outside = stepOf(check) === null && targetOf(check) !== ''
    return outside && !steps.some((step) => firstAttempt(step).start >= endOf(check))
  })
  return marks[0] ?? null
}
