// A measurement as lines for people.
import { readable } from '../measure.ts'
import type { Measurement } from './measure-ingest.ts'

export type Line = { what: string; figure: string; note?: string }

const MIB = 2 ** 20

export const linesOf = (measurement: Measurement): Line[] => {
  const { sent, cpu, limit } = measurement
  const lines: Line[] = []
  const add = (what: string, value: number | undefined, unit: string, note?: string): void => {
    if (value !== undefined) lines.push({ what, figure: `${readable(value)} ${unit}`, ...(note === undefined ? {} : { note }) })
  }
  const counted = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .map(([reason, times]) => `${times} × ${reason}`)
      .join(', ') || 'none'
  add('accepted', measurement.acceptedPerSecond, 'spans/s', `${readable(sent.spans)} spans in ${readable(sent.seconds)} s`)
  add('request', sent.bytes / sent.spans, 'bytes/span', `${readable(sent.spans / sent.requests)} spans each`)
  add(
    'acknowledged after (median)',
    sent.ackMs.p50,
    'ms',
    `p95 ${readable(sent.ackMs.p95)}, p99 ${readable(sent.ackMs.p99)}, max ${readable(sent.ackMs.max)} ms`,
  )
  lines.push({ what: 'refused and sent again', figure: counted(sent.repeated), note: `lost: ${counted(sent.lost)}` })
  add(
    'queryable',
    measurement.queryablePerSecond,
    'spans/s',
    `all ${readable(measurement.queryableAfterSeconds ?? 0)} s after the last answer`,
  )
  add('all runs analyzed', measurement.analyzedAfterSeconds, 's after the last answer', `${readable(sent.runs)} runs`)
  if (cpu) {
    const apart = Object.entries(cpu.byProcess).map(([name, seconds]) => `${name} ${readable(seconds)}`)
    add(
      'CPU until analyzed',
      cpu.perMillionSpans,
      's per million spans',
      `${apart.join(', ')}; ${readable(cpu.whileSending)} while sending`,
    )
  }
  add('CPU of the load generator', (sent.cpuSeconds / sent.spans) * 1e6, 's per million spans')
  add(
    'peak memory (RSS)',
    measurement.peakRssBytes === undefined ? undefined : measurement.peakRssBytes / MIB,
    'MiB',
    `PSS ${readable((measurement.peakPssBytes ?? 0) / MIB)} MiB`,
  )
  if (limit) {
    add(
      'the engine alone',
      limit.spansPerSecond,
      'spans/s',
      `${readable(limit.rowBytes)} bytes a row, ${readable(limit.engineCpuSecondsPerMillionSpans)} s of CPU per million`,
    )
    add('accepted ÷ the engine alone', measurement.limitRatio, '')
  }
  return lines
}

export const tableOf = (title: string, lines: readonly Line[]): string => {
  const width = Math.max(...lines.map(({ what }) => what.length))
  const figures = Math.max(...lines.map(({ figure }) => figure.length))
  return [title, ...lines.map(({ what, figure, note = '' }) => `  ${what.padEnd(width)}  ${figure.padStart(figures)}  ${note}`)].join('\n')
}
