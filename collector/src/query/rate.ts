// Counts of runs as the API gives them out: a rate with its interval, and runs by outcome and by gap.
import { type GapCounts, OUTCOMES, type Outcome, type OutcomeCounts, type Rate, wilsonInterval } from '@seamtrace/schema'

/** @example rateOf(29, 30) // { n: 30, successes: 29, rate: 0.967, low: 0.833, high: 0.994 } */
export const rateOf = (successes: number, n: number): Rate => ({
  n,
  successes,
  rate: n === 0 ? null : successes / n,
  ...wilsonInterval(successes, n),
})

export const countOutcomes = (rows: readonly { outcome: Outcome; runs: number }[]): OutcomeCounts => {
  const counts: OutcomeCounts = { success: 0, failure: 0, waiting: 0, running: 0, cancelled: 0, unknown: 0 }
  for (const { outcome, runs } of rows) if (OUTCOMES.includes(outcome)) counts[outcome] += runs
  return counts
}

/** A gap that is none of the four is what no rule covers. */
export const countGaps = (rows: readonly { gap: string; runs: number }[]): GapCounts => {
  const counts: GapCounts = { state: 0, control: 0, error: 0, tool: 0, unclassified: 0 }
  for (const { gap, runs } of rows) counts[isGapName(gap) ? gap : 'unclassified'] += runs
  return counts
}

export const isGapName = (gap: string): gap is Exclude<keyof GapCounts, 'unclassified'> =>
  gap === 'state' || gap === 'control' || gap === 'error' || gap === 'tool'

export const sumRuns = (rows: readonly { runs: number }[]): number => rows.reduce((sum, row) => sum + row.runs, 0)

/** Rows by a key, in the order in which the keys first appear. */
export const groupBy = <Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> => {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group) group.push(row)
    else groups.set(keyOf(row), [row])
  }
  return groups
}
