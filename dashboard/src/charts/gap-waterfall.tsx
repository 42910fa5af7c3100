// The gap waterfall: 100 % falls step by step to the rate that was observed. Upright where there is room, lying on narrow screens.
import type { GapReport } from '@seamtrace/schema'
import { Bar, BarChart, type BarShapeProps, CartesianGrid, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { formatPercent } from '../lib/format.ts'
import { px } from '../lib/px.ts'
import { plotSize } from './plot-size.ts'
import { WaterfallBar } from './waterfall-bar.tsx'
import { axisFloor, axisTicks, modelRate, type WaterfallRow, waterfallRows } from './waterfall-rows.ts'
import { WaterfallTooltip } from './waterfall-tooltip.tsx'

type Props = { report: GapReport; lying: boolean; onOpen: (row: WaterfallRow) => void }

const tickText = (rate: number): string => formatPercent(rate).replace('.0', '')

/** `lying` swaps the axes: the category axis is hidden in both cases, its labels are links beside the chart. */
const axesOf = (lying: boolean, floor: number) => {
  const rate = {
    type: 'number' as const,
    domain: [floor, 1],
    ticks: axisTicks(floor),
    axisLine: false,
    tickLine: false,
    tick: { fill: 'var(--ink-3)', fontSize: px(11) },
    tickFormatter: tickText,
  }
  const category = { type: 'category' as const, dataKey: 'key', hide: true }
  return lying
    ? [<XAxis key="x" {...rate} height={plotSize().axis} />, <YAxis key="y" {...category} width={0} />]
    : [<XAxis key="x" {...category} height={0} />, <YAxis key="y" {...rate} width={plotSize().left} />]
}

export const GapWaterfall = ({ report, lying, onOpen }: Props) => {
  const rows = waterfallRows(report)
  const floor = axisFloor(report)
  // The last bar stands on the axis, wherever that starts.
  const data = rows.map((row) => ({ ...row, range: [Math.max(floor, row.range[0]), row.range[1]] }))
  const drawBar = (props: BarShapeProps) => (
    <WaterfallBar {...props} row={rows[props.index]} isLast={props.index === rows.length - 1} report={report} lying={lying} />
  )
  const model = modelRate(report)
  const line = { stroke: 'var(--ink-2)', strokeDasharray: '5 4', strokeWidth: 1.2, zIndex: 50 }
  const size = plotSize()
  const margin = lying ? { top: 0, right: px(34), bottom: 0, left: px(12) } : { top: px(34), right: size.right, bottom: 4, left: 0 }
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
        {axesOf(lying, floor)}
        <Tooltip
          cursor={{ fill: 'var(--hover)', opacity: 0.55 }}
          isAnimationActive={false}
          wrapperStyle={{ zIndex: 20, outline: 'none' }}
          content={({ active, label }) =>
            active ? <WaterfallTooltip row={rows.find((row) => row.key === label)} report={report} /> : null
          }
        />
        {model !== null && (lying ? <ReferenceLine x={model} {...line} /> : <ReferenceLine y={model} {...line} />)}
        <Bar
          dataKey="range"
          isAnimationActive={false}
          cursor="pointer"
          shape={drawBar}
          onClick={(_, index) => rows[index] && onOpen(rows[index])}
        />
      </BarChart>
    </ResponsiveContainer>
  )
}
