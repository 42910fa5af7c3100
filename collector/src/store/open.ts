/** Opens the store: the embedded engine in a child process or a ClickHouse server, behind one kind of client. */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client'
import { CLUSTER_SETTINGS, type Cluster, clusterOf } from './cluster.ts'
import { type ClientSettings, connect, type StoreAccess } from './connect.ts'
import { makeDataFolder, ownerOf, writeNote } from './data-folder.ts'
import type { EngineMessage } from './engine-process.ts'
import { insertFolderOf } from './insert-folder.ts'

export type Store = {
  client: ClickHouseClient
  engine: 'chdb' | 'server'
  version: string
  /** there when the tables are spread over a cluster */
  cluster?: Cluster
  /** where the embedded engine finds files that an insert names */
  insertFolder?: string
  /** with which another thread opens a client of its own */
  access: StoreAccess
  close(): Promise<void>
}

/** The embedded engine by its folder, or a server, which may be one of a cluster. */
export type StorePlace = { dataDir: string } | { url: string; cluster?: string | undefined }

export type StoreLog = { info(message: string): void; warn(message: string): void }

type Engine = { port: number; version: string }
type RunningEngine = { version: string; current(): Promise<Engine>; stop(): Promise<void> }

const silent: StoreLog = { info: () => {}, warn: () => {} }
// Loading is synchronous, so a folder of very many parts takes its time.
const startMs = 300_000
const stopMs = 10_000
// An engine without its parent kills itself after 5 s at the latest.
const orphanMs = 6_000
// A restart takes under a second; waiting longer than this would only pile up requests.
const restartWaitMs = 10_000

export async function openStore(place: StorePlace, log: StoreLog = silent): Promise<Store> {
  return 'url' in place ? openServer(place.url, place.cluster) : openEmbedded(resolve(place.dataDir), log)
}

async function openServer(url: string, clusterName: string | undefined): Promise<Store> {
  const { version, database } = await probeServer(url)
  const clickhouse_settings = { ...workarounds(version), ...(clusterName === undefined ? {} : CLUSTER_SETTINGS) }
  const access: StoreAccess = { settings: { url, clickhouse_settings } }
  const cluster = clusterName === undefined ? undefined : clusterOf(clusterName, database, access.settings)
  const client = connect(access)
  const close = async () => void (await Promise.all([client.close(), cluster?.local.close()]))
  return { client, engine: 'server', version, access, close, ...(cluster && { cluster }) }
}

async function probeServer(url: string): Promise<{ version: string; database: string }> {
  const probe = connect({ settings: { url } })
  try {
    const answer = await probe.query({ query: 'SELECT version() AS version, currentDatabase() AS database', format: 'JSONEachRow' })
    const [known] = await answer.json<{ version: string; database: string }>()
    return known ?? { version: '', database: '' }
  } catch (error) {
    const verb = error instanceof ClickHouseError ? 'use' : 'reach'
    throw new Error(`cannot ${verb} ClickHouse at ${withoutPassword(url)}: ${reasonOf(error)}`, { cause: error })
  } finally {
    await probe.close()
  }
}

async function openEmbedded(dataDir: string, log: StoreLog): Promise<Store> {
  if (/[*?{}]/.test(dataDir)) throw new Error(`cannot use data folder ${dataDir}: the engine reads * ? { } in a path as a pattern`)
  makeDataFolder(dataDir)
  const password = randomBytes(24).toString('base64url')
  const engine = await keepEngine(dataDir, password, log)
  try {
    const before = writeNote(dataDir, { engine: 'chdb', engineVersion: engine.version, pid: process.pid }).engineVersion
    if (before !== undefined && before !== engine.version)
      log.info(`data folder was last written by engine ${before}, this is ${engine.version}`)
  } catch (error) {
    await engine.stop()
    throw error
  }
  const settings: ClientSettings = {
    url: 'http://127.0.0.1',
    username: 'seamtrace',
    password,
    clickhouse_settings: workarounds(engine.version),
  }
  const access: StoreAccess = { settings, enginePort: async () => (await engine.current()).port }
  const client = connect(access)
  const close = async () => {
    await client.close()
    await engine.stop()
  }
  return { client, engine: 'chdb', version: engine.version, access, insertFolder: insertFolderOf(dataDir), close }
}

