// Steps: nodes and agents, those that come once more, those that took over, and turns of an agent that is in charge.
import type { RecognizedSpan } from '@seamtrace/schema'
import { attemptsOf, isAfter, nextAttempts, resume, waitsFor } from './attempts.ts'
import { addUnit, type Building, inside, latestOf, type Place } from './building.ts'
import { tookOver } from './transfers.ts'
import type { Node } from './tree.ts'
import { lastAttempt, type Unit, unitOutcome } from './unit.ts'

/** The same step again with no other step in between, after it failed. */
const continuesStep = (building: Building, known: Unit, place: Place, span: RecognizedSpan): boolean => {
  const last = lastAttempt(known)
  if (last.outcome !== 'failure' || !isAfter(span, last)) return false
  return span.attempt > 1 || last.parentAttempt < place.attempt || building.lastStep.get(place.unit) === known
}

export const enterStep = (building: Building, place: Place, { span }: Node, type: 'step' | 'agent'): Place => {
  const name = (span.type === 'pipeline' && span.pipeline) || span.step || span.agent || span.name
  const known = latestOf(building, place, 'step', type, name)
  if (waitsFor(known, span)) resume(known, span)
  else if (known && continuesStep(building, known, place, span)) nextAttempts(known, span, place.attempt, building.mostHidden)
  else
    return inside(
      addUnit(building, place, { kind: 'step', type, name, attempts: attemptsOf(span, place.attempt, building.mostHidden), span }),
    )
  if (known.agent === '') known.agent = span.agent
  return inside(known)
}

/** An agent that took over runs inside the span of the one that gave way, but beside it. */
export const enterTakenOver = (building: Building, around: Unit | null, node: Node): Place => {
  const parent = around?.parent ?? building.run
  const place = { unit: parent, attempt: around ? lastAttempt(around).parentAttempt : 1, tries: null }
  const inner = enterStep(building, place, node, 'agent')
  if (!around || building.tookOver.has(around)) building.tookOver.add(inner.unit)
  return inner
}

/** Agents only: what a pipeline declares itself hands on to its own steps. */
export const isBesideLast = (around: Unit | null, { unit }: Place, { run }: Building, agent: string): boolean =>
  (around ?? run).spans[0]?.type === 'agent' && tookOver(unit, agent)

/** Turns of one agent in a row are one stretch in which it is in charge (model: a step), with the tools that it had called between. */
export const enterTurn = (building: Building, place: Place, node: Node): Place => {
  const known = building.inCharge.get(place.unit)
  if (known?.name === node.span.agent && unitOutcome(known) === 'success') {
    resume(known, node.span)
    return inside(known)
  }
  const inner = enterStep(building, place, node, 'agent')
  building.inCharge.set(place.unit, inner.unit)
  return inner
}
