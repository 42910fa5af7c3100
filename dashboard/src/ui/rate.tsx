// A rate with its interval and its n, as text and as a dot with whiskers.
import type { Rate } from '@seamtrace/schema'
import { formatCount, formatInterval, formatPercent, formatPoints, formatRate, MIN_RUNS_FOR_RATE } from '../lib/format.ts'

export const intervalTitle = (rate: Rate): string =>
  rate.n === 0 ? 'no finished runs' : `${formatCount(rate.successes)} of ${formatCount(rate.n)}; 95 % interval ${formatInterval(rate)}`

export const RateText = ({ rate, className = '' }: { rate: Rate; className?: string }) => (
  <span className={className} title={intervalTitle(rate)}>
    {formatRate(rate)}
  </span>
)

/** "79.5–86.7 % · n 412"; below 20 runs only what is missing. */
export const RateFootnote = ({ rate }: { rate: Rate }) => {
  if (rate.n === 0 || rate.rate === null) return null
  if (rate.n < MIN_RUNS_FOR_RATE) return <span>too few for a rate ({formatPercent(rate.rate)})</span>
  return (
    <span title="Wilson 95 % interval">
      {formatInterval(rate)} · n {formatCount(rate.n)}
    </span>
  )
}

/** Difference in points; said to be clear only when the intervals do not overlap. */
export const RateDelta = ({ now, before, label }: { now: Rate; before: Rate; label: string }) => {
  if (now.rate === null || before.rate === null) return <span className="text-ink-3">nothing to compare in the {label}</span>
  const difference = now.rate - before.rate
  const clear = now.low > before.high || now.high < before.low
  return (
    <span className={clear && difference < 0 ? 'text-fail' : 'text-ink-2'} title={`${label}: ${intervalTitle(before)}`}>
      {difference < 0 ? '▼' : '▲'} {formatPoints(difference)} vs {label}
      {!clear && <span className="text-ink-3"> (within noise)</span>}
    </span>
  )
}

/** Dot and 95 % whisker on a shared axis from `from` to 100 %. */
export const RatePlot = ({ rate, from = 0, color = 'var(--accent)' }: { rate: Rate; from?: number; color?: string }) => {
  const at = (value: number) => `${Math.max(0, Math.min(1, (value - from) / (1 - from))) * 100}%`
  if (rate.rate === null) return <div className="h-5" />
  return (
    <div className="relative mx-1.5 h-5" role="img" aria-label={`${formatRate(rate)}, ${intervalTitle(rate)}`}>
      <div className="absolute inset-x-0 top-1/2 h-px bg-line" />
      <div
        className="absolute top-1/2 h-[3px] -translate-y-1/2 rounded-full opacity-45"
        style={{ left: at(rate.low), right: `calc(100% - ${at(rate.high)})`, background: color }}
      />
      <div
        className="absolute top-1/2 size-2 -translate-x-1/2 -translate-y-1/2 rounded-full ring-1 ring-bg"
        style={{ left: at(rate.rate), background: color }}
      />
    </div>
  )
}
