// Evidence of what went wrong in a run without any span failing: lost, stale or cut state, work done twice, errors swallowed.
import { attributeList, attributeNumber, attributeText, type FailureKind, type RecognizedSpan, SEAMTRACE } from '@seamtrace/schema'
import type { RunFacts } from './facts.ts'
import { missingKeysOf } from './seams.ts'
import { byEnd, endOf, hasFailed, inputDigestOf, lastAttempt, spanOf, startOf, type Unit, unitOutcome } from './unit.ts'

/** `linked`: tied to the failure by data (a key, digest or size), not only by order in time. */
export type Evidence = {
  unit: Unit
  kind: FailureKind
  rule: string
  linked: boolean
  span: RecognizedSpan
  message: string
}

const found = (unit: Unit, kind: FailureKind, rule: string, linked: boolean, message: string): Evidence => ({
  unit,
  kind,
  rule,
  linked,
  span: spanOf(unit),
  message,
})

/** A receiver may take a part of a payload; it is cut only where the same keys, or a text, came with fewer bytes. */
const wasCut = (sent: RecognizedSpan, got: RecognizedSpan): boolean => {
  const sentBytes = attributeNumber(sent.attributes, SEAMTRACE.handoffSize)
  const gotBytes = attributeNumber(got.attributes, SEAMTRACE.stateSize)
  const sentKeys = attributeList(sent.attributes, SEAMTRACE.handoffKeys).sort()
  const gotKeys = attributeList(got.attributes, SEAMTRACE.stateKeys).sort()
  return sentBytes !== null && gotBytes !== null && gotBytes < sentBytes && sentKeys.join('\n') === gotKeys.join('\n')
}

/** State evidence on one step: needed keys that did not come, or a payload that came shorter than it was sent. */
export const stateEvidence = (step: Unit, facts: RunFacts): Evidence | null => {
  const missing = missingKeysOf(step)
  if (missing.length > 0)
    return found(step, 'missing_state', 'receiver-missing-keys', true, `needed ${missing.join(', ')}, which did not arrive`)
  const sent = facts.received.get(step)
  const got = sent && step.spans.find((span) => wasCut(sent, span))
  if (!sent || !got) return null
  const [sentBytes, gotBytes] = [attributeText(sent.attributes, SEAMTRACE.handoffSize), attributeText(got.attributes, SEAMTRACE.stateSize)]
  return found(step, 'truncated_payload', 'handoff-size-differs', true, `${sentBytes} bytes were sent, ${gotBytes} arrived`)
}

const versionOf = (unit: Unit): number | null => attributeNumber(spanOf(unit).attributes, SEAMTRACE.stateVersion)
const operationOf = (unit: Unit): string => attributeText(spanOf(unit).attributes, SEAMTRACE.stateOperation)
const stateKeyOf = (unit: Unit): string => `${unit.name}\u0000${attributeText(spanOf(unit).attributes, SEAMTRACE.stateKey)}`

const READS: readonly string[] = ['get', 'restore']
const WRITES: readonly string[] = ['put', 'checkpoint']

type Written = { end: bigint; newest: number }

/** The writes of one key in order of end, each with the newest version written by then. */
const newestByEnd = (writes: readonly Unit[]): Written[] => {
  let newest = Number.NEGATIVE_INFINITY
  return writes.toSorted(byEnd).map((write) => {
    newest = Math.max(newest, versionOf(write) ?? newest)
    return { end: endOf(write), newest }
  })
}

/** By halves, for a key may be read and written some ten thousand times. */
const newestBefore = (written: readonly Written[], time: bigint): number => {
  let [from, to] = [0, written.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((written[middle] as Written).end <= time) from = middle + 1
    else to = middle
  }
  return written[from - 1]?.newest ?? Number.NEGATIVE_INFINITY
}

/** Reads that got an older version than the newest one this run had written before. */
const staleReads = (units: readonly Unit[]): Evidence[] => {
  const versioned = units.filter((unit) => unit.type === 'state' && versionOf(unit) !== null)
  const ofKey = Map.groupBy(
    versioned.filter((unit) => WRITES.includes(operationOf(unit))),
    stateKeyOf,
  )
  const writes = new Map([...ofKey].map(([key, units]) => [key, newestByEnd(units)]))
  return versioned.flatMap((read) => {
    if (!READS.includes(operationOf(read))) return []
    const got = versionOf(read) as number
    const newest = Math.max(got, newestBefore(writes.get(stateKeyOf(read)) ?? [], startOf(read)))
    const message = `read version ${got}, version ${newest} had been written`
    return newest > got ? [found(read, 'stale_state', 'read-older-than-write', true, message)] : []
  })
}

