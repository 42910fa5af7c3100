// The gap waterfall as rows to draw: one per step, one for unattributed failures, one for the observed rate. Pure.
import type { GapBar, GapCounts, GapReport, Layer } from '@seamtrace/schema'
import { formatPoints } from '../lib/format.ts'
import { ALL_GAPS, type GapOrNone } from '../ui/glyphs.tsx'

export type WaterfallRow = {
  key: string
  label: string
  kind: 'step' | 'unattributed' | 'observed'
  layer: Layer | null
  /** lower and upper edge as shares of N */
  range: [number, number]
  /** runs lost here; for `observed` the successes */
  runs: number
  gap: GapOrNone | null
  bar: GapBar | null
}

/** The gap with most charged runs, null when there are none; ties go to the first in the fixed order. */
export const dominantGap = (gaps: GapCounts): GapOrNone | null => {
  let best: GapOrNone | null = null
  for (const gap of ALL_GAPS) if (gaps[gap] > (best === null ? 0 : gaps[best])) best = gap
  return best
}

/** A bar that no operation stands behind is what failed before or between the steps: the API calls it `start`. */
export const isOutside = ({ step, reached }: Pick<GapBar, 'step' | 'reached'>): boolean => step === 'start' && reached === 0

export const stepLabel = (bar: Pick<GapBar, 'step' | 'reached'>): string => (isOutside(bar) ? 'outside any step' : bar.step)

const stepRow = (bar: GapBar, n: number): WaterfallRow => ({
  key: `step:${bar.step}`,
  label: stepLabel(bar),
  kind: 'step',
  layer: bar.layer,
  range: [bar.to / n, bar.from / n],
  runs: bar.charged,
  gap: dominantGap(bar.gaps),
  bar,
})

/** No rows without finished runs: there is nothing that could fall. */
export const waterfallRows = (report: GapReport): WaterfallRow[] => {
  const { n, successes, unattributed } = report
  if (n === 0) return []
  const rest = { layer: null, gap: null, bar: null }
  const rows = report.bars.map((bar) => stepRow(bar, n))
  if (unattributed > 0) {
    const range: [number, number] = [successes / n, (successes + unattributed) / n]
    rows.push({ key: 'unattributed', label: 'unattributed', kind: 'unattributed', range, runs: unattributed, ...rest })
  }
  rows.push({ key: 'observed', label: 'reached the end', kind: 'observed', range: [0, successes / n], runs: successes, ...rest })
  return rows
}

/** Where the axis starts: a multiple of 5 % below all that is drawn, or 0 when little would be gained. */
export const axisFloor = (report: GapReport): number => {
  const lowest = Math.min(report.observed.low, modelRate(report) ?? 1)
  const floor = Math.floor((lowest - 0.04) * 20) / 20
  return floor < 0.3 ? 0 : floor
}

export const axisTicks = (floor: number): number[] => {
  const step = floor === 0 ? 0.2 : floor >= 0.75 ? 0.05 : 0.1
  const count = Math.floor((1 - floor) / step + 1e-9)
  return Array.from({ length: count + 1 }, (_, index) => Number((1 - index * step).toFixed(4))).toReversed()
}

/** Rate of the independent-steps model, which speaks of final rates only (model §7); null where it has nothing to say. */
export const modelRate = ({ mode, independentSteps }: GapReport): number | null => (mode === 'final' ? independentSteps : null)

/** Observed against the independent-steps model, in words. */
export const residualInWords = ({ independentSteps, residual, observed }: GapReport): string => {
  if (independentSteps === null || residual === null) return ''
  const model = `If every step failed only by itself and by chance, ${(independentSteps * 100).toFixed(1)}\u202f% would reach the end`
  if (Math.abs(residual) < 0.005) return `${model}: as observed.`
  if (observed.low <= independentSteps && independentSteps <= observed.high) return `${model}: within the interval of what was observed.`
  const points = formatPoints(residual).slice(1)
  return residual > 0
    ? `${model}. Observed is ${points} higher: failures meet in the same runs, or runs went on past them.`
    : `${model}. Observed is ${points} lower: the bars also count runs whose result was judged wrong though no step failed, and losses outside any step.`
}
