// The tooltip covers neither its own bar nor its neighbors where there is room beside them.
import { expect, test } from 'vitest'
import { type Rect, tooltipPlace } from './tooltip-place.ts'

const CHART = { width: 900, height: 330 }
const SIZE = { width: 280, height: 150 }
/** Ten columns, each falling by 20 px; the last stands on the axis. */
const bars: Rect[] = Array.from({ length: 10 }, (_, index) => ({
  left: 50 + index * 85,
  right: 100 + index * 85,
  top: 34 + index * 20,
  bottom: index === 9 ? 330 : 54 + index * 20,
}))
const covered = (index: number): number[] => {
  const { left, top } = tooltipPlace(bars, index, SIZE, CHART, 20)
  return bars.flatMap((bar, at) =>
    bar.left < left + SIZE.width && bar.right > left && bar.top < top + SIZE.height && bar.bottom > top ? [at] : [],
  )
}

test.each(bars.map((_, index) => index))('bar %i', (index) => expect(covered(index)).toEqual([]))

test('it stays inside the chart', () => {
  for (const index of bars.keys()) {
    const { left, top } = tooltipPlace(bars, index, SIZE, CHART, 20)
    expect(left >= 0 && left + SIZE.width <= CHART.width && top >= 0 && top + SIZE.height <= CHART.height).toBe(true)
  }
})
