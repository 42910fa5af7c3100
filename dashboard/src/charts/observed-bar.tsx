// The last bar of the gap waterfall: the observed rate with its interval, and across it what the model of independent steps expects.
// Its number stands in its label, where neither whisker nor dashed line can strike it.
import type { GapReport } from '@seamtrace/schema'
import { px } from '../lib/px.ts'
import { type Box, rectOf } from './bar-box.ts'
import { modelRate } from './waterfall-rows.ts'

const whiskerPath = (low: number, high: number, middle: number, cap: number, lying: boolean): string =>
  lying
    ? `M${low} ${middle}H${high}M${low} ${middle - cap}v${2 * cap}M${high} ${middle - cap}v${2 * cap}`
    : `M${middle} ${high}V${low}M${middle - cap} ${high}h${2 * cap}M${middle - cap} ${low}h${2 * cap}`

/** A slanting cut near the foot of the bar: the axis does not start at 0. */
const BreakMark = ({ box }: { box: Box }) => {
  const [slant, gap, over] = [px(5), px(5), px(4)]
  const foot = box.lying ? box.low + px(12) : box.low - px(12)
  const [near, far] = [box.from - over, box.from + box.thick + over]
  const cut = (at: number) =>
    box.lying ? `M${at - slant / 2} ${far}L${at + slant / 2} ${near}` : `M${near} ${at + slant / 2}L${far} ${at - slant / 2}`
  return (
    <>
      <path d={cut(foot)} stroke="var(--bg)" strokeWidth={gap} />
      <path d={`${cut(foot - gap / 2)}${cut(foot + gap / 2)}`} stroke="var(--ink-3)" strokeWidth={1} fill="none" />
    </>
  )
}

/** Only across the last bar: the model speaks of the end, not of the steps before it. */
const ModelLine = ({ box, at }: { box: Box; at: number }) => {
  const over = box.lying ? px(6) : Math.min(px(16), box.thick / 4)
  const [near, far] = [box.from - over, box.from + box.thick + over]
  return (
    <path
      d={box.lying ? `M${at} ${near}V${far}` : `M${near} ${at}H${far}`}
      stroke="var(--ink-2)"
      strokeDasharray={box.lying ? '3 2.5' : '5 4'}
      strokeWidth={1.4}
    />
  )
}

type Props = { box: Box; report: GapReport; pixel: (rate: number) => number; isCut: boolean }

export const ObservedBar = ({ box, report, pixel, isCut }: Props) => {
  const [low, high] = [pixel(report.observed.low), pixel(report.observed.high)]
  const middle = box.from + box.thick / 2
  const rate = modelRate(report)
  const model = rate === null ? null : pixel(rate)
  return (
    <>
      <rect {...rectOf(box)} rx={3} fill="var(--ink)" fillOpacity={0.12} stroke="var(--ink)" strokeOpacity={0.4} />
      {isCut && <BreakMark box={box} />}
      <path d={whiskerPath(low, high, middle, Math.min(7, box.thick / 4), box.lying)} stroke="var(--ink)" strokeWidth={1.6} fill="none" />
      {model !== null && <ModelLine box={box} at={model} />}
    </>
  )
}
