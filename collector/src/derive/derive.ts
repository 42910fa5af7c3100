// Starts the analysis: a worker thread that reads touched traces and stores their runs. The main thread only hears how it goes.
import { Worker } from 'node:worker_threads'
import { messageOf } from '@seamtrace/schema'
import type { Store } from '../store/open.ts'
import { DEFAULT_RETENTION_DAYS } from '../store/retention.ts'
import type { DeriveInit, DeriveNews, DeriveOrder } from './derive-worker.ts'

export type DeriveOptions = {
  store: Pick<Store, 'access'>
  log: { info(message: string): void; warn(message: string): void }
  /** shortest pause between looks, ms */
  intervalMs?: number
  disabledRules?: ReadonlySet<string>
  /** for how long spans are kept after their arrival */
  retentionDays?: number | undefined
  /** whether rows wait for the store: then the analysis makes way */
  busy?: () => boolean
}

export type Derive = {
  /** traces with spans that are not yet in their runs, as of the last look; of one project or of all */
  pendingTraces(project?: string): number
  /** spans that came when others of their run had expired: the run stays as it is; since the start, of one project or of all */
  lateSpans(project?: string): number
  /** rows were stored by this process */
  wake(): void
  /** looks once, now, and resolves when what was due is stored */
  look(): Promise<void>
  stop(): Promise<void>
}

// What is under way is given up: it is done again at the next start. A batch is analyzed in some 0.4 s.
const STOP_MS = 2_000
// What one reading may come to is bounded (derive-batch.ts) and stays far below; a worker that runs out of memory takes the process
// with it more often than not.
const WORKER_HEAP_MB = 2_048
const FIRST_RESTART_MS = 1_000
const LONGEST_RESTART_MS = 60_000

const EMBEDDED_IDLE_MS = 30_000
const SHARED_IDLE_MS = 1_000
const BUSY_EVERY_MS = 250
const DAY_MS = 86_400_000

type Listeners = { pending(counts: Map<string, number>): void; late(project: string, spans: number): void }

type Asked = { resolve(): void; reject(error: Error): void }

type Thread = { look(): Promise<void>; wake(): void; busy(busy: boolean): void; stop(): Promise<void>; ended: Promise<Error | undefined> }

const startThread = (
  { store, log, intervalMs = 300, disabledRules, retentionDays = DEFAULT_RETENTION_DAYS }: DeriveOptions,
  on: Listeners,
): Thread => {
  const file = new URL(`./derive-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
  const { settings, enginePort } = store.access
  const init: DeriveInit = {
    settings,
    embedded: enginePort !== undefined,
    intervalMs,
    // the embedded engine has no other writers than this process
    idleMs: enginePort ? EMBEDDED_IDLE_MS : SHARED_IDLE_MS,
    disabledRules: [...(disabledRules ?? [])],
    retentionMs: retentionDays * DAY_MS,
  }
  const worker = new Worker(file, { workerData: init, resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB } })
  const asked = new Map<number, Asked>()
  let lastId = 0
  const tell = (order: DeriveOrder): void => worker.postMessage(order)

  worker.on('message', (news: DeriveNews) => {
    if (news.kind === 'pending') on.pending(news.pending)
    if (news.kind === 'late') on.late(news.project, news.spans)
    if (news.kind === 'log') log[news.level](news.message)
    if (news.kind === 'which-port')
      enginePort?.().then(
        (port) => tell({ kind: 'port', id: news.id, port }),
        (error: unknown) => tell({ kind: 'no-port', id: news.id, reason: messageOf(error) }),
      )
    if (news.kind !== 'looked') return
    if (news.error === undefined) asked.get(news.id)?.resolve()
    else asked.get(news.id)?.reject(new Error(news.error))
    asked.delete(news.id)
  })
  let isOver = false
  const ended = new Promise<Error | undefined>((resolve) => {
    let fault: Error | undefined
    worker.once('error', (error: Error) => {
      fault = error
    })
    worker.once('exit', () => {
      isOver = true
      for (const { reject } of asked.values()) reject(fault ?? new Error('cannot analyze: it was stopped'))
      resolve(fault)
    })
  })
  return {
    look: () =>
      new Promise((resolve, reject) => {
        if (isOver) return reject(new Error('cannot analyze: it is being started again'))
        asked.set(++lastId, { resolve, reject })
        tell({ kind: 'look', id: lastId })
      }),
    wake: () => tell({ kind: 'wake' }),
    busy: (busy) => tell({ kind: 'busy', busy }),
    stop: async () => {
      tell({ kind: 'stop' })
      const timer = setTimeout(() => void worker.terminate(), STOP_MS)
      await ended
      clearTimeout(timer)
    },
    ended,
  }
}

const countOf = (counts: ReadonlyMap<string, number>, project: string | undefined): number =>
  project === undefined ? [...counts.values()].reduce((sum, count) => sum + count, 0) : (counts.get(project) ?? 0)

/** Starts the loop for all projects. A worker that dies is started again. */
export const startDerive = async (options: DeriveOptions): Promise<Derive> => {
  let pending: ReadonlyMap<string, number> = new Map()
  const late = new Map<string, number>()
  let restart: NodeJS.Timeout | undefined
  let pauseMs = FIRST_RESTART_MS
  let stopped = false

  const begin = (): Thread => {
    const thread = startThread(options, {
      pending: (counts) => {
        pending = counts
      },
      late: (project, spans) => late.set(project, (late.get(project) ?? 0) + spans),
    })
    const since = performance.now()
    void thread.ended.then((fault) => {
      if (stopped) return
      options.log.warn(`the analysis ended (${fault ? messageOf(fault) : 'without a word'}): starting it again`)
      // what ends it at once must not turn into a busy loop
      if (performance.now() - since > LONGEST_RESTART_MS) pauseMs = FIRST_RESTART_MS
      restart = setTimeout(() => {
        current = begin()
      }, pauseMs)
      pauseMs = Math.min(pauseMs * 2, LONGEST_RESTART_MS)
    })
    return thread
  }
  let current = begin()
  const { busy } = options
  let wasBusy = false
  const watch = (): void => {
    const isBusy = busy?.() ?? false
    // each message wakes a thread
    if (isBusy !== wasBusy) current.busy(isBusy)
    wasBusy = isBusy
  }
  const watching = busy && setInterval(watch, BUSY_EVERY_MS).unref()
  return {
    pendingTraces: (project) => countOf(pending, project),
    lateSpans: (project) => countOf(late, project),
    wake: () => current.wake(),
    look: () => current.look(),
    stop: async () => {
      stopped = true
      clearTimeout(restart)
      clearInterval(watching)
      await current.stop()
    },
  }
}
