// Where the units of a run stand, worked out in one pass: a walk up from each would be quadratic in a deep trace.
import type { Unit } from './unit.ts'

export type Places = {
  /** as `stepOf` of unit.ts */
  stepOf: (unit: Unit) => Unit | null
  /** the outermost step around a unit; null at the level of the run */
  outermostOf: (unit: Unit) => Unit | null
}

/** What a unit itself says, else what is around it; of units that only look like one of the run, by what is around them. */
const toldFrom = (units: readonly Unit[], of: (unit: Unit, around: Unit | null) => Unit | null): ((unit: Unit) => Unit | null) => {
  const known = new Map<Unit, Unit | null>()
  const find = (unit: Unit): Unit | null => of(unit, (unit.parent && known.get(unit.parent)) ?? null)
  for (const unit of units) known.set(unit, find(unit))
  return (unit) => (known.has(unit) ? (known.get(unit) ?? null) : find(unit))
}

const stepAround = (unit: Unit, around: Unit | null): Unit | null => {
  if (unit.kind !== 'step') return around
  return unit.type === 'retry' ? (around ?? unit) : unit
}

const outermostAround = (unit: Unit, around: Unit | null): Unit | null => around ?? (unit.kind === 'step' ? unit : null)

/** @param units of a run, parents before children */
export const placesOf = (units: readonly Unit[]): Places => ({
  stepOf: toldFrom(units, stepAround),
  outermostOf: toldFrom(units, outermostAround),
})
