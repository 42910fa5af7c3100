// A measurement as lines for people, on the terminal and in docs/benchmarks.md.
import { readable } from '../measure.ts'
import type { Measurement } from './measure-ingest.ts'
import type { Percentiles } from './probes.ts'

export type Line = { what: string; figure: string; note: string }

const MIB = 2 ** 20

const line = (what: string, value: number | undefined, unit: string, note = ''): Line[] =>
  value === undefined ? [] : [{ what, figure: `${readable(value)} ${unit}`.trim(), note }]

const counted = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([reason, times]) => `${times} × ${reason}`)
    .join(', ') || 'none'

const apart = (values: Record<string, number>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${readable(value)}`)
    .join(', ')

/** Another server is not asked for its progress. */
const progressLines = ({ sent, freshStartSeconds, queryableAfterSeconds, analyzedAfterSeconds }: Measurement): Line[] => {
  const after = (seconds: number | undefined, what: string): Line[] =>
    seconds === undefined ? [{ what, figure: 'not in time', note: '' }] : line(what, seconds, 's after the last answer')
  if (freshStartSeconds === undefined) return []
  return [
    ...after(queryableAfterSeconds, 'all spans queryable'),
    ...after(analyzedAfterSeconds, `all ${readable(sent.runs)} runs analyzed`),
  ]
}

const loadLines = (measurement: Measurement): Line[] => {
  const { sent, acceptedPerSecond } = measurement
  const { p50, p95, p99, max } = sent.ackMs
  return [
    ...line('accepted', acceptedPerSecond, 'spans/s', `${readable(sent.spans)} spans in ${readable(sent.seconds)} s`),
    ...line('size of requests', sent.bytes / sent.spans, 'bytes/span', `${readable(sent.spans / sent.requests)} spans each`),
    ...line('acknowledged (median)', p50, 'ms', `p95 ${readable(p95)}, p99 ${readable(p99)}, max ${readable(max)} ms`),
    { what: 'refused and sent again', figure: counted(sent.repeated), note: `lost: ${counted(sent.lost)}` },
    ...line('CPU of the load generator', (sent.cpuSeconds / sent.spans) * 1e6, 's per million spans'),
    ...line('queryable', measurement.queryablePerSecond, 'spans/s', 'until all accepted spans are counted by the API'),
    ...progressLines(measurement),
  ]
}

const costLines = ({ cpu, freshStartSeconds, peakRssBytes, peakPssBytes = 0, disk, storedSpans = 0 }: Measurement): Line[] => {
  const spans = disk?.tables.spans
  const perMillion = disk && (disk.engineCpuSeconds / storedSpans) * 1e6
  return [
    ...line(
      freshStartSeconds === undefined ? 'CPU until quiet' : 'CPU until analyzed',
      cpu?.perMillionSpans,
      's per million spans',
      cpu && apart(cpu.byProcess),
    ),
    ...line('CPU while sending', cpu?.whileSending, 's per million spans'),
    ...line('peak memory (RSS)', peakRssBytes && peakRssBytes / MIB, 'MiB', `PSS ${readable(peakPssBytes / MIB)} MiB`),
    ...line(
      'disk, table of spans',
      spans && spans.bytes / storedSpans,
      'bytes/span',
      spans && `${spans.parts} parts, ${readable(spans.rows)} rows`,
    ),
    ...line('disk, all tables', disk && disk.activeBytes / storedSpans, 'bytes/span', disk && settledNote(disk)),
    ...line('disk, whole folder', disk && disk.folderBytes / storedSpans, 'bytes/span', 'with merged parts that are removed later'),
    ...line('CPU of the engine until settled', perMillion, 's per million spans', 'merges after the collector has stopped, and a start'),
  ]
}

const settledNote = ({ settled, afterSeconds }: { settled: boolean; afterSeconds: number }): string =>
  settled ? `merged ${readable(afterSeconds)} s after the collector has stopped` : `still merging after ${readable(afterSeconds)} s`

const percentiles = (what: string, { p50, p95, max }: Percentiles): Line[] =>
  line(`${what} (p95)`, p95, 'ms', `median ${readable(p50)}, max ${readable(max)} ms`)

const scaled = (values: Record<string, number>, factor: number): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value * factor]))

/** The sum, and its parts beside it. */
const summed = (what: string, values: Record<string, number>, unit: string): Line[] => {
  const sum = Object.values(values).reduce((total, value) => total + value, 0)
  return line(what, sum, unit, apart(values))
}

const quietLines = ({ latency, idle, startSeconds, freshStartSeconds }: Measurement): Line[] => [
  ...(latency ? percentiles('one run, idle system: acknowledged', latency.ackMs) : []),
  ...(latency ? percentiles('… from there to queryable', latency.queryableMs) : []),
  ...(latency ? percentiles('… from there to analyzed', latency.analyzedMs) : []),
  ...(idle ? summed('idle CPU', scaled(idle.cpuShareByProcess, 100), '% of a core') : []),
  ...(idle ? summed('idle memory (RSS)', scaled(idle.rssBytesByProcess, 1 / MIB), 'MiB') : []),
  ...line('start until ready, fresh store', freshStartSeconds, 's'),
  ...line('start until ready, this store', startSeconds, 's'),
]

const WAYS = { file: 'the engine alone, rows as files', body: 'the engine alone, rows over HTTP' }

const limitLines = ({ limits = [], limitRatio, queryableRatio }: Measurement): Line[] => [
  ...limits.flatMap(({ way, spansPerSecond, engineCpuSecondsPerMillionSpans, rowBytes }) => {
    const cpu = `${readable(engineCpuSecondsPerMillionSpans)} s of its CPU per million, ${readable(rowBytes)} bytes a row`
    return line(WAYS[way], spansPerSecond, 'spans/s', `ready-made rows of the same spans, 50,000 a block, one writer; ${cpu}`)
  }),
  ...line('accepted ÷ the engine alone', limitRatio, ''),
  ...line('queryable ÷ the engine alone', queryableRatio, ''),
]

export const linesOf = (measurement: Measurement): Line[] => [
  ...loadLines(measurement),
  ...costLines(measurement),
  ...quietLines(measurement),
  ...limitLines(measurement),
]

export const tableOf = (title: string, lines: readonly Line[]): string => {
  const width = Math.max(...lines.map(({ what }) => what.length))
  const figures = Math.max(...lines.map(({ figure }) => figure.length))
  return [title, ...lines.map(({ what, figure, note }) => `  ${what.padEnd(width)}  ${figure.padEnd(figures)}  ${note}`.trimEnd())].join(
    '\n',
  )
}

export const sectionOf = (title: string, conditions: string, lines: readonly Line[]): string =>
  [
    `## ${title}`,
    '',
    conditions,
    '',
    '| what | figure | |',
    '|---|---|---|',
    ...lines.map(({ what, figure, note }) => `| ${what} | ${figure} | ${note} |`),
  ].join('\n')