/** Starts the engine and starts it again whenever it dies, until `stop`. Only the first start may fail for good. */
async function keepEngine(dataDir: string, password: string, log: StoreLog): Promise<RunningEngine> {
  let stopping = false
  let child: ChildProcess
  let current: Promise<Engine>

  const begin = async (): Promise<Engine> => {
    const started = await startEngine(dataDir, password, log)
    child = started.child
    const since = Date.now()
    child.once('exit', (code, signal) => {
      if (stopping) return
      log.warn(`storage engine stopped (${signal ?? `exit code ${code}`}): starting it again`)
      // A folder or a statement that kills the engine at once must not turn into a busy loop.
      current = beginAgain(Date.now() - since < 10_000 ? 500 : 0)
      current.catch(() => {})
    })
    return started.engine
  }
  // The engine of a killed process needs a moment to end: whoever starts that process again must not stumble over it.
  const beginOnceFree = (until = Date.now() + orphanMs): Promise<Engine> =>
    begin().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EBUSY' || ownerOf(dataDir) !== undefined || Date.now() > until) throw error
      await sleep(200)
      return beginOnceFree(until)
    })
  const beginAgain = async (pauseMs: number): Promise<Engine> => {
    await sleep(pauseMs)
    if (stopping) throw new Error('cannot reach the storage engine: the store is closed')
    return begin().catch((error: Error) => {
      log.warn(error.message)
      return beginAgain(Math.min(Math.max(pauseMs, 250) * 2, 5_000))
    })
  }

  const first = await beginOnceFree()
  current = Promise.resolve(first)
  return {
    version: first.version,
    current: () => within(current, restartWaitMs, 'cannot reach the storage engine: it is being restarted, try again'),
    stop: async () => {
      stopping = true
      await current.catch(() => {})
      await stopEngine(child)
    },
  }
}

async function startEngine(dataDir: string, password: string, log: StoreLog): Promise<{ engine: Engine; child: ChildProcess }> {
  const file = new URL(`./engine-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
  const child = fork(fileURLToPath(file), [], {
    // Types are stripped without a flag; --inspect, --input-type and heap limits are meant for the parent.
    execArgv: [],
    env: {
      ...process.env,
      SEAMTRACE_ENGINE_DATA: dataDir,
      SEAMTRACE_ENGINE_PASSWORD: password,
      // Each running statement holds a thread of this pool; the default of 4 would leave none for files and KILL QUERY.
      UV_THREADPOOL_SIZE: '12',
      // The engine's allocator gives back what is free after 100 ms, not after 5 s: merges of large rows held a third more than they used.
      JE_MALLOC_CONF: process.env.JE_MALLOC_CONF ?? 'dirty_decay_ms:100,muzzy_decay_ms:0',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4_000)
      if (text.trim() !== '') log.warn(`storage engine: ${text.trim()}`)
    })
  }
  const engine = new Promise<Engine>((ready, reject) => {
    child.on('message', (message: EngineMessage) => {
      if (message.type === 'ready') ready(message)
      else output += `\n${message.reason}`
    })
    child.once('error', reject)
    // 'close' and not 'exit': only then the last lines of stderr, which hold the reason, have been read.
    child.once('close', () => reject(startError(dataDir, output)))
  })
  try {
    return {
      engine: await within(engine, startMs, `cannot start the storage engine: no answer within ${startMs / 1000} s`),
      child,
    }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

async function stopEngine(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // The engine ends itself when its parent's channel closes: the same way whether the parent closes or was killed.
  if (child.connected) child.disconnect()
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs)
  await exited
  clearTimeout(timer)
}

function startError(dataDir: string, output: string): Error {
  if (!output.includes('Cannot lock file')) {
    return new Error(`cannot start the storage engine on ${dataDir}: ${output.trim().slice(-1_000) || 'it ended without a word'}`)
  }
  const owner = ownerOf(dataDir)
  const known = owner === undefined ? '' : ` (pid ${owner})`
  const message = `data folder ${dataDir} is in use by another process${known}; stop it or choose another folder with --data`
  return Object.assign(new Error(message), { code: 'EBUSY' })
}

/** 26.7.2.0–26.7.2.10 answer some ORDER BY … LIMIT over joins wrongly (ClickHouse #109210). */
function workarounds(version: string): { query_plan_top_k_through_join?: 0 } {
  const patch = /^26\.7\.2\.(\d+)/.exec(version)?.[1]
  return patch !== undefined && Number(patch) <= 10 ? { query_plan_top_k_through_join: 0 } : {}
}

function withoutPassword(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url)
    return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
  } catch {
    return '(not a URL)'
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  return error.message || String((error as NodeJS.ErrnoException).code ?? error.name)
}

async function within<T>(promise: Promise<T>, limitMs: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(message)), limitMs)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
