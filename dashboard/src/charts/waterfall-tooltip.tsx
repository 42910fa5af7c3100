// What hovering a bar of the gap waterfall tells.
import type { GapReport } from '@seamtrace/schema'
import { formatCount, formatPercent, formatRate, plural } from '../lib/format.ts'
import { ALL_GAPS, GapName, LayerName } from '../ui/glyphs.tsx'
import { intervalTitle } from '../ui/rate.tsx'
import type { WaterfallRow } from './waterfall-rows.ts'

const lostText = (row: WaterfallRow, report: GapReport): string => {
  const what = report.mode === 'first_try' ? 'lost their first try here' : 'charged here'
  return `${plural(row.runs, 'run')} ${what}: ${formatPercent(row.runs / report.n)} of ${formatCount(report.n)}`
}

const StepFacts = ({ row, report }: { row: WaterfallRow; report: GapReport }) => {
  if (!row.bar) return <p>{lostText(row, report)}; no seam explains them</p>
  const { bar } = row
  const gaps = ALL_GAPS.filter((gap) => bar.gaps[gap] > 0)
  return (
    <>
      <p>{lostText(row, report)}</p>
      {gaps.length > 0 && (
        <p className="mt-1 flex flex-wrap gap-x-3">
          {gaps.map((gap) => (
            <span key={gap} className="inline-flex gap-1.5">
              <GapName gap={gap} /> {bar.gaps[gap]}
            </span>
          ))}
        </p>
      )}
      {bar.worstSeam && <p className="mt-1 font-mono text-[0.93em]">{bar.worstSeam}</p>}
      <p className="mt-1.5 text-ink-3">
        Its {plural(bar.reached, 'operation')}: {formatRate(bar.final)} final, {formatRate(bar.firstTry)} first try
      </p>
    </>
  )
}

export const WaterfallTooltip = ({ row, report }: { row: WaterfallRow | undefined; report: GapReport }) => {
  if (!row) return null
  return (
    <div className="max-w-80 rounded-lg border border-line bg-surface px-3 py-2 text-sm shadow-lg">
      <p className="mb-1 flex items-center justify-between gap-4 font-medium">
        <span className="font-mono">{row.label}</span>
        {row.layer && (
          <span className="font-normal text-ink-2">
            <LayerName layer={row.layer} />
          </span>
        )}
      </p>
      {row.kind === 'observed' ? <p>{intervalTitle(report.observed)}</p> : <StepFacts row={row} report={report} />}
      <p className="mt-1.5 text-ink-3">Click to see the runs</p>
    </div>
  )
}
