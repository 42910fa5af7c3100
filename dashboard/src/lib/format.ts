// How numbers, money, times and rates are written everywhere.
import type { Rate } from '@seamtrace/schema'

/** Below this many finished runs a rate is shown as counts (model §7). */
export const MIN_RUNS_FOR_RATE = 20
const THIN = '\u202f'
const counts = new Intl.NumberFormat('en-US')
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

export const formatCount = (value: number): string => counts.format(value)
export const formatCompact = (value: number): string => (value < 10_000 ? counts.format(value) : compact.format(value))

/** @example plural(1, 'run') // '1 run' */
export const plural = (value: number, noun: string): string => `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`

/** One decimal; 100 and 0 without, but never rounded up to 100 while something failed. */
export const formatPercent = (rate: number): string => {
  if (rate >= 1) return `100${THIN}%`
  if (rate <= 0) return `0${THIN}%`
  const shown = Math.min(99.9, Math.max(0.1, rate * 100))
  return `${shown.toFixed(1)}${THIN}%`
}

/** Signed difference of two rates in percentage points. */
export const formatPoints = (difference: number): string => {
  const points = (difference * 100).toFixed(1)
  if (points === '0.0' || points === '-0.0') return `±0.0${THIN}pt`
  return `${difference > 0 ? '+' : '−'}${points.replace('-', '')}${THIN}pt`
}

export const formatInterval = ({ low, high }: { low: number; high: number }): string =>
  `${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)}${THIN}%`

/** A rate where there are enough runs for one, else its counts. */
export const formatRate = (rate: Rate): string => {
  if (rate.n === 0 || rate.rate === null) return 'no finished runs'
  if (rate.n < MIN_RUNS_FOR_RATE) return `${formatCount(rate.successes)} of ${formatCount(rate.n)}`
  return formatPercent(rate.rate)
}

/** Cents from a dollar on, three significant digits below, so that a call of $0.00042 is not "$0.00". */
export const formatUsd = (usd: number): string => {
  if (usd === 0) return '$0.00'
  if (Math.abs(usd) >= 1000) return `$${counts.format(Math.round(usd))}`
  if (Math.abs(usd) >= 0.1) return `$${usd.toFixed(2)}`
  if (Math.abs(usd) < 0.000001) return '<$0.000001'
  const digits = Math.min(8, 1 - Math.floor(Math.log10(Math.abs(usd))))
  return `$${usd.toFixed(digits)}`
}

export const formatDuration = (ms: number): string => {
  if (ms < 1) return ms <= 0 ? '0 ms' : '<1 ms'
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} m`
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`
}

export const formatBytes = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`
}

/** @example formatAgo(Date.now() - 90_000) // '1 m ago' */
export const formatAgo = (time: number | string, now = Date.now()): string => {
  const seconds = Math.round((now - new Date(time).getTime()) / 1000)
  if (!Number.isFinite(seconds)) return 'never'
  if (seconds < 5) return 'just now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ago`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ago`
  return `${Math.floor(seconds / 86_400)} d ago`
}

/** Local clock time, with the day when it is not today. */
export const formatTime = (time: number | string, now = Date.now()): string => {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return '–'
  const clock = date.toLocaleTimeString('en-GB')
  const sameDay = date.toDateString() === new Date(now).toDateString()
  return sameDay ? clock : `${date.toLocaleDateString('en-US', { month: 'short', day: 'numeric' })}, ${clock}`
}

/**
 * An id cut to what tells neighbors apart: both ends of a trace id, the last part of a readable one.
 * @example shortId('support-refund-000739') // '…000739'
 */
export const shortId = (id: string): string => {
  if (id.length <= 14) return id
  const [trace = '', root = trace] = id.split('-')
  if (/^[0-9a-f]{32}$/.test(trace)) return `${trace.slice(0, 6)}…${root.slice(-4)}`
  const last = id.slice(id.lastIndexOf('-') + 1)
  return `…${last.length >= 4 && last.length <= 12 ? last : id.slice(-8)}`
}
