// The gap waterfall: 100 % falls step by step to the rate that was observed. Upright while the columns are readable, else as rows.
import type { GapReport } from '@seamtrace/schema'
import { Bar, BarChart, type BarShapeProps, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { formatPercent } from '../lib/format.ts'
import { px } from '../lib/px.ts'
import { type Layout, type PlotSize, plotSize } from './plot-size.ts'
import { WaterfallBar } from './waterfall-bar.tsx'
import { axisFloor, axisTicks, type WaterfallRow, waterfallRows } from './waterfall-rows.ts'
import { WaterfallTooltip } from './waterfall-tooltip.tsx'

type Props = { report: GapReport; layout: Layout; onOpen: (row: WaterfallRow) => void }

const tickText = (rate: number): string => formatPercent(rate).replace('.0', '')

/** Lying, the axes are swapped: the category axis is hidden in both cases, its labels are links beside the chart. */
const axesOf = (lying: boolean, floor: number, size: PlotSize) => {
  const rate = {
    type: 'number' as const,
    domain: [floor, 1],
    ticks: axisTicks(floor),
    axisLine: false,
    tickLine: false,
    tick: { fill: 'var(--ink-3)', fontSize: px(11) },
    // Where the axis starts is said beside it.
    tickFormatter: (value: number) => (value === floor && floor > 0 ? '' : tickText(value)),
  }
  const category = { type: 'category' as const, dataKey: 'key', hide: true }
  // Above the rows: the foot of many rows is below the screen.
  return lying
    ? [<XAxis key="x" {...rate} orientation="top" height={size.axis} />, <YAxis key="y" {...category} width={0} />]
    : [<XAxis key="x" {...category} height={0} />, <YAxis key="y" {...rate} width={size.left} />]
}

export const GapWaterfall = ({ report, layout, onOpen }: Props) => {
  const rows = waterfallRows(report)
  const floor = axisFloor(report)
  const lying = layout !== 'upright'
  // The last bar stands on the axis, wherever that starts.
  const data = rows.map((row) => ({ ...row, range: [Math.max(floor, row.range[0]), row.range[1]] }))
  const size = plotSize(layout, rows.length)
  const drawBar = (props: BarShapeProps) => <WaterfallBar {...props} rows={rows} report={report} layout={layout} floor={floor} />
  const margin = { top: size.top, right: size.right, bottom: lying ? 0 : 4, left: lying ? size.left : 0 }
  return (
    <ResponsiveContainer width="100%" height={lying ? rows.length * size.row + size.axis : size.height}>
      <BarChart
        data={data}
        layout={lying ? 'vertical' : 'horizontal'}
        margin={margin}
        barCategoryGap={lying ? '36%' : '22%'}
        title="gap waterfall"
      >
        <CartesianGrid vertical={lying} horizontal={!lying} stroke="var(--line)" />
        {axesOf(lying, floor, size)}
        <Tooltip
          cursor={{ fill: 'var(--hover)', opacity: 0.55 }}
          isAnimationActive={false}
          // The content places itself in the chart: recharts would put it over the next bars.
          position={{ x: 0, y: 0 }}
          wrapperStyle={{ zIndex: 20, outline: 'none' }}
          content={({ active, label }) =>
            active ? (
              <WaterfallTooltip rows={rows} index={rows.findIndex((row) => row.key === label)} report={report} layout={layout} />
            ) : null
          }
        />
        <Bar
          dataKey="range"
          maxBarSize={px(lying ? 30 : 110)}
          isAnimationActive={false}
          cursor="pointer"
          shape={drawBar}
          onClick={(_, index) => rows[index] && onOpen(rows[index])}
        />
      </BarChart>
    </ResponsiveContainer>
  )
}
