// The loop between spool and store: one block, one insert, until the store has it. An outage is waited for, a bad row is set aside.
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '@seamtrace/schema'
import type { Block, Spool } from '../spool/spool.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { Store } from '../store/open.ts'
import { refusalType, refusesRows } from '../store/outage.ts'
import { isRowForm, ROW_FORMS, type RowFormName } from '../store/row-forms.ts'
import { isolate } from './isolate.ts'

export type InserterOptions = {
  spool: Pick<Spool, 'nextBlock' | 'inserted' | 'quarantine' | 'setAside'>
  store: Pick<Store, 'client' | 'insertFolder'>
  log: { info(message: string): void; warn(message: string): void }
  /** pauses after a failed try, ms; the last is repeated */
  retryDelaysMs?: readonly number[]
  /** told after each block that the store has taken */
  onInserted?: () => void
  /** for tests: rows a second at the most */
  maxRowsPerSecond?: number
}

export type InserterStats = {
  /** since the start */
  rows: number
  blocks: number
  retries: number
  /** why the store does not take rows at present; null while it does */
  failing: { reason: string; sinceMs: number } | null
  /** from the first row of a block on disk to the block in the store, of the newest block */
  lagMs: number
}

export type Inserter = {
  stats(): InserterStats
  /** Ends after the insert that is under way, or within so long; what is left waits in the spool. */
  stop(withinMs?: number): Promise<void>
}

const RETRY_DELAYS_MS = [100, 250, 500, 1_000, 2_000]
const STOP_WITHIN_MS = 5_000

export const startInserter = (options: InserterOptions): Inserter => {
  const { spool, store, log, retryDelaysMs = RETRY_DELAYS_MS, maxRowsPerSecond = Number.POSITIVE_INFINITY } = options
  const stats: InserterStats = { rows: 0, blocks: 0, retries: 0, failing: null, lagMs: 0 }
  const stopping = new AbortController()
  const cutOff = new AbortController()
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {})

  const noteOutage = (reason: string): void => {
    stats.retries++
    if (!stats.failing) log.warn(`cannot insert: ${reason}; rows wait in the spool until the store takes them`)
    stats.failing = { reason, sinceMs: stats.failing?.sinceMs ?? Date.now() }
  }
  const noteSuccess = (): void => {
    if (stats.failing) log.info(`the store takes rows again, after ${Math.round((Date.now() - stats.failing.sinceMs) / 1000)} s`)
    stats.failing = null
  }

  /** True when the store has all the rows that it can take. */
  const insertOrIsolate = async (block: Block, form: RowFormName): Promise<boolean> => {
    try {
      await insertPatiently(block.data, form)
      return true
    } catch (error) {
      if (!refusesRows(error)) throw error
      return isolateRows(block, form, error)
    }
  }

  // the reason that is shown tells the kind of refusal only: what the engine says may hold what is in the row of any project
  const isolateRows = async (block: Block, form: RowFormName, error: unknown): Promise<boolean> => {
    const parts = partsOf(block, form)
    if (!parts) {
      log.warn(`cannot insert block ${block.id}: ${messageOf(error)}; its rows cannot be told apart, all ${block.rows} are in quarantine`)
      await spool.quarantine(block, `refused by the store: ${refusalType(error)}`)
      return false
    }
    const insert = (data: Uint8Array) => insertPatiently(data, form)
    const refused = await isolate(parts, { split: ROW_FORMS[form].split, insert, isRefusal: refusesRows })
    for (const row of refused) {
      log.warn(`cannot insert a row of ${row.data.length} bytes for ${form}: ${messageOf(row.error)}; it is in quarantine`)
      await spool.setAside(block, row.data, 1, `refused by the store: ${refusalType(row.error)}`)
    }
    return true
  }

  /** Waits outages out; rejects with a refusal of the data, or because it is to stop. */
  const insertPatiently = async (data: Uint8Array, form: RowFormName): Promise<void> => {
    for (let tries = 0; ; tries++) {
      try {
        return await insertRows(store, form, data, cutOff.signal)
      } catch (error) {
        if (refusesRows(error)) throw error
        if (stopping.signal.aborted) throw stopped
        noteOutage(messageOf(error))
        await pause(retryDelaysMs[Math.min(tries, retryDelaysMs.length - 1)] ?? 1_000)
        if (stopping.signal.aborted) throw stopped
      }
    }
  }

  const take = async (block: Block): Promise<void> => {
    if (!isRowForm(block.table)) {
      log.warn(`cannot insert block ${block.id}: this release does not know rows of form ${block.table}; it is in quarantine`)
      return spool.quarantine(block, `unknown form of rows: ${block.table}`)
    }
    const startedAt = performance.now()
    if (!(await insertOrIsolate(block, block.table))) return
    noteSuccess()
    await spool.inserted(block)
    stats.rows += block.rows
    stats.blocks++
    options.onInserted?.()
    stats.lagMs = Math.max(0, Date.now() - block.createdAtMs)
    if (Number.isFinite(maxRowsPerSecond)) await pause((block.rows / maxRowsPerSecond) * 1000 - (performance.now() - startedAt))
  }

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const block = await orStopped(spool.nextBlock(), stopping.signal)
      if (!block) return
      await take(block).catch((error: unknown) => {
        if (error !== stopped) throw error
      })
    }
  }
  const running = loop()

  return {
    stats: () => ({ ...stats }),
    stop: async (withinMs = STOP_WITHIN_MS) => {
      stopping.abort()
      const timer = setTimeout(() => cutOff.abort(), withinMs)
      await running
      clearTimeout(timer)
    },
  }
}

const stopped = new Error('the inserter is stopping')

const partsOf = (block: Block, form: RowFormName): Uint8Array[] | null => {
  try {
    return ROW_FORMS[form].split(block.data)
  } catch {
    return null
  }
}

/** Settles as `work` does, or with null as soon as it is to stop. A race with the signal would hold every block until then. */
const orStopped = <T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> =>
  new Promise((resolve, reject) => {
    const stop = (): void => resolve(null)
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
