// Where a bar of the gap waterfall lies, whichever way the chart is turned. Pure.

/** Text stays readable on lines: it carries the background around it. */
export const HALO = { paintOrder: 'stroke', stroke: 'var(--bg)', strokeWidth: 5, strokeLinejoin: 'round' } as const

/** Where the bar lies: `low` and `high` along the rate axis, `from` and `thick` across it; `start` is where the axis begins. */
export type Box = { low: number; high: number; from: number; thick: number; start: number; lying: boolean }

export const rectOf = ({ low, high, from, thick, lying }: Box) => {
  const [start, end] = [Math.min(low, high), Math.max(low, high)]
  const long = Math.max(2, end - start)
  return lying ? { x: start, y: from, width: long, height: thick } : { x: from, y: start, width: thick, height: long }
}
