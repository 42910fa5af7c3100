// Every bar has its place: columns while they are wide enough to read, else rows.
import { expect, test } from 'vitest'
import { layoutOf } from './plot-size.ts'

test.each([
  [2, 860, 'upright'],
  [13, 920, 'upright'],
  [13, 700, 'beside'],
  [15, 2000, 'beside'],
  [61, 860, 'beside'],
  [2, 350, 'above'],
  [61, 350, 'above'],
] as const)('%i bars in %i px are %s', (bars, width, layout) => expect(layoutOf(bars, width)).toBe(layout))

test('a larger font needs more room', () => expect(layoutOf(13, 920, 1.5)).toBe('beside'))
