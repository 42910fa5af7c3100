// Where the units of a run stand, told in one pass: a walk up from each would be quadratic in a deep trace.
import type { Unit } from './unit.ts'

/** Tells units, parents before children, their step and the outermost one around them (as `stepOf` of unit.ts walks to it). */
export const placeUnits = (units: readonly Unit[]): void => {
  for (const unit of units) {
    const { parent } = unit
    const own = unit.kind === 'step' ? unit : null
    unit.step = own && own.type !== 'retry' ? own : (parent?.step ?? own)
    unit.outermost = parent?.outermost ?? own
  }
}
