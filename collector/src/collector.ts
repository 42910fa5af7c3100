// The whole collector in one process: starts its parts in the order in which they need each other, stops them in reverse.
import { isIPv4 } from 'node:net'
import { SeamtraceError } from '@seamtrace/schema'
import type { Logger } from 'pino'
import { type Alerts, startAlerts } from './alert/start.ts'
import { createApi } from './api/app.ts'
import { startDerive } from './derive/derive.ts'
import { listen } from './ports.ts'
import { recognize } from './recognize/recognize.ts'
import { startReceivers } from './start-receivers.ts'
import { migrate } from './store/migrate.ts'
import { openStore } from './store/open.ts'

export type CollectorConfig = {
  host: string
  /** dashboard and API */
  port: number
  otlpHttpPort: number
  otlpGrpcPort: number
  dataDir: string
  /** a ClickHouse server in place of the embedded engine */
  clickhouseUrl?: string | undefined
  clickhouseCluster?: string | undefined
  alertWebhook?: string | undefined
  /** names of recognition and attribution rules that do not apply here */
  disabledRules?: readonly string[] | undefined
  /** listen on any address although there are no keys: something else keeps strangers out */
  allowOpenHost?: boolean | undefined
}

export type Collector = {
  ports: { api: number; otlpHttp: number; otlpGrpc: number }
  /** name and version of the engine */
  engine: string
  close(): Promise<void>
}

export type CollectorLog = Pick<Logger, 'info' | 'warn' | 'error'>

const PROJECT = 'default'

/**
 * Starts everything; when a part cannot start, what had started is stopped again.
 * @throws SeamtraceError port_taken, data_folder_in_use, usage
 */
export async function startCollector(config: CollectorConfig, log: CollectorLog, version = '0.0.0'): Promise<Collector> {
  if (!config.allowOpenHost) refuseOpenHost(config.host)
  const stops: (() => Promise<void>)[] = []
  const close = async () => {
    for (let stop = stops.pop(); stop; stop = stops.pop()) await stop()
  }
  try {
    return { ...(await startParts(config, log, version, (stop) => stops.push(stop))), close }
  } catch (error) {
    await close()
    throw error
  }
}

type OnStop = (stop: () => Promise<void>) => void

async function startParts(config: CollectorConfig, log: CollectorLog, version: string, onStop: OnStop): Promise<Omit<Collector, 'close'>> {
  const store = await openStore(
    config.clickhouseUrl === undefined ? { dataDir: config.dataDir } : { url: config.clickhouseUrl },
    log,
  ).catch(namedStoreError)
  onStop(() => store.close())
  const applied = await migrate(store, { cluster: config.clickhouseCluster })
  if (applied.length > 0) log.info(`applied ${applied.length} migrations, up to ${applied.at(-1)}`)

  const disabledRules = new Set(config.disabledRules)
  const derive = await startDerive({ store, log, disabledRules })
  onStop(() => derive.stop())

  const { host, otlpHttpPort, otlpGrpcPort } = config
  const receivers = await startReceivers(
    store,
    {
      host,
      otlpHttpPort,
      otlpGrpcPort,
      project: PROJECT,
      recognize: (span) => recognize(span, disabledRules),
      disabledRules: config.disabledRules,
    },
    log,
  )
  onStop(() => receivers.close())

  // the address in messages is known only once the API listens, and the API shows what the alerts last found
  let alerts: Alerts | undefined
  const answers = createApi({
    store,
    log,
    version,
    hosts: [config.host],
    project: PROJECT,
    stats: receivers.stats.counts,
    pendingTraces: () => derive.pendingTraces(PROJECT),
    otlpHttpUrl: urlOf(host, receivers.ports.otlpHttp),
    alerts: { rules: () => alerts?.rules() ?? [] },
  })
  const api = await listen(answers, config.host, config.port, '--port')
  onStop(() => api.close())

  alerts = startAlerts({
    store,
    log,
    config: { project: PROJECT, externalUrl: urlOf(config.host, api.port), webhookUrl: config.alertWebhook },
  })
  onStop(alerts.stop)
  return { ports: { api: api.port, ...receivers.ports }, engine: `${store.engine} ${store.version}` }
}

export const urlOf = (host: string, port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`

// There are no keys yet, so whoever reaches the ports could read what agents said and write what they like.
function refuseOpenHost(host: string): void {
  if (host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))) return
  throw new SeamtraceError(
    'usage',
    `cannot listen on ${host}: it is reachable from other machines, and this release has no API keys to protect it; use 127.0.0.1 and a reverse proxy or an SSH tunnel, or, where something else keeps strangers out, set SEAMTRACE_ALLOW_OPEN_HOST=1`,
    { parameters: ['host'] },
  )
}

function namedStoreError(error: Error): never {
  if (/ is in use by another process/.test(error.message)) throw new SeamtraceError('data_folder_in_use', error.message, { cause: error })
  throw error
}
