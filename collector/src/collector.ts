// The whole collector in one process: starts its parts in the order in which they need each other, stops them in reverse.
import { join, resolve } from 'node:path'
import { SeamtraceError } from '@seamtrace/schema'
import type { Logger } from 'pino'
import { type Access, startAccess } from './access/access.ts'
import { isLoopback } from './access/hosts.ts'
import { type Alerts, startAlerts } from './alert/start.ts'
import { createApi, createProbes } from './api/app.ts'
import { startDerive } from './derive/derive.ts'
import { reanalyzeBatch } from './derive/reanalyze.ts'
import { startInserter } from './insert/inserter.ts'
import { insertState, spoolState } from './insert/state.ts'
import { listen } from './ports.ts'
import type { ReceiveStats } from './query/ingest.ts'
import { createIngestStats } from './receive/ingest-stats.ts'
import { RULES_VERSION, recognize } from './recognize/recognize.ts'
import { ROLES, type Role } from './roles.ts'
import { openSpool, type Spool, type SpoolOptions } from './spool/spool.ts'
import { type Receivers, startReceivers } from './start-receivers.ts'
import { makeDataFolder, writeNote } from './store/data-folder.ts'
import { migrate, readMigrations } from './store/migrate.ts'
import { openStore, type Store } from './store/open.ts'
import { DEFAULT_RETENTION_DAYS } from './store/retention.ts'

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
  /** all when not given; others need a server that they share */
  roles?: readonly Role[] | undefined
  alertWebhook?: string | undefined
  /** names of recognition and attribution rules that do not apply here */
  disabledRules?: readonly string[] | undefined
  /** how much may wait on disk for the store, and what was inserted and is kept for a while */
  spoolMaxBytes?: number | undefined
  /** days from arrival for which spans are kept */
  retentionDays?: number | undefined
  /** seams for tests: another file system, named points at which to crash, a slow store */
  spool?: (Partial<Pick<SpoolOptions, 'keepMs' | 'sealAfterMs' | 'fs' | 'crash'>> & { maxRowsPerSecond?: number }) | undefined
  /** an admin key that no table holds; a host beyond loopback needs it */
  adminToken?: string | undefined
  /** names beside `host` by which HTTP requests may call this collector */
  allowedHosts?: readonly string[] | undefined
}

export type Collector = {
  /** 0 for what does not listen in this role */
  ports: { api: number; otlpHttp: number; otlpGrpc: number }
  /** name and version of the engine */
  engine: string
  close(): Promise<void>
}

export type CollectorLog = Pick<Logger, 'info' | 'warn' | 'error'>

/** More blocks than this wait only where the store cannot keep up: one is open, one on its way. */
const BLOCKS_BEHIND = 2
/** Nobody else can change the keys in an embedded engine, so there is no need to ask for news. */
const ALONE_POLL_MS = 60_000
const DAY_MS = 86_400_000
const SPOOL_MAX_BYTES = 4 * 1024 ** 3

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
  const has = (role: Role): boolean => (config.roles ?? ROLES).includes(role)
  const spool = has('ingest') ? await openSpoolOf(config) : undefined
  // the last to be closed: its mark of a clean stop says that the store was closed cleanly before
  if (spool) onStop(() => spool.close())
  const store = await openMigrated(config, log, onStop)

  const { host, adminToken, allowedHosts = [] } = config
  const access = await startAccess({
    store,
    log,
    adminToken,
    loopback: isLoopback(host),
    ...(store.engine === 'chdb' && { pollMs: ALONE_POLL_MS }),
  })
  onStop(async () => access.close())

  const disabledRules = new Set(config.disabledRules)
  // taking in comes before analyzing, which needs the same cores and can be done later
  let ingest = notHere()
  const { retentionDays } = config
  const derive = has('derive') ? await startDerive({ store, log, disabledRules, retentionDays, busy: () => ingest.busy() }) : undefined
  if (derive) onStop(() => derive.stop())
  if (spool) ingest = await startIngest({ config, spool, store, access, log, onStop, onInserted: () => derive?.wake() })

  // the address in messages is known only once the API listens, and the API shows what the alerts last found
  let alerts: Alerts | undefined
  const { stats, totals, hasRoom, ports } = ingest
  const watched = {
    store,
    log,
    access,
    stats,
    totals: () => ({ ...totals(), pendingTraces: derive?.pendingTraces(), lateSpans: derive?.lateSpans() }),
    hasRoom,
    hosts: [host, ...allowedHosts],
    pendingTraces: (project: string) => derive?.pendingTraces(project),
    lateSpans: (project: string) => derive?.lateSpans(project),
    reanalyze: (project: string, after: string) =>
      reanalyzeBatch(
        {
          store,
          recognize: (span) => recognize(span, disabledRules),
          rulesVersion: RULES_VERSION,
          retentionMs: (config.retentionDays ?? DEFAULT_RETENTION_DAYS) * DAY_MS,
          onTouched: () => derive?.wake(),
        },
        project,
        after,
      ),
  }
  const answers = has('query')
    ? createApi({
        ...watched,
        version,
        otlpHttpUrl: spool ? urlOf(config.host, ports.otlpHttp) : '',
        alerts: { rules: (project) => alerts?.rules(project) ?? [] },
      })
    : createProbes(watched)
  const api = await listen(answers, config.host, config.port, '--port')
  onStop(() => api.close())

  // who shows alerts judges too, but what it finds is news only where that is its role
  if (has('alert') || has('query')) {
    alerts = startAlerts({
      store,
      log,
      config: {
        externalUrl: urlOf(config.host, api.port),
        webhookUrl: config.alertWebhook,
        watchOnly: !has('alert'),
      },
    })
    onStop(alerts.stop)
  }
  return { ports: { api: api.port, ...ports }, engine: `${store.engine} ${store.version}` }
}

