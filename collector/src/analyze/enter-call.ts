// Calls: those that are tried again, those that a layer below tells once more, and the requests by which they work.
import type { RecognizedSpan } from '@seamtrace/schema'
import { asksAgain, attemptsOf, isAfter, isInference, nextAttempts, repeats, resume, triedAgain, waitsFor } from './attempts.ts'
import { isOtherSide, takeVerdict } from './both-sides.ts'
import { addUnit, type Building, inside, latestOf, type Place, rename } from './building.ts'
import { enterTriedCall } from './enter-retry.ts'
import type { Node } from './tree.ts'
import { callName, callTypeOf, lastAttempt, type Unit } from './unit.ts'

/**
 * The same call again: in a later try of what is around it, by its own ordinal, or after the failed one with the same input.
 * Overlapping calls are a fan-out.
 */
const continuesCall = (building: Building, known: Unit, place: Place, span: RecognizedSpan): boolean => {
  const last = lastAttempt(known)
  if (last.outcome !== 'failure' || !isAfter(span, last)) return false
  if (span.attempt > 1 || last.parentAttempt < place.attempt) return true
  if (place.tries && place.tries.number > 1 && last.start >= place.tries.plan.span.startTimeUnixNano) return true
  return asksAgain(known, span, building.lastStep.get(place.unit))
}

/** The call that a span goes on with: one that waits, or one that failed and is tried again. */
const callBefore = (building: Building, place: Place, span: RecognizedSpan, name: string): Unit | undefined => {
  const known = latestOf(building, place, 'call', span.type, name)
  if (known && (waitsFor(known, span) || continuesCall(building, known, place, span))) return known
  const unnamed = isInference(span) && name !== span.name ? latestOf(building, place, 'call', span.type, span.name) : undefined
  if (!unnamed || !continuesCall(building, unnamed, place, span)) return undefined
  rename(building, place.unit, unnamed, name)
  return unnamed
}

export const enterCall = (building: Building, place: Place, { span }: Node): Place => {
  const { tries } = place
  if (tries?.unit && tries.plan.call) return enterTriedCall(tries.unit, tries.before + tries.number, span)
  const name = callName(span)
  const known = callBefore(building, place, span, name)
  if (known) {
    if (waitsFor(known, span)) resume(known, span)
    else nextAttempts(known, span, place.attempt, building.mostHidden)
    return inside(known)
  }
  return inside(
    addUnit(building, place, { kind: 'call', type: span.type, name, attempts: attemptsOf(span, place.attempt, building.mostHidden), span }),
  )
}

/**
 * Right inside a call, the same call as the layer below tells it: a client inside a framework, a protocol inside a tool. A tool that
 * its own emitter tells inside itself called itself.
 */
export const isSameCall = ({ unit }: Place, { span, parent }: Node): boolean => {
  if (unit.kind !== 'call' || unit.type !== span.type || parent?.span.type !== span.type) return false
  if (isInference(span)) return true
  if (callName(span) !== callName(parent.span)) return false
  return span.type === 'retrieval' || span.emitter !== parent.span.emitter || isOtherSide(span, parent.span)
}

/** Told again it is a detail; told once more after it failed, another try of the call around; else a call of its own. */
export const enterSameCall = (building: Building, place: Place, node: Node): Place => {
  const { unit } = place
  const { span, parent } = node as Node & { parent: Node }
  const before = building.inner.get(parent)
  if (before && !repeats(span, before)) return enterCall(building, place, node)
  building.inner.set(parent, span)
  unit.spans.push(span)
  if (unit.name === parent.span.name && unit.parent) rename(building, unit.parent, unit, callName(span))
  if (!before) {
    takeVerdict(unit, span, parent.span)
    return place
  }
  triedAgain(unit, before, span)
  return inside(unit)
}

/**
 * A request inside a call is how that call works, and its failure is the call's. Of an inference, the same request again after a
 * failed one is another try, unless the inference tells the number itself.
 */
export const enterRequest = (building: Building, place: Place, { span, parent }: Node): Place => {
  if (!parent || !isInference(parent.span) || !callTypeOf(span.type) || parent.span.resends > 0) return place
  const before = building.inner.get(parent)
  building.inner.set(parent, span)
  if (before?.name === span.name && repeats(span, before)) triedAgain(place.unit, before, span)
  return place
}
