// Where a moment lies on the time axis of a run, and the round moments to label. Pure.

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Above ten seconds people count in parts of minutes, hours and days, not in powers of ten. */
const LONG_STEPS = [10, 15, 20, 30]
  .map((n) => n * SECOND)
  .concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE))
  .concat([1, 2, 6, 12, 24].map((n) => n * HOUR))

const stepAbove = (roughMs: number): number => {
  const magnitude = 10 ** Math.floor(Math.log10(roughMs))
  const short = ([1, 2, 5].find((factor) => factor * magnitude >= roughMs) ?? 10) * magnitude
  if (short <= 5 * SECOND) return short
  return LONG_STEPS.find((step) => step >= roughMs) ?? Math.ceil(roughMs / (24 * HOUR)) * 24 * HOUR
}

/** Round moments from 0 to the end, at most `most` of them. @example timeTicks(4300, 5) // [0, 1000, 2000, 3000, 4000] */
export const timeTicks = (durationMs: number, most = 6): number[] => {
  if (durationMs <= 0) return [0]
  const step = stepAbove(durationMs / most)
  return Array.from({ length: Math.floor(durationMs / step) + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}

export type Bar = { leftPercent: number; widthPercent: number }

/** A bar never leaves the axis: clocks of several machines may disagree. */
export const barOf = (startMs: number, durationMs: number, totalMs: number): Bar => {
  if (totalMs <= 0) return { leftPercent: 0, widthPercent: 100 }
  const left = Math.min(Math.max(0, startMs / totalMs), 1)
  const right = Math.min(Math.max(left, (startMs + durationMs) / totalMs), 1)
  return { leftPercent: left * 100, widthPercent: (right - left) * 100 }
}

/** Labels go behind the bar, or before it when it ends near the right edge. */
export const labelGoesBefore = ({ leftPercent, widthPercent }: Bar): boolean => leftPercent + widthPercent > 82 && leftPercent > 18
