// The keys in force, in memory: read again every two seconds, and kept while the store is away.
import type { KeyRow } from '../store/access-rows.ts'

export type KeyCache = {
  find(hash: string): KeyRow | undefined
  /** how many; undefined until they were read once */
  size(): number | undefined
  /**
   * Resolves when what is known was asked for no longer ago than this (or is being asked for), with 0 after this call.
   * @throws what the store threw
   */
  fresh(maxAgeMs: number): Promise<void>
  stop(): void
}

export type KeyCacheOptions = {
  read: () => Promise<KeyRow[]>
  /** A key that was revoked by another collector works for so long, and as long as one read takes, and no longer. */
  pollMs?: number
  log: { info(message: string): void; warn(message: string): void }
}

const POLL_MS = 2_000
/** A read that hangs for longer is no reason not to try again; the client gives up after two minutes. */
const STUCK_MS = 10_000

/** Begins to read at once. A read that fails changes nothing: whoever was known stays known. */
export const createKeyCache = ({ read, pollMs = POLL_MS, log }: KeyCacheOptions): KeyCache => {
  let known: ReadonlyMap<string, KeyRow> | undefined
  let last: { atMs: number; pending: boolean; done: Promise<void> } | undefined
  let began = 0
  let applied = 0
  let away = false

  const load = async (): Promise<void> => {
    const number = ++began
    const rows = await read()
    // the answer to an older question must not undo that to a newer one
    if (number < applied) return
    applied = number
    known = new Map(rows.map((row) => [row.hash, row]))
  }
  const tell = (failed: boolean): void => {
    if (failed && !away) log.warn('cannot read the keys: those known so far go on working, others are told to try again')
    if (!failed && away) log.info('the keys can be read again')
    away = failed
  }
  const begin = (): Promise<void> => {
    const reading = { atMs: performance.now(), pending: true, done: load() }
    const end = (failed: boolean): void => {
      reading.pending = false
      tell(failed)
    }
    reading.done.then(
      () => end(false),
      () => end(true),
    )
    last = reading
    return reading.done
  }
  const fresh = (maxAgeMs: number): Promise<void> => {
    if (!last || maxAgeMs === 0) return begin()
    const ageMs = performance.now() - last.atMs
    return ageMs < maxAgeMs || (last.pending && ageMs < STUCK_MS) ? last.done : begin()
  }

  void begin().catch(() => {})
  const timer = setInterval(() => void fresh(pollMs / 2).catch(() => {}), pollMs).unref()
  return { find: (hash) => known?.get(hash), size: () => known?.size, fresh, stop: () => clearInterval(timer) }
}
