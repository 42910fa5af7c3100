// The worker thread of the analysis: the loop, with a client of its own. Where the engine listens it asks the main thread.
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '@seamtrace/schema'
import { type ClientSettings, connect } from '../store/connect.ts'
import { startLoop } from './loop.ts'
import { createPriceSource } from './prices.ts'
import { createTurns } from './turns.ts'

export type DeriveInit = {
  settings: ClientSettings
  embedded: boolean
  intervalMs: number
  idleMs: number
  disabledRules: string[]
  retentionMs: number
}
/** What the worker is told … */
export type DeriveOrder =
  | { kind: 'look'; id: number }
  | { kind: 'port'; id: number; port: number }
  | { kind: 'no-port'; id: number; reason: string }
  | { kind: 'wake' }
  | { kind: 'busy'; busy: boolean }
  | { kind: 'stop' }
/** … and what it tells. */
export type DeriveNews =
  | { kind: 'which-port'; id: number }
  | { kind: 'looked'; id: number; error?: string }
  | { kind: 'pending'; pending: Map<string, number> }
  | { kind: 'late'; project: string; spans: number }
  | { kind: 'log'; level: 'info' | 'warn'; message: string }

const port = parentPort
const { settings, embedded, intervalMs, idleMs, disabledRules, retentionMs } = workerData as DeriveInit
const tell = (news: DeriveNews): void => port?.postMessage(news)

const asked = new Map<number, { resolve(port: number): void; reject(error: Error): void }>()
let lastId = 0
const enginePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    asked.set(++lastId, { resolve, reject })
    tell({ kind: 'which-port', id: lastId })
  })

const stopping = new AbortController()
const turns = createTurns(stopping.signal)
const client = connect({ settings, ...(embedded ? { enginePort } : {}) })
const store = { client, signal: stopping.signal }
const loop = startLoop({
  store,
  prices: createPriceSource(store),
  log: {
    info: (message) => tell({ kind: 'log', level: 'info', message }),
    warn: (message) => tell({ kind: 'log', level: 'warn', message }),
  },
  disabledRules: new Set(disabledRules),
  retentionMs,
  shared: !embedded,
  turn: turns.turn,
  onLate: (project, spans) => tell({ kind: 'late', project, spans }),
  intervalMs,
  idleMs,
  signal: stopping.signal,
  onPending: (pending) => tell({ kind: 'pending', pending }),
})

port?.on('message', (order: DeriveOrder) => {
  if (order.kind === 'port') asked.get(order.id)?.resolve(order.port)
  if (order.kind === 'no-port') asked.get(order.id)?.reject(new Error(order.reason))
  if (order.kind === 'port' || order.kind === 'no-port') asked.delete(order.id)
  if (order.kind === 'wake') loop.wake()
  if (order.kind === 'busy') turns.busy(order.busy)
  if (order.kind === 'stop') stopping.abort()
  if (order.kind === 'look')
    loop.look().then(
      () => tell({ kind: 'looked', id: order.id }),
      (error: unknown) => tell({ kind: 'looked', id: order.id, error: messageOf(error) }),
    )
})

// whoever stops the worker waits for this: without the port nothing keeps the thread
void loop.ended.then(async () => {
  await client.close()
  port?.close()
})
