// One measurement of a collector: load, progress, CPU, memory, from a fresh data folder on.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CollectorProcess, startCollectorProcess, untilProgress } from './collector-process.ts'
import { type EngineLimit, measureEngineLimit } from './engine-limit.ts'
import type { BenchOptions } from './options.ts'
import { type CpuByProcess, cpuBetween, totalCpu, watchTree } from './process-tree.ts'
import type { Profile } from './run-template.ts'
import type { Sent } from './send.ts'
import { startSender } from './sender.ts'

export type Load = {
  profile: Profile
  sent: Sent
  acceptedPerSecond: number
  /** all absent when another server was measured, which cannot be asked */
  queryablePerSecond?: number
  /** from the last answer until all spans are counted, and until all runs are analyzed; absent when it took too long */
  queryableAfterSeconds?: number
  analyzedAfterSeconds?: number
  cpu?: Cpu
  peakRssBytes?: number
  peakPssBytes?: number
}

/** CPU seconds a million spans, from the first request until all is analyzed; `whileSending` of it until the last answer. */
export type Cpu = { perMillionSpans: number; byProcess: CpuByProcess; whileSending: number }

export type Measurement = Load & { startMs?: number; limit?: EngineLimit; limitRatio?: number }

const PATIENCE_SECONDS = 300

type Server = { url: string; pids: number[]; apiUrl?: string }

const measureLoad = async (profile: Profile, options: BenchOptions, server: Server): Promise<Load> => {
  const { seed, spansPerRequest, pool, seconds, connections, rate, headers } = options
  const sender = await startSender({ profile, seed, spansPerRequest, pool, seconds, connections, rate, headers, url: server.url })
  const watch = server.pids.length > 0 ? watchTree(server.pids) : undefined
  const cpuBefore = watch?.cpu() ?? {}
  const sent = await sender.go()
  const lastAckMs = performance.now()
  const cpuSent = watch?.cpu() ?? {}
  const load: Load = { profile, sent, acceptedPerSecond: sent.spans / sent.seconds }
  if (server.apiUrl !== undefined) Object.assign(load, await measureProgress(server.apiUrl, sent, lastAckMs))
  if (!watch) return load
  const perMillion = (seconds: number): number => (seconds / sent.spans) * 1e6
  const byProcess = cpuBetween(cpuBefore, watch.cpu())
  watch.stop()
  return {
    ...load,
    cpu: {
      perMillionSpans: perMillion(totalCpu(byProcess)),
      byProcess: Object.fromEntries(Object.entries(byProcess).map(([name, seconds]) => [name, perMillion(seconds)])),
      whileSending: perMillion(totalCpu(cpuBetween(cpuBefore, cpuSent))),
    },
    peakRssBytes: watch.peaks().rssBytes,
    peakPssBytes: watch.peaks().pssBytes,
  }
}

const measureProgress = async (apiUrl: string, sent: Sent, sinceMs: number): Promise<Partial<Load>> => {
  const limit = { sinceMs, limitSeconds: PATIENCE_SECONDS }
  const queryable = await untilProgress(apiUrl, ({ storedSpans }) => storedSpans >= sent.spans, limit)
  const analyzed = await untilProgress(apiUrl, ({ storedRuns, pendingTraces }) => storedRuns >= sent.runs && pendingTraces === 0, limit)
  return {
    ...(queryable === undefined ? {} : { queryableAfterSeconds: queryable, queryablePerSecond: sent.spans / (sent.seconds + queryable) }),
    ...(analyzed === undefined ? {} : { analyzedAfterSeconds: analyzed }),
  }
}

/** Another server: what it accepts, and what its process needs. */
export const measureTarget = (profile: Profile, options: BenchOptions, url: string): Promise<Measurement> =>
  measureLoad(profile, options, { url, pids: options.targetPid === undefined ? [] : [options.targetPid] })

export const measureCollector = async (profile: Profile, options: BenchOptions): Promise<Measurement> => {
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-bench-'))
  try {
    const collector = await startCollectorProcess(join(folder, 'data'), options.env)
    const load = await measureLoad(profile, options, serverOf(collector)).finally(collector.stop)
    const measurement: Measurement = { ...load, startMs: collector.startMs }
    if (!options.limit) return measurement
    const limit = await measureEngineLimit({ dataDir: join(folder, 'limit') }, { ...options, profile })
    return { ...measurement, limit, limitRatio: load.acceptedPerSecond / limit.spansPerSecond }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const serverOf = ({ otlpUrl, apiUrl, pid }: CollectorProcess): Server => ({ url: otlpUrl, apiUrl, pids: [pid] })
