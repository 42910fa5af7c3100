// Between decode and store: rows of concurrent requests share inserts, and each request learns when its own rows are stored.
import { messageOf, SeamtraceError } from '@seamtrace/schema'

export type IngestBuffer<Row> = {
  /**
   * Resolves when the rows are stored: only then may they be acknowledged. A durable spool goes exactly here: it would
   * resolve once the rows are on disk, and insert them in its own time.
   * @throws SeamtraceError unavailable when the buffer is full, or when storing failed for good
   */
  add(rows: Row[], bytes: number): Promise<void>
  /** false while nothing more would be taken: ask before reading a body */
  hasRoom(): boolean
  /** Inserts what is left; nothing is taken afterwards. */
  close(): Promise<void>
}

export type IngestBufferOptions<Row> = {
  insert: (rows: Row[]) => Promise<void>
  warn: (message: string) => void
  /** An insert costs 15–20 ms of CPU whether it has 5 rows or 50: small groups wait for each other. */
  maxAgeMs?: number
  maxRows?: number
  maxBytes?: number
  /** Pauses before another try. Together well below the 10 s after which exporters give up. */
  retryDelaysMs?: readonly number[]
}

type Group<Row> = { rows: Row[]; bytes: number; since: number; waiting: { stored: () => void; failed: (error: Error) => void }[] }

/** One for each table. */
export function createIngestBuffer<Row>(options: IngestBufferOptions<Row>): IngestBuffer<Row> {
  const { insert, warn, maxAgeMs = 100, maxRows = 5_000, maxBytes = 64 * 1024 * 1024, retryDelaysMs = [100, 500, 1_500] } = options
  let group: Group<Row> = emptyGroup()
  let bytesHeld = 0
  let inserting: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const add = (rows: Row[], bytes: number): Promise<void> => {
    if (rows.length === 0) return Promise.resolve()
    if (closed) return Promise.reject(new SeamtraceError('unavailable', 'cannot take more: the collector is stopping'))
    // One request of any size is taken while nothing else is held, otherwise it could never be.
    if (bytesHeld > 0 && bytesHeld + bytes > maxBytes)
      return Promise.reject(new SeamtraceError('unavailable', 'cannot take more: the store is slower than what arrives'))
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
      for (const rows of slicesOf(full)) await insertWithRetries(rows)
      for (const { stored } of full.waiting) stored()
    } catch (error) {
      const failure = new SeamtraceError('unavailable', `cannot store: ${messageOf(error)}`, { cause: error })
      for (const { failed } of full.waiting) failed(failure)
    }
    bytesHeld -= full.bytes
    inserting = null
    flushWhenDue()
  }

  const insertWithRetries = async (rows: Row[]): Promise<void> => {
    for (const delayMs of retryDelaysMs) {
      try {
        return await insert(rows)
      } catch (error) {
        warn(`cannot insert ${rows.length} rows, trying again in ${delayMs} ms: ${messageOf(error)}`)
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

// Turning rows into an insert holds the event loop: a group of one 64 MiB request would hold it for seconds.
const SLICE_BYTES = 2 * 1024 * 1024

function* slicesOf<Row>({ rows, bytes }: Group<Row>): Generator<Row[]> {
  const size = Math.max(1, Math.min(10_000, Math.floor((rows.length * SLICE_BYTES) / Math.max(1, bytes))))
  for (let at = 0; at < rows.length; at += size) yield at === 0 && size >= rows.length ? rows : rows.slice(at, at + size)
}

const emptyGroup = <Row>(): Group<Row> => ({ rows: [], bytes: 0, since: 0, waiting: [] })
