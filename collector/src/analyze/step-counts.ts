// Counts of a run that lists and sums are made of: outermost steps, their path, losses at the first try, operations by layer.
import type { Cost } from './cost.ts'
import type { RunFacts } from './facts.ts'
import { millisBetween } from './time.ts'
import { firstAttempt, startOf, type Unit, unitOutcome, unitsBelow } from './unit.ts'

/** An outermost step over the run: its operations, those that failed in the end, those that succeeded at the first try. */
export type StepCounts = {
  name: string
  layer: string
  firstStartMs: number
  operations: number
  failed: number
  firstTry: number
  attempts: number
  costPico: bigint
}

/** The step and everything in it succeeded at the first attempt. */
const succeededAtFirst = (step: Unit): boolean =>
  unitOutcome(step) === 'success' &&
  [step, ...unitsBelow(step)].every((unit) => unit.attempts.every((attempt) => attempt.outcome !== 'failure'))

export const countSteps = ({ run, outermost }: RunFacts, cost: Cost): StepCounts[] => {
  const byName = new Map<string, StepCounts>()
  for (const step of outermost) {
    const known = byName.get(step.name) ?? {
      name: step.name,
      layer: step.layer,
      firstStartMs: millisBetween(startOf(run), startOf(step)),
      operations: 0,
      failed: 0,
      firstTry: 0,
      attempts: 0,
      costPico: 0n,
    }
    byName.set(step.name, {
      ...known,
      operations: known.operations + 1,
      failed: known.failed + (unitOutcome(step) === 'failure' ? 1 : 0),
      firstTry: known.firstTry + (succeededAtFirst(step) ? 1 : 0),
      attempts: known.attempts + step.attempts.length,
      costPico: known.costPico + (cost.perStep.get(step) ?? 0n),
    })
  }
  return [...byName.values()]
}

/** The outermost step of the earliest operation whose first attempt failed; '' when there is none. */
export const firstLossOf = ({ units }: RunFacts): string => {
  const lost = units.filter((unit) => firstAttempt(unit).outcome === 'failure')
  const first = lost.reduce<Unit | null>(
    (earliest, unit) => (earliest && firstAttempt(earliest).end <= firstAttempt(unit).end ? earliest : unit),
    null,
  )
  return first ? (first.outermost?.name ?? '') : ''
}

export const countLayers = ({ units }: RunFacts): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const unit of units) counts.set(unit.layer, (counts.get(unit.layer) ?? 0) + 1)
  return counts
}
