// The labelled time axis above bars, and the faint lines behind them.
import { formatDuration } from '../lib/format.ts'
import { timeTicks } from './time-axis.ts'

/** Without needless digits: "2 s", not "2.00 s"; "1 m", not "1 m 0 s". */
const tickText = (ms: number): string =>
  ms === 0
    ? '0'
    : formatDuration(ms)
        .replace(/\.0+ /, ' ')
        .replace(/(\.\d)0 /, '$1 ')
        .replace(/ 0 [smh]$/, '')

export const TimeRuler = ({ durationMs }: { durationMs: number }) => (
  <div className="relative h-5 text-[0.8rem] text-ink-3" aria-hidden="true">
    {timeTicks(durationMs).map((tick) => (
      <span
        key={tick}
        className="absolute top-0 whitespace-nowrap"
        style={tick / durationMs > 0.93 ? { right: 0 } : { left: `${(tick / durationMs) * 100}%` }}
      >
        {tickText(tick)}
      </span>
    ))}
  </div>
)

export const TimeLines = ({ durationMs }: { durationMs: number }) => (
  <div className="pointer-events-none absolute inset-0" aria-hidden="true">
    {timeTicks(durationMs).map((tick) => (
      <div key={tick} className="absolute inset-y-0 w-px bg-line/70" style={{ left: `${(tick / durationMs) * 100}%` }} />
    ))}
  </div>
)
