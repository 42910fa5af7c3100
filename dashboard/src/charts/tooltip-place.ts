// Where the tooltip of a bar stands: beside it where no other bar is, since a waterfall leaves the corners below and above free. Pure.

export type Rect = { left: number; top: number; right: number; bottom: number }
export type Size = { width: number; height: number }

const overlap = (a: Rect, b: Rect): number => {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left)
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
  return width > 0 && height > 0 ? width * height : 0
}

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(value, high))

/** Places around a bar, first those that a falling waterfall leaves free; the last are at the edges of the chart. */
const placesOf = (bar: Rect, { width, height }: Size, chart: Size, gap: number) => [
  { left: bar.right - width, top: bar.bottom + gap },
  { left: bar.left, top: bar.top - gap - height },
  { left: bar.left, top: bar.bottom + gap },
  { left: bar.right - width, top: bar.top - gap - height },
  { left: bar.left - gap - width, top: bar.bottom - height },
  { left: bar.right + gap, top: bar.top },
  { left: bar.right + gap, top: 0 },
  { left: bar.left - gap - width, top: chart.height - height },
  { left: bar.left, top: 0 },
  { left: bar.right - width, top: chart.height - height },
]

/**
 * @param bars all of them, in px of the chart
 * @param index the hovered one, which weighs more than the others
 * @returns the left upper corner where least is covered
 */
export const tooltipPlace = (bars: readonly Rect[], index: number, size: Size, chart: Size, gap: number): { left: number; top: number } => {
  const bar = bars[index]
  if (!bar) return { left: 0, top: 0 }
  const covered = ({ left, top }: { left: number; top: number }): number => {
    const box = { left, top, right: left + size.width, bottom: top + size.height }
    return bars.reduce((sum, other, at) => sum + overlap(box, other) * (at === index ? 4 : 1), 0)
  }
  const places = placesOf(bar, size, chart, gap).map(({ left, top }) => ({
    left: clamp(left, 0, Math.max(0, chart.width - size.width)),
    top: clamp(top, 0, Math.max(0, chart.height - size.height)),
  }))
  return places.toSorted((a, b) => covered(a) - covered(b))[0] ?? { left: 0, top: 0 }
}
