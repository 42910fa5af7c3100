// One bar of the gap waterfall: color says the layer, the shape on it the gap.
import type { GapReport } from '@seamtrace/schema'
import { type BarShapeProps, usePlotArea, useXAxisScale, useYAxisScale } from 'recharts'
import { formatCount, MIN_RUNS_FOR_RATE } from '../lib/format.ts'
import { px } from '../lib/px.ts'
import { GapShape, layerColor } from '../ui/glyphs.tsx'
import { type Box, HALO, rectOf } from './bar-box.ts'
import { ObservedBar } from './observed-bar.tsx'
import type { Layout } from './plot-size.ts'
import type { WaterfallRow } from './waterfall-rows.ts'

/** Rows with the label above the bar make room for it. */
const ABOVE_SHIFT = 11

const dropText = (row: WaterfallRow, n: number): string => {
  if (row.runs === 0) return '0'
  return n < MIN_RUNS_FOR_RATE ? `−${formatCount(row.runs)}` : `−${((row.runs / n) * 100).toFixed(1)}`
}

const Gap = ({ row, x, y }: { row: WaterfallRow; x: number; y: number }) =>
  row.gap && row.runs > 0 && row.layer ? (
    <g transform={`translate(${x - px(15) / 2} ${y - px(15) / 2}) scale(${px(15) / 12})`} style={{ color: layerColor(row.layer) }}>
      <circle cx={6} cy={6} r={7} fill="var(--bg)" />
      <GapShape gap={row.gap} />
    </g>
  ) : null

const numberStyle = ({ runs }: WaterfallRow) => ({
  fontSize: px(12),
  fontWeight: runs > 0 ? 600 : 400,
  fill: runs > 0 ? 'var(--ink)' : 'var(--ink-3)',
  ...HALO,
})

/** Shape and number beside a lying bar: on its left, where the fall goes on, unless the axis starts there. */
const LyingMarks = ({ row, box, text }: { row: WaterfallRow; box: Box; text: string }) => {
  const rect = rectOf(box)
  const hasGap = row.gap !== null && row.runs > 0
  const left = rect.x - px(hasGap ? 66 : 46) >= box.start
  const side = left ? -1 : 1
  const edge = left ? rect.x : rect.x + rect.width
  const middle = box.from + box.thick / 2
  return (
    <>
      <Gap row={row} x={edge + side * px(14)} y={middle} />
      <text x={edge + side * px(hasGap ? 27 : 8)} y={middle + px(4)} textAnchor={left ? 'end' : 'start'} {...numberStyle(row)}>
        {text}
      </text>
    </>
  )
}

const Drop = ({ row, box, n }: { row: WaterfallRow; box: Box; n: number }) => {
  const rect = rectOf(box)
  const middle = box.from + box.thick / 2
  return (
    <>
      <rect
        {...rect}
        rx={Math.min(3, Math.min(rect.height, rect.width) / 2)}
        fill={row.layer ? layerColor(row.layer) : 'var(--gray-bar)'}
        fillOpacity={row.runs === 0 ? 0.45 : 1}
      />
      {box.lying ? (
        <LyingMarks row={row} box={box} text={dropText(row, n)} />
      ) : (
        <>
          <Gap row={row} x={middle} y={rect.y - px(13)} />
          <text x={middle} y={rect.y + rect.height + px(16)} textAnchor="middle" {...numberStyle(row)}>
            {dropText(row, n)}
          </text>
        </>
      )}
    </>
  )
}

type Props = BarShapeProps & { rows: readonly WaterfallRow[]; report: GapReport; layout: Layout; floor: number }

export const WaterfallBar = ({ x, y, width, height, index, rows, report, layout, floor }: Props) => {
  const xScale = useXAxisScale()
  const yScale = useYAxisScale()
  const plot = usePlotArea()
  const lying = layout !== 'upright'
  const scale = lying ? xScale : yScale
  const row = rows[index]
  if (!row || !scale || !plot) return null
  const pixel = (rate: number): number => scale(rate) ?? 0
  // The scale goes on below the axis; a bar does not.
  const low = row.kind === 'observed' ? (lying ? Math.min(x, x + width) : Math.max(y, y + height)) : pixel(row.range[0])
  const shift = layout === 'above' ? ABOVE_SHIFT : 0
  const start = lying ? plot.x : plot.y + plot.height
  const box: Box = { low, high: pixel(row.range[1]), from: lying ? y + shift : x, thick: lying ? height : width, start, lying }
  const isLast = index === rows.length - 1
  // From this bar to the next one, which begins where this one ends.
  const toNext = lying ? plot.height / rows.length - height : plot.width / rows.length - width
  return (
    <g>
      {!isLast && layout !== 'above' && (
        <path
          d={lying ? `M${low} ${y + height}v${toNext}` : `M${x + width} ${low}h${toNext}`}
          stroke="var(--line-strong)"
          strokeWidth={1}
        />
      )}
      {row.kind === 'observed' ? (
        <ObservedBar box={box} report={report} pixel={pixel} isCut={floor > 0} />
      ) : (
        <Drop row={row} box={box} n={report.n} />
      )}
    </g>
  )
}