const hasSideEffect = (span: RecognizedSpan): boolean => attributeText(span.attributes, SEAMTRACE.toolSideEffect) === 'true'

/** The same side effect, or the same question to a model, done again by another operation: equal name and equal input digest. */
export const duplicateWork = (units: readonly Unit[]): Evidence[] => {
  const seen = new Set<string>()
  return units.flatMap((unit) => {
    const span = spanOf(unit)
    const digest = unit.kind === 'call' ? inputDigestOf(span) : ''
    if (digest === '' || unitOutcome(unit) !== 'success' || !(unit.type === 'model' || hasSideEffect(span))) return []
    const key = `${unit.name}\u0000${digest}`
    if (!seen.has(key)) {
      seen.add(key)
      return []
    }
    return [found(unit, 'duplicate_work', 'same-work-twice', true, `${unit.name} was called twice with the same input`)]
  })
}

/** A call that failed for good inside a step that went on as if it had not. */
const swallowedErrors = ({ units }: RunFacts): Evidence[] =>
  units.flatMap((unit) => {
    const step = unit.kind === 'call' ? unit.step : null
    if (!step || !hasFailed(unit) || unitOutcome(step) !== 'success') return []
    if (unit.parent === step && lastAttempt(unit).parentAttempt < step.attempts.length) return []
    const { errorType, errorMessage } = lastAttempt(unit)
    const message = errorMessage || errorType || `${unit.name} failed, ${step.name} went on`
    return [found(unit, 'swallowed_error', 'failed-call-in-good-step', false, message)]
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
  const reason = attributeText(span.attributes, SEAMTRACE.checkReason)
  if (span.type === 'check') return reason ? `${unit.name}: ${reason}` : `${unit.name} said no`
  if (span.failureKind === 'tool_empty') return `${unit.name} answered with nothing`
  if (span.failureKind === 'lost_checkpoint') return `nothing to restore in ${unit.name}`
  if (span.failureKind === 'rejected_by_human') return `${unit.name} said no`
  if (span.type === 'human') return `${unit.name} was not answered in time`
  return `${unit.name}: ${span.failureKind.replaceAll('_', ' ')}`
}

/** All evidence in a run, that tied by data first, then the earliest. */
export const evidenceOf = (facts: RunFacts): Evidence[] => {
  const all = [
    ...facts.steps.flatMap((step) => stateEvidence(step, facts) ?? []),
    ...staleReads(facts.units),
    ...duplicateWork(facts.units),
    ...swallowedErrors(facts),
    ...softFailures(facts.units),
  ]
  const endsFirst = (a: Evidence, b: Evidence): number => (endOf(a.unit) < endOf(b.unit) ? -1 : endOf(a.unit) > endOf(b.unit) ? 1 : 0)
  return all.sort((a, b) => Number(b.linked) - Number(a.linked) || endsFirst(a, b))
}

export const saidNo = (check: Unit): boolean => spanOf(check).verdict === 'fail'
export const targetOf = (check: Unit): string => attributeText(spanOf(check).attributes, SEAMTRACE.checkTarget)

/** The last verdict of every check on what it judges. */
export const lastVerdicts = ({ checks }: RunFacts): Unit[] => [
  ...new Map(checks.map((check) => [`${check.name}\u0000${targetOf(check)}`, check])).values(),
]

/**
 * The check that marks the result of the run as wrong: its last verdict is no, and it judges the result, or it judges a step
 * from outside all steps when no step ran after it.
 */
export const failedScore = (facts: RunFacts): Unit | null => {
  const lastBegun = facts.steps.reduce((latest, step) => (startOf(step) > latest ? startOf(step) : latest), -1n)
  const isScore = (check: Unit): boolean => {
    if (!saidNo(check)) return false
    if (targetOf(check) === 'result') return true
    const step = check.step
    const outside = step === null || step.type === 'pipeline'
    return outside && targetOf(check) !== '' && lastBegun < endOf(check)
  }
  return lastVerdicts(facts).find(isScore) ?? null
}
