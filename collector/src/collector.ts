// The whole collector in one process: starts its parts in the order in which they need each other, stops them in reverse.
import { DEFAULT_PROJECT, SeamtraceError } from '@seamtrace/schema'
import type { Logger } from 'pino'
import { startAccess } from './access/access.ts'
import { isLoopback } from './access/hosts.ts'
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
  /** an admin key that no table holds; a host beyond loopback needs it */
  adminToken?: string | undefined
  /** names beside `host` by which HTTP requests may call this collector */
  allowedHosts?: readonly string[] | undefined
}

export type Collector = {
  ports: { api: number; otlpHttp: number; otlpGrpc: number }
  /** name and version of the engine */
  engine: string
  close(): Promise<void>
}

export type CollectorLog = Pick<Logger, 'info' | 'warn' | 'error'>

/**
 * Starts everything; when a part cannot start, what had started is stopped again.
 * @throws SeamtraceError port_taken, data_folder_in_use, usage
 */
export async function startCollector(config: CollectorConfig, log: CollectorLog, version = '0.0.0'): Promise<Collector> {
  if (config.adminToken === undefined) refuseOpenHost(config.host)
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

  const { host, otlpHttpPort, otlpGrpcPort, adminToken, allowedHosts = [] } = config
  const access = await startAccess({ store, log, adminToken, loopback: isLoopback(host) })
  onStop(async () => access.close())

  const disabledRules = new Set(config.disabledRules)
  const derive = await startDerive({ store, project: DEFAULT_PROJECT, log, disabledRules })
  onStop(() => derive.stop())

  const receivers = await startReceivers(
    store,
    {
      host,
      otlpHttpPort,
      otlpGrpcPort,
      access,
      allowedHosts,
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
    access,
    hosts: [host, ...allowedHosts],
    stats: receivers.stats.counts,
    pendingTraces: (project) => (project === DEFAULT_PROJECT ? derive.pendingTraces() : undefined),
    otlpHttpUrl: urlOf(host, receivers.ports.otlpHttp),
    alerts: { rules: (project) => alerts?.rules(project) ?? [] },
  })
  const api = await listen(answers, config.host, config.port, '--port')
  onStop(() => api.close())

  alerts = startAlerts({
    store,
    log,
    config: { externalUrl: urlOf(config.host, api.port), webhookUrl: config.alertWebhook },
  })
  onStop(alerts.stop)
  return { ports: { api: api.port, ...receivers.ports }, engine: `${store.engine} ${store.version}` }
}

export const urlOf = (host: string, port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`

// Without a key whoever reaches the ports could read what agents said and write what they like, and make the first key.
function refuseOpenHost(host: string): void {
  if (isLoopback(host)) return
  throw new SeamtraceError(
    'usage',
    `cannot listen on ${host}: it is reachable from other machines; set SEAMTRACE_ADMIN_TOKEN to a secret of 16 characters or more (openssl rand -hex 32 makes one), which then makes the keys for everybody else, or use 127.0.0.1`,
    { parameters: ['host'] },
  )
}

function namedStoreError(error: Error): never {
  if (/ is in use by another process/.test(error.message)) throw new SeamtraceError('data_folder_in_use', error.message, { cause: error })
  throw error
}
