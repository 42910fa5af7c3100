// The time axis: round labels, and bars that never leave it.
import { expect, test } from 'vitest'
import { barOf, labelGoesBefore, timeTicks } from './time-axis.ts'

test.each([
  [4300, [0, 1000, 2000, 3000, 4000]],
  [100_000, [0, 20_000, 40_000, 60_000, 80_000, 100_000]],
  [7_200_000, [0, 1_800_000, 3_600_000, 5_400_000, 7_200_000]],
  [0.8, [0, 0.2, 0.4, 0.6, 0.8]],
  [0, [0]],
])('%d ms is labelled at %j', (durationMs, ticks) => expect(timeTicks(durationMs)).toEqual(ticks))

test('even a run of a month has few labels', () => expect(timeTicks(30 * 86_400_000).length).toBeLessThan(8))

test('a bar is cut to the axis when clocks disagree', () => {
  expect(barOf(25, 50, 100)).toEqual({ leftPercent: 25, widthPercent: 50 })
  expect(barOf(-20, 500, 100)).toEqual({ leftPercent: 0, widthPercent: 100 })
  expect(barOf(150, 10, 100)).toEqual({ leftPercent: 100, widthPercent: 0 })
})

test('a label stands before a bar that ends at the edge', () => {
  expect(labelGoesBefore({ leftPercent: 60, widthPercent: 40 })).toBe(true)
  expect(labelGoesBefore({ leftPercent: 0, widthPercent: 100 })).toBe(false)
})
