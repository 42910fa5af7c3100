// Sizes in px that the chart and the labels laid out around it must agree on.
import { px } from '../lib/px.ts'

export const plotSize = () => ({
  /** room for the rate axis left of the upright chart, and behind its last bar */
  left: px(46),
  right: px(10),
  height: px(330),
  /** one bar of the lying chart with its label above it */
  row: px(56),
  axis: px(22),
})
