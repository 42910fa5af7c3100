// Runs per slot as small bars, failed ones at their foot in red: the shape of the traffic in one glance.
import { plural } from '../lib/format.ts'

type Slot = { start: string; finished: number; failed: number }

export const Sparkline = ({ trend, height = 26 }: { trend: readonly Slot[]; height?: number }) => {
  const most = Math.max(1, ...trend.map((slot) => slot.finished))
  const finished = trend.reduce((sum, slot) => sum + slot.finished, 0)
  const failed = trend.reduce((sum, slot) => sum + slot.failed, 0)
  return (
    <svg
      viewBox={`0 0 ${trend.length * 5} ${height}`}
      width={trend.length * 5}
      height={height}
      className="block max-w-full"
      role="img"
      aria-label={`${plural(finished, 'finished run')}, ${formatFailed(failed)}`}
    >
      {trend.map((slot, index) => {
        const full = slot.finished === 0 ? 1 : Math.max(2, (slot.finished / most) * height)
        const bad = slot.failed === 0 ? 0 : Math.max(1.5, (slot.failed / most) * height)
        return (
          <g key={slot.start}>
            <title>{`${new Date(slot.start).toLocaleString('en-GB')}: ${plural(slot.finished, 'run')}, ${formatFailed(slot.failed)}`}</title>
            <rect x={index * 5} y={height - full} width={4} height={full} fill="var(--line-strong)" />
            <rect x={index * 5} y={height - bad} width={4} height={bad} fill="var(--fail)" />
          </g>
        )
      })}
    </svg>
  )
}

const formatFailed = (failed: number): string => (failed === 0 ? 'none failed' : `${plural(failed, 'run')} failed`)
