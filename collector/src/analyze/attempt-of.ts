// In which try of a unit a span was made.
import type { RecognizedSpan } from '@seamtrace/schema'
import { lastAttempt, type Unit, type UnitAttempt } from './unit.ts'

export type AttemptOf = (unit: Unit, span: RecognizedSpan) => UnitAttempt

type Tries = { bySpan: Map<string, UnitAttempt>; byStart: UnitAttempt[] }

const triesOf = ({ attempts }: Unit): Tries => ({
  // of several the last: tries that are hidden inside a span stand before its own
  bySpan: new Map(attempts.flatMap((attempt) => attempt.spans.map(({ spanId }) => [spanId, attempt] as const))),
  byStart: attempts.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0)),
})

/** By halves: work may be tried thousands of times. */
const lastBegunBy = (byStart: readonly UnitAttempt[], time: bigint): UnitAttempt | undefined => {
  let [from, to] = [0, byStart.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((byStart[middle] as UnitAttempt).start <= time) from = middle + 1
    else to = middle
  }
  return byStart[from - 1]
}

/** Gives the try that the span itself is, else the one that ran when it began. What it learns of a unit it keeps. */
export const attemptFinder = (): AttemptOf => {
  const known = new Map<Unit, Tries>()
  return (unit, { spanId, startTimeUnixNano }) => {
    if (unit.attempts.length === 1) return lastAttempt(unit)
    const tries = known.get(unit) ?? triesOf(unit)
    known.set(unit, tries)
    return tries.bySpan.get(spanId) ?? lastBegunBy(tries.byStart, startTimeUnixNano) ?? lastAttempt(unit)
  }
}
