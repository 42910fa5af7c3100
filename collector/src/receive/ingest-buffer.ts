// Between decode and store: rows of concurrent requests share inserts, and each request learns when its own rows are stored.
import { messageOf, SeamtraceError } from '@seamtrace/schema'
import type { SpanRow } from '../store/span-row.ts'

export type IngestBuffer = {
  /**
   * Resolves when the rows are stored: only then may they be acknowledged. A durable spool goes exactly here: it would
   * resolve once the rows are on disk, and insert them in its own time.
   * @throws SeamtraceError unavailable when the buffer is full, or when storing failed for good
   */
  add(rows: SpanRow[], bytes: number): Promise<void>
  /** false while nothing more would be taken: ask before reading a body */
  hasRoom(): boolean
  /** Inserts what is left; nothing is taken afterwards. */
  close(): Promise<void>
}

export type IngestBufferOptions = {
  insert: (rows: SpanRow[]) => Promise<void>
  warn: (message: string) => void
  /** An insert costs 15–20 ms of CPU whether it has 5 rows or 50: small groups wait for each other. */
  maxAgeMs?: number
  maxRows?: number
  maxBytes?: number
  /** Pauses before another try. Together well below the 10 s after which exporters give up. */
  retryDelaysMs?: readonly number[]
}

type Group = { rows: SpanRow[]; bytes: number; since: number; waiting: { stored: () => void; failed: (error: Error) => void }[] }

export function createIngestBuffer(options: IngestBufferOptions): IngestBuffer {
  const { insert, warn, maxAgeMs = 100, maxRows = 5_000, maxBytes = 64 * 1024 * 1024, retryDelaysMs = [100, 500, 1_500] } = options
  let group = emptyGroup()
  let bytesHeld = 0
  let inserting: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const add = (rows: SpanRow[], bytes: number): Promise<void> => {
    if (closed) return Promise.reject(new SeamtraceError('unavailable', 'cannot take spans: the collector is stopping'))
    // One request of any size is taken while nothing else is held, otherwise it could never be.
    if (bytesHeld > 0 && bytesHeld + bytes > maxBytes)
      return Promise.reject(new SeamtraceError('unavailable', 'cannot take spans: the store is slower than what arrives'))
    if (rows.length === 0) return Promise.resolve()
    if (group.rows.length === 0) group.since = Date.now()
    bytesHeld += bytes
    group.bytes += bytes
    for (const row of rows) group.rows.push(row)
    return new Promise((stored, failed) => {
      group.waiting.push({ stored, failed })
      flushWhenDue()
    })
  }

  const flushWhenDue = (): void => {
    if (inserting || group.rows.length === 0) return
    const waitMs = closed || group.rows.length >= maxRows ? 0 : group.since + maxAgeMs - Date.now()
    clearTimeout(timer)
    if (waitMs > 0) timer = setTimeout(flushWhenDue, waitMs)
    else inserting = flush()
  }

  const flush = async (): Promise<void> => {
    const full = group
    group = emptyGroup()
    try {
      await insertWithRetries(full.rows)
      for (const { stored } of full.waiting) stored()
    } catch (error) {
      const failure = new SeamtraceError('unavailable', `cannot store spans: ${messageOf(error)}`, { cause: error })
      for (const { failed } of full.waiting) failed(failure)
    }
    bytesHeld -= full.bytes
    inserting = null
    flushWhenDue()
  }

  const insertWithRetries = async (rows: SpanRow[]): Promise<void> => {
    for (const delayMs of retryDelaysMs) {
      try {
        return await insert(rows)
      } catch (error) {
        warn(`cannot insert ${rows.length} spans, trying again in ${delayMs} ms: ${messageOf(error)}`)
        await new Promise((resolve) => setTimeout(resolve, delayMs))
      }
    }
    await insert(rows)
  }

  const close = async (): Promise<void> => {
    closed = true
    flushWhenDue()
    while (inserting) await inserting
  }

  return { add, close, hasRoom: () => !closed && bytesHeld < maxBytes }
}

const emptyGroup = (): Group => ({ rows: [], bytes: 0, since: 0, waiting: [] })
