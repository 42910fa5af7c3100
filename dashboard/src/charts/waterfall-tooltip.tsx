// What hovering a bar of the gap waterfall tells.
import type { GapReport } from '@seamtrace/schema'
import { useChartHeight, useChartWidth, usePlotArea, useXAxisScale, useYAxisScale } from 'recharts'
import { formatCount, formatPercent, formatRate, plural } from '../lib/format.ts'
import { px } from '../lib/px.ts'
import { ALL_GAPS, GapName, LayerName } from '../ui/glyphs.tsx'
import { intervalTitle } from '../ui/rate.tsx'
import type { Layout } from './plot-size.ts'
import { type Rect, tooltipPlace } from './tooltip-place.ts'
import { isOutside, type WaterfallRow } from './waterfall-rows.ts'

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
        {isOutside(bar)
          ? 'These failed before the first step or between two of them.'
          : `Its own ${plural(bar.reached, 'operation')}: ${formatRate(bar.final)} final, ${formatRate(bar.firstTry)} first try`}
      </p>
    </>
  )
}

/** Every bar in px of the chart, with the shape and number at it, and with its label where that stands in the plot. */
const useBarRects = (rows: readonly WaterfallRow[], hovered: number, layout: Layout): Rect[] => {
  const plot = usePlotArea()
  const xScale = useXAxisScale()
  const yScale = useYAxisScale()
  const scale = layout === 'upright' ? yScale : xScale
  if (!plot || !scale) return []
  const MARK = px(20)
  const [right, bottom] = [plot.x + plot.width, plot.y + plot.height]
  return rows.map(({ range }, index) => {
    const [low, high] = [scale(range[0]) ?? 0, scale(range[1]) ?? 0]
    if (layout === 'upright') {
      const column = plot.width / rows.length
      const left = plot.x + index * column
      return { left: left + column * 0.2, right: left + column * 0.8, top: high - MARK, bottom: Math.min(bottom, low) + MARK }
    }
    const row = plot.height / rows.length
    const top = plot.y + index * row
    if (layout === 'above') return { left: 0, right, top, bottom: top + row }
    // The number stands on the left of its bar; of the hovered one only the bar itself says where to go.
    return { left: Math.max(plot.x, low) - (index === hovered ? 0 : px(60)), right: high, top, bottom: top + row }
  })
}

const WIDTH = 280
/** About as high as it gets; a little more only makes it keep away further. */
const HEIGHT = 165

type Props = { rows: readonly WaterfallRow[]; index: number; report: GapReport; layout: Layout }

export const WaterfallTooltip = ({ rows, index, report, layout }: Props) => {
  const rects = useBarRects(rows, index, layout)
  const chart = { width: useChartWidth() ?? 0, height: useChartHeight() ?? 0 }
  const row = rows[index]
  if (!row) return null
  const place = tooltipPlace(rects, index, { width: px(WIDTH), height: px(HEIGHT) }, chart, px(4))
  return (
    <div
      className="absolute rounded-lg border border-line bg-surface px-3 py-2 text-sm shadow-lg"
      style={{ ...place, width: px(WIDTH) }}
      data-testid="waterfall-tooltip"
    >
      <p className="mb-1 flex items-center justify-between gap-4 font-medium">
        <span className="min-w-0 font-mono break-words">{row.label}</span>
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
