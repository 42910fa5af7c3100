// One bar of the gap waterfall: color says the layer, the shape on it the gap, the whisker the interval.
import type { GapReport } from '@seamtrace/schema'
import { type BarShapeProps, useXAxisScale, useYAxisScale } from 'recharts'
import { formatCount, formatPercent, MIN_RUNS_FOR_RATE } from '../lib/format.ts'
import { px } from '../lib/px.ts'
import { GapShape, layerColor } from '../ui/glyphs.tsx'
import type { WaterfallRow } from './waterfall-rows.ts'

/** Text stays readable on lines: it carries the background around it. */
const HALO = { paintOrder: 'stroke', stroke: 'var(--bg)', strokeWidth: 5, strokeLinejoin: 'round' } as const
/** Bars of the lying chart make room for the label above them. */
const LYING_SHIFT = 11

type Props = BarShapeProps & { row: WaterfallRow | undefined; isLast: boolean; report: GapReport; lying: boolean }
/** Where the bar lies: `low` and `high` along the rate axis, `from` and `thick` across it. */
type Box = { low: number; high: number; from: number; thick: number; lying: boolean }

const rectOf = ({ low, high, from, thick, lying }: Box) => {
  const [start, end] = [Math.min(low, high), Math.max(low, high)]
  const long = Math.max(2, end - start)
  return lying ? { x: start, y: from, width: long, height: thick } : { x: from, y: start, width: thick, height: long }
}

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

const Drop = ({ row, box, n }: { row: WaterfallRow; box: Box; n: number }) => {
  const rect = rectOf(box)
  const middle = box.from + box.thick / 2
  const text = { fontSize: px(12), fontWeight: row.runs > 0 ? 600 : 400, fill: row.runs > 0 ? 'var(--ink)' : 'var(--ink-3)', ...HALO }
  return (
    <>
      <rect
        {...rect}
        rx={Math.min(3, Math.min(rect.height, rect.width) / 2)}
        fill={row.layer ? layerColor(row.layer) : 'var(--gray-bar)'}
        fillOpacity={row.runs === 0 ? 0.45 : 1}
      />
      {box.lying ? (
        <>
          <Gap row={row} x={rect.x - 14} y={middle} />
          <text x={rect.x - (row.gap ? 28 : 8)} y={middle + 4} textAnchor="end" {...text}>
            {dropText(row, n)}
          </text>
        </>
      ) : (
        <>
          <Gap row={row} x={middle} y={rect.y - px(13)} />
          <text x={middle} y={rect.y + rect.height + px(16)} textAnchor="middle" {...text}>
            {dropText(row, n)}
          </text>
        </>
      )}
    </>
  )
}

const whiskerPath = (low: number, high: number, middle: number, cap: number, lying: boolean): string =>
  lying
    ? `M${low} ${middle}H${high}M${low} ${middle - cap}v${2 * cap}M${high} ${middle - cap}v${2 * cap}`
    : `M${middle} ${high}V${low}M${middle - cap} ${high}h${2 * cap}M${middle - cap} ${low}h${2 * cap}`

const Observed = ({ box, report, pixel }: { box: Box; report: GapReport; pixel: (rate: number) => number }) => {
  const { observed, n } = report
  const [low, high] = [pixel(observed.low), pixel(observed.high)]
  const middle = box.from + box.thick / 2
  const text = n < MIN_RUNS_FOR_RATE ? `${formatCount(observed.successes)} of ${formatCount(n)}` : formatPercent(observed.rate ?? 0)
  return (
    <>
      <rect {...rectOf(box)} rx={3} fill="var(--ink)" fillOpacity={0.12} stroke="var(--ink)" strokeOpacity={0.4} />
      <path d={whiskerPath(low, high, middle, Math.min(7, box.thick / 4), box.lying)} stroke="var(--ink)" strokeWidth={1.6} fill="none" />
      {!box.lying && (
        <text x={middle} y={high - 9} textAnchor="middle" fontSize={px(15)} fontWeight={650} fill="var(--ink)" {...HALO}>
          {text}
        </text>
      )}
    </>
  )
}

export const WaterfallBar = ({ x, y, width, height, row, isLast, report, lying }: Props) => {
  const xScale = useXAxisScale()
  const yScale = useYAxisScale()
  const scale = lying ? xScale : yScale
  if (!row || !scale) return null
  const pixel = (rate: number): number => scale(rate) ?? 0
  // The scale goes on below the axis; a bar does not.
  const low = row.kind === 'observed' ? (lying ? Math.min(x, x + width) : Math.max(y, y + height)) : pixel(row.range[0])
  const box: Box = { low, high: pixel(row.range[1]), from: lying ? y + LYING_SHIFT : x, thick: lying ? height : width, lying }
  return (
    <g>
      {!isLast && !lying && <path d={`M${x + width} ${low}h${width * 0.282}`} stroke="var(--line-strong)" strokeWidth={1} />}
      {row.kind === 'observed' ? <Observed box={box} report={report} pixel={pixel} /> : <Drop row={row} box={box} n={report.n} />}
    </g>
  )
}
