// What most scenarios stand on: a data folder that outlives the processes, an oracle, and a load that goes on through all of it.
import { startClickHouseServer } from '../engine/clickhouse-server.ts'
import type { Settings } from './collector-process.ts'
import { type Exporter, type ExporterOptions, startExporter } from './exporter.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { until } from './http.ts'
import { freePorts, type Life, startLife, type Wrapper } from './life.ts'
import { createOracle, type Oracle } from './oracle.ts'
import type { Shape } from './payload.ts'
import { ingestOf, type ReadBackOptions, readBack } from './read-back.ts'
import { addFindings, type Context, expectThat, quantile, type Report } from './scenario.ts'

export type Rig = {
  oracle: Oracle
  dataDir: string
  /** of the life that began last */
  life(): Life
  /** Starts a collector on the same folder and ports. */
  begin(extra?: Partial<Settings>, wrapper?: Wrapper): Promise<Life>
  load(options?: Partial<ExporterOptions>): Exporter
  /** Ends the load, reads everything back, and writes figures and failures into the report. */
  judge(load: Exporter, options?: ReadBackOptions & { allowedLost?: number; finishMs?: number }): Promise<void>
}

export type RigOptions = {
  shape?: Partial<Shape>
  spool?: Settings['spool']
  /** in place of the embedded engine */
  clickhouseUrl?: string
  /** what the load reaches in place of the collector */
  through?: () => string
}

const EMBEDDED_READY_MS = 60_000

export const createRig = async (context: Context, report: Report, options: RigOptions = {}): Promise<Rig> => {
  const dataDir = context.folder()
  const ports = await freePorts()
  const oracle = createOracle({ seed: context.seed, traces: 1, spans: 10, contentBytes: 200, ...options.shape })
  const config: Settings['config'] = { ...ports, dataDir, clickhouseUrl: options.clickhouseUrl }
  const readyMs: number[] = []
  const wrong: string[] = []
  let life: Life | null = null

  const current = (): Life => {
    if (!life) throw new Error('no collector was started')
    return life
  }

  const load = (more: Partial<ExporterOptions> = {}): Exporter => {
    const url = options.through?.() ?? `http://127.0.0.1:${ports.otlpHttpPort}`
    const exporter = startExporter({ oracle, url, ...more })
    context.defer(exporter.abandon)
    return exporter
  }

  const judge: Rig['judge'] = async (exporter, { allowedLost, finishMs = 60_000, ...read } = {}) => {
    const isDone = await exporter.finish(finishMs)
    expectThat(report, isDone, `${oracle.open()} payloads were not acknowledged within ${finishMs} ms after the faults`)
    wrong.push(...exporter.wrong())
    expectThat(report, wrong.length === 0, `sound requests were answered in a way that makes a client drop them: ${wrong.join(', ')}`)
    context.progress('reading back')
    const { acked, ackedSpans, resends } = oracle.counts()
    Object.assign(report.figures, { acked, spans: ackedSpans, resends })
    addFindings(report, await readBack(oracle, current().api, read), allowedLost)
    Object.assign(report.figures, { 'ready p50 ms': quantile(readyMs, 0.5), 'ready max ms': Math.max(...readyMs) })
    if (report.failures.length > 0)
      report.failures.push(`answers: ${JSON.stringify(oracle.counts().answers)}; the collector told: ${current().told().slice(-600)}`)
  }

  return {
    oracle,
    dataDir,
    life: current,
    begin: async (extra = {}, wrapper) => {
      life = await startLife({ config, spool: options.spool, ...extra }, context.defer, wrapper)
      readyMs.push(life.readyMs)
      return life
    },
    load,
    judge,
  }
}

/** For scenarios that send by themselves. */
export const NO_LOAD: Exporter = { finish: async () => true, abandon: async () => undefined, wrong: () => [] }

/** True when one more payload than now is acknowledged within the time: the collector takes again. */
export const takesAgain = (oracle: Oracle, withinMs = EMBEDDED_READY_MS): Promise<boolean> => {
  const { acked } = oracle.counts()
  return until(() => oracle.counts().acked > acked, withinMs, 10)
}

/** A real server with the proxy in front of it. */
export const startFaultyServer = async (context: Context): Promise<{ proxy: FaultProxy; direct: string }> => {
  const server = await startClickHouseServer()
  context.defer(server.stop)
  const proxy = await startFaultProxy(server.url, context.random)
  context.defer(proxy.close)
  return { proxy, direct: server.url }
}

/** Waits until nothing is acknowledged and not yet stored; false when that took too long, or when the queue is not shown. */
export const untilDrained = (api: string, withinMs: number): Promise<boolean> =>
  until(
    async () => {
      const { spool } = await ingestOf(api)
      return spool === null || spool.waiting.rows === 0
    },
    withinMs,
    200,
  )