const spoolBoundOf = ({ spoolMaxBytes = SPOOL_MAX_BYTES }: CollectorConfig): number => spoolMaxBytes

const openSpoolOf = (config: CollectorConfig): Promise<Spool> => {
  const dataDir = resolve(config.dataDir)
  makeDataFolder(dataDir)
  return openSpool({ dir: join(dataDir, 'spool'), maxBytes: spoolBoundOf(config), ...config.spool })
}

async function openMigrated(config: CollectorConfig, log: CollectorLog, onStop: OnStop): Promise<Store> {
  const { clickhouseUrl, clickhouseCluster, roles = ROLES } = config
  const dataDir = resolve(config.dataDir)
  const place = clickhouseUrl === undefined ? { dataDir } : { url: clickhouseUrl, cluster: clickhouseCluster }
  const store = await openStore(place, log).catch(namedStoreError)
  onStop(() => store.close())
  const applied = await migrate(store, { retentionDays: config.retentionDays })
  // without engine and spool a process has no data folder
  if (clickhouseUrl === undefined || roles.includes('ingest')) writeNote(dataDir, { schemaVersion: readMigrations().at(-1)?.name ?? '' })
  if (applied.length > 0) log.info(`applied ${applied.length} migrations, up to ${applied.at(-1)}`)
  return store
}

type Ingest = {
  ports: Receivers['ports']
  stats(project: string): ReceiveStats
  totals(): ReceiveStats
  /** whether more comes than is taken in */
  busy(): boolean
  hasRoom?(): boolean
}

type IngestParts = {
  config: CollectorConfig
  spool: Spool
  store: Store
  access: Access
  log: CollectorLog
  onStop: OnStop
  onInserted: () => void
}

/** From the wire to the store: receivers, spool, inserter. */
async function startIngest({ config, spool, store, access, log, onStop, onInserted }: IngestParts): Promise<Ingest> {
  const inserter = startInserter({ spool, store, log, onInserted, ...config.spool })
  onStop(() => inserter.stop())
  const { host, otlpHttpPort, otlpGrpcPort, allowedHosts, disabledRules: rules } = config
  const disabledRules = new Set(rules)
  const receivers = await startReceivers(
    spool,
    { host, otlpHttpPort, otlpGrpcPort, access, allowedHosts, recognize: (span) => recognize(span, disabledRules), disabledRules: rules },
    log,
  )
  onStop(() => receivers.close())
  const own = () => ({ spool: spoolState(spool, spoolBoundOf(config)), insert: insertState(inserter) })
  return {
    ports: receivers.ports,
    stats: (project) => ({ ...receivers.stats.counts(project), ...own() }),
    totals: () => ({ ...receivers.stats.totals(), ...own() }),
    busy: () => receivers.waiting() > 0 || spool.stats().waiting.blocks > BLOCKS_BEHIND,
    hasRoom: () => spool.hasRoom(1),
  }
}

/** Where another process takes spans. */
const notHere = (): Ingest => {
  const none = createIngestStats()
  const stats = () => ({ ...none.counts(), spool: null, insert: null })
  return { ports: { otlpHttp: 0, otlpGrpc: 0 }, stats, totals: stats, busy: () => false }
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
