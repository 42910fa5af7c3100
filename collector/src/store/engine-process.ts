/** The child process that holds the embedded engine: opens the data folder, runs statements, ends with its parent. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Session } from 'chdb'
import { type Answer, type RunStatement, refusal, type Statement, startEngineHttp } from './engine-http.ts'
import { insertFolderOf } from './insert-folder.ts'

/** What the parent hears: the port to talk to, or why there is none. */
export type EngineMessage = { type: 'ready'; port: number; version: string } | { type: 'failed'; reason: string }

const maxWaiting = 256
// One insert at a time keeps parts large and memory bounded; four reads saturate small machines without starving each other.
const insertLane = lane(1)
const readLane = lane(4)
// Answers are held in memory as a whole before they are sent: 97 MB of JSON took the process from 0.3 to 1.4 GB.
const maxResultBytes = String(64 * 1024 * 1024)
const shutdownMs = 5_000

const running = new Set<string>()
let closing = false

const engineFolder = join(process.env.SEAMTRACE_ENGINE_DATA ?? '', 'engine')
const bodyFolder = insertFolderOf(process.env.SEAMTRACE_ENGINE_DATA ?? '')
const password = process.env.SEAMTRACE_ENGINE_PASSWORD ?? ''
delete process.env.SEAMTRACE_ENGINE_PASSWORD

// Ctrl-C reaches the whole process group: the engine must outlive its parent's last inserts.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('disconnect', () => void shutDown())

start().catch((error: unknown) => {
  tell({ type: 'failed', reason: error instanceof Error ? error.message : String(error) })
  process.exitCode = 1
  process.disconnect?.()
})

async function start(): Promise<void> {
  if (password === '' || process.send === undefined) throw new Error('cannot start: this file is run by openStore only')
  mkdirSync(bodyFolder, { recursive: true })
  process.chdir(bodyFolder)
  // Held open all the time: the engine and the lock on the folder live as long as any Session does.
  const base = new Session(engineFolder, { connectionArgs: engineArguments() })
  for (const name of readdirSync(bodyFolder)) if (/^[\w-]+\.body$/.test(name)) rmSync(join(bodyFolder, name), { force: true })
  const version = (await base.queryAsync('SELECT version()', { format: 'TabSeparatedRaw' })).text().trim()
  const { port } = await startEngineHttp({ password, bodyFolder, run })
  tell({ type: 'ready', port, version })
}

/** Given at open time because they have taken effect before the first statement could change them. */
function engineArguments(): string[] {
  const constrained = process.constrainedMemory()
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  return [
    '--async_load_databases=0',
    '--async_load_system_database=0',
    `--mark_cache_size=${256 * 1024 * 1024}`,
    `--max_server_memory_usage=${Math.floor(Math.min(2 * 1024 ** 3, memory / 2))}`,
  ]
}

const run: RunStatement = (statement, signal) => {
  const runInLane = statement.insert ? insertLane : readLane
  return runInLane(async () => {
    if (signal.aborted || closing) throw refusal(394, 'QUERY_WAS_CANCELLED', 'nobody waits for the answer')
    const kill = () => void killStatement(statement.id)
    signal.addEventListener('abort', kill, { once: true })
    try {
      return await runInOwnSession(statement)
    } finally {
      signal.removeEventListener('abort', kill)
    }
  })
}

/**
 * SET and USE stick to a Session and a Session runs one statement at a time, so each statement has its own:
 * opening one on the engine already running costs 0.2 ms.
 */
async function runInOwnSession(statement: Statement): Promise<Answer> {
  const session = new Session(engineFolder)
  running.add(statement.id)
  try {
    const result = await session.queryAsync(`${preludeOf(statement)}${markerOf(statement.id)} ${statement.sql}`, {
      format: statement.format,
    })
    return {
      bytes: result.bytes(),
      readRows: result.rowsRead,
      readBytes: result.bytesRead,
      elapsedMs: result.elapsed * 1000,
    }
  } catch (error) {
    // After a fatal error the engine refuses everything until the process is replaced.
    if (error instanceof Error && /shutting down due to a fatal error/i.test(error.message)) setImmediate(endAtOnce)
    throw error
  } finally {
    running.delete(statement.id)
    session.close()
  }
}

function preludeOf({ database, insert, settings, params }: Statement): string {
  const given = [...(insert ? [] : [['max_result_bytes', maxResultBytes]]), ...settings, ...params]
  const use = database === undefined ? '' : `USE ${literal(database, '`')}; `
  const set = given.map(([name, value]) => `${name}=${literal(value ?? '', "'")}`).join(', ')
  if (set.length < 200_000) return `${use}${set === '' ? '' : `SET ${set}; `}`
  // Parameters may be longer than the 256 KiB a statement may have: the limit is lifted for them and then put back.
  return `${use}SET max_query_size=268435456; SET max_query_size=262144, ${set}; `
}

// Parameters are bound by the engine ({name:Type} reads param_name). The values reach it as settings of the Session, since
// the package's own binding runs all statements with parameters of the whole process one after the other.
function literal(value: string, quote: "'" | '`'): string {
  const escaped = Buffer.from(value, 'utf8')
    .toString('latin1')
    .replace(/[^A-Za-z0-9_ ,.:[\](){}+-]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return `${quote}${escaped}${quote}`
}

function markerOf(id: string): string {
  return `/*${id.replace(/[^\w-]/g, '_')}*/`
}

// An aborted query would go on to its limits: nothing but KILL QUERY stops it. It is repeated because a statement that
// has just begun is not in system.processes yet.
async function killStatement(id: string): Promise<void> {
  const session = new Session(engineFolder)
  try {
    while (running.has(id)) {
      await session.queryAsync(`KILL QUERY WHERE startsWith(query, '${markerOf(id)}') ASYNC`)
      await sleep(50)
    }
  } catch (error) {
    console.error(`cannot stop statement ${id}: ${String(error)}`)
  } finally {
    session.close()
  }
}

/** At most `slots` tasks at a time, the others wait in order. */
function lane(slots: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let free = slots
  return async (task) => {
    if (free > 0) free--
    else if (waiting.length >= maxWaiting) throw refusal(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', `${maxWaiting} statements wait already`)
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}

async function shutDown(): Promise<void> {
  if (closing) return
  closing = true
  // What was acknowledged survives SIGKILL, so a statement that ignores KILL QUERY must not keep the folder locked.
  setTimeout(endAtOnce, shutdownMs).unref()
  await Promise.all([...running].map(killStatement))
  if (running.size > 0) endAtOnce()
  process.exit(0)
}

// process.exit waits for the engine's threads: with a statement running it would not return.
function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL')
}

function tell(message: EngineMessage): void {
  if (process.connected) process.send?.(message)
}
