// How the gap waterfall is laid out in the room it has, and the px sizes that the chart and the labels around it must agree on.
import { px } from '../lib/px.ts'

/** Upright columns; rows with their label beside the bar; on narrow screens rows with their label above the bar. */
export type Layout = 'upright' | 'beside' | 'above'

/** More bars than this are read faster as rows. */
const MOST_COLUMNS = 14
const NARROWEST_COLUMN = 64
const NARROWEST_BESIDE = 560

/** @param width of the whole chart in px; `unit` is what one design px is on this screen */
export const layoutOf = (bars: number, width: number, unit = 1): Layout => {
  if (width < NARROWEST_BESIDE * unit) return 'above'
  const column = (width - (LEFT + RIGHT) * unit) / bars
  return bars <= MOST_COLUMNS && column >= NARROWEST_COLUMN * unit ? 'upright' : 'beside'
}

const LEFT = 46
const RIGHT = 10

export const plotSize = (layout: Layout, bars: number) => ({
  /** room for the rate axis left of the upright chart, or for the labels beside the rows; and behind the last bar */
  left: px(layout === 'upright' ? LEFT : layout === 'beside' ? 280 : 12),
  right: px(layout === 'upright' ? RIGHT : 34),
  top: px(layout === 'upright' ? 34 : 0),
  height: px(330),
  /** one bar of a lying chart; many rows move together */
  row: px(layout === 'above' ? 54 : bars > 30 ? 24 : 32),
  axis: px(22),
})
export type PlotSize = ReturnType<typeof plotSize>
