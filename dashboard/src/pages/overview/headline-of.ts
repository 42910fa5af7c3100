// The overview's one sentence: how many runs reach the end, where most is lost, why, and what it costs. Pure.
import type { GapReport, SeamSummary } from '@seamtrace/schema'
import { formatCount, formatPercent, MIN_RUNS_FOR_RATE, plural } from '../../lib/format.ts'

export type Headline = {
  /** '83.4 %', '7 of 12' or 'All 412' */
  figure: string
  /** the rest of the first sentence */
  rest: string
  worst: SeamSummary | null
  /** said when failures exist but no seam is charged */
  note: string
}

const shareOf = (report: GapReport): Pick<Headline, 'figure' | 'rest'> => {
  const { n, observed } = report
  if (observed.successes === n)
    return { figure: n === 1 ? 'The only' : `All ${formatCount(n)}`, rest: n === 1 ? 'run reaches the end.' : 'runs reach the end.' }
  if (n < MIN_RUNS_FOR_RATE) return { figure: `${observed.successes} of ${n}`, rest: 'runs reach the end.' }
  return { figure: formatPercent(observed.rate ?? 0), rest: `of ${plural(n, 'run')} reach the end.` }
}

export const headlineOf = (report: GapReport, seams: readonly SeamSummary[]): Headline => {
  if (report.n === 0) return { figure: '', rest: 'No run has finished in this window.', worst: null, note: '' }
  const worst = seams.find(({ chargedRuns }) => chargedRuns > 0) ?? null
  const note =
    worst === null && report.unattributed > 0 && report.unattributed === report.n - report.successes
      ? `${plural(report.unattributed, 'failed run')} could be charged to no seam.`
      : ''
  return { ...shareOf(report), worst, note }
}
