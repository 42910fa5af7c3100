// Two versions side by side: how the share of runs lost in each step changed. Pure.
import type { GapReport, Layer } from '@seamtrace/schema'
import { stepLabel } from '../../charts/waterfall-rows.ts'

export type StepChange = { step: string; layer: Layer; before: number | null; after: number | null; change: number }

const sharesOf = (report: GapReport): Map<string, { layer: Layer; share: number }> =>
  new Map(report.bars.map((bar) => [stepLabel(bar), { layer: bar.layer, share: report.n === 0 ? 0 : bar.charged / report.n }]))

/** Steps of both versions, the largest change first; null where a version lacks the step. */
export const compareVersions = (before: GapReport, after: GapReport): StepChange[] => {
  const old = sharesOf(before)
  const now = sharesOf(after)
  const steps = new Map([...old, ...now])
  return [...steps]
    .map(([step, { layer }]) => {
      const [from, to] = [old.get(step)?.share ?? null, now.get(step)?.share ?? null]
      return { step, layer, before: from, after: to, change: (to ?? 0) - (from ?? 0) }
    })
    .toSorted((a, b) => Math.abs(b.change) - Math.abs(a.change))
}
