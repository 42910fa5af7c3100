// One measurement of a collector from a fresh store on: load, progress, latency, idling, start, disk, and the engine's own limit.
import { type CollectorProcess, startCollectorProcess, untilProgress } from './collector-process.ts'
import { type Disk, settledDisk } from './disk.ts'
import { type EngineLimit, measureEngineLimit, type Way } from './engine-limit.ts'
import type { BenchOptions } from './options.ts'
import { type Idle, type Latency, measureIdle, measureLatency, untilQuiet } from './probes.ts'
import { type CpuByProcess, cpuBetween, totalCpu, type Watch, watchTree } from './process-tree.ts'
import type { Profile } from './run-template.ts'
import type { Sent } from './send.ts'
import { startSender } from './sender.ts'
import { makeStoreHome, type StoreHome } from './store-home.ts'

/** CPU seconds a million spans, from the first request until all is analyzed, or another server is quiet; `whileSending` of it until the last answer. */
export type Cpu = { perMillionSpans: number; byProcess: CpuByProcess; whileSending: number }

type Progress = {
  /** from the last answer on; absent when it took too long */
  queryableAfterSeconds?: number
  analyzedAfterSeconds?: number
  queryablePerSecond?: number
}

type Load = Progress & { profile: Profile; sent: Sent; acceptedPerSecond: number; cpu?: Cpu; peakRssBytes?: number; peakPssBytes?: number }

export type Measurement = Load & {
  latency?: Latency
  idle?: Idle
  /** seconds until /readyz answered 200: on the fresh store, and on the one with all these spans */
  freshStartSeconds?: number
  startSeconds?: number
  /** spans sent to the store: those of the load and of the probes */
  storedSpans?: number
  disk?: Disk
  limits?: EngineLimit[]
  /** to the highest of the limits */
  limitRatio?: number
  queryableRatio?: number
}

/** Another server cannot be asked for its progress; without its process only what it accepts is measured. */
type Server = { url: string; watch: Watch | undefined; apiUrl?: string }

const PATIENCE_SECONDS = 300

/** Another server: what it accepts, and what its process needs. */
export const measureTarget = async (profile: Profile, options: BenchOptions, url: string): Promise<Measurement> => {
  const watch = options.targetPid === undefined ? undefined : watchTree([options.targetPid])
  return measureLoad(profile, options, { url, watch }).finally(() => watch?.stop())
}

export const measureCollector = async (profile: Profile, options: BenchOptions): Promise<Measurement> => {
  const measurement = await inFreshStore(options, (home) => measureInStore(profile, options, home))
  if (!options.limit) return measurement
  const ways: Way[] = options.engine === 'chdb' ? ['file', 'body'] : ['body']
  const limits: EngineLimit[] = []
  for (const way of ways) limits.push(await inFreshStore(options, (home) => measureEngineLimit(home, way, { ...options, profile })))
  const highest = Math.max(...limits.map(({ spansPerSecond }) => spansPerSecond))
  const { acceptedPerSecond, queryablePerSecond } = measurement
  return {
    ...measurement,
    limits,
    limitRatio: acceptedPerSecond / highest,
    ...(queryablePerSecond === undefined ? {} : { queryableRatio: queryablePerSecond / highest }),
  }
}

const inFreshStore = async <T>({ engine }: BenchOptions, measure: (home: StoreHome) => Promise<T>): Promise<T> => {
  const home = await makeStoreHome(engine)
  return measure(home).finally(home.remove)
}

const measureInStore = async (profile: Profile, options: BenchOptions, home: StoreHome): Promise<Measurement> => {
  const measurement: Measurement = await withCollector(options, home, (collector, watch) =>
    measureRunning(profile, options, collector, watch),
  )
  if (options.start) measurement.startSeconds = await withCollector(options, home, async ({ startSeconds }) => startSeconds)
  if (options.disk) measurement.disk = await settledDisk(home)
  measurement.storedSpans = measurement.sent.spans + (measurement.latency?.spans ?? 0)
  return measurement
}

const withCollector = async <T>(
  { env }: BenchOptions,
  home: StoreHome,
  measure: (collector: CollectorProcess, watch: Watch) => Promise<T>,
): Promise<T> => {
  const collector = await startCollectorProcess(home.dataDir, { ...home.env, ...env })
  const watch = watchTree([collector.pid, ...home.pids])
  try {
    return await measure(collector, watch)
  } finally {
    watch.stop()
    await collector.stop()
  }
}

const measureRunning = async (profile: Profile, options: BenchOptions, collector: CollectorProcess, watch: Watch): Promise<Measurement> => {
  const { otlpUrl: url, apiUrl, startSeconds: freshStartSeconds } = collector
  const measurement: Measurement = { ...(await measureLoad(profile, options, { url, apiUrl, watch })), freshStartSeconds }
  if (options.latency || options.idle) await untilQuiet(watch)
  if (options.idle) measurement.idle = await measureIdle(watch)
  if (options.latency) measurement.latency = await measureLatency(collector, { ...options, profile })
  return measurement
}

const measureLoad = async (profile: Profile, options: BenchOptions, { url, watch, apiUrl }: Server): Promise<Load> => {
  const { seed, spansPerRequest, pool, seconds, connections, rate, headers } = options
  const sender = await startSender({ profile, seed, spansPerRequest, pool, seconds, connections, rate, headers, url })
  const cpuBefore = watch?.cpu()
  const sent = await sender.go()
  const lastAckMs = performance.now()
  if (sent.spans === 0) throw new Error(`cannot measure: ${url} accepted nothing (${JSON.stringify(sent.lost)})`)
  const cpuSent = watch?.cpu()
  const progress = apiUrl === undefined ? {} : await measureProgress(apiUrl, sent, lastAckMs)
  if (apiUrl === undefined && watch) await untilQuiet(watch)
  const load: Load = { profile, sent, acceptedPerSecond: sent.spans / sent.seconds, ...progress }
  if (!watch || !cpuBefore || !cpuSent) return load
  const { rssBytes, pssBytes } = watch.peaks()
  const cpu = cpuOf(sent.spans, cpuBefore, cpuSent, watch.cpu())
  return { ...load, cpu, peakRssBytes: rssBytes, peakPssBytes: pssBytes }
}

const cpuOf = (spans: number, before: CpuByProcess, sent: CpuByProcess, after: CpuByProcess): Cpu => {
  const perMillion = (seconds: number): number => (seconds / spans) * 1e6
  const used = cpuBetween(before, after)
  return {
    perMillionSpans: perMillion(totalCpu(used)),
    byProcess: Object.fromEntries(Object.entries(used).map(([name, seconds]) => [name, perMillion(seconds)])),
    whileSending: perMillion(totalCpu(cpuBetween(before, sent))),
  }
}

const measureProgress = async (apiUrl: string, sent: Sent, sinceMs: number): Promise<Progress> => {
  const limit = { sinceMs, limitSeconds: PATIENCE_SECONDS }
  const queryable = await untilProgress(apiUrl, ({ storedSpans }) => storedSpans >= sent.spans, limit)
  const analyzed = await untilProgress(apiUrl, ({ storedRuns, pendingTraces }) => storedRuns >= sent.runs && pendingTraces === 0, limit)
  return {
    ...(queryable === undefined ? {} : { queryableAfterSeconds: queryable, queryablePerSecond: sent.spans / (sent.seconds + queryable) }),
    ...(analyzed === undefined ? {} : { analyzedAfterSeconds: analyzed }),
  }
}
