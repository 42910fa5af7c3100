// The durable queue between acknowledgement and insert: rows are opaque bytes, a folder of files is all there is.
import { basename } from 'node:path'
import { performance } from 'node:perf_hooks'
import { SeamtraceError } from '@seamtrace/schema'
import { MAX_GROUP_BYTES } from './block-format.ts'
import { TABLE_NAME } from './block-name.ts'
import { type Host, thisHost } from './host.ts'
import { keep, removeExpired } from './kept.ts'
import { appendTo, closeLane, createLane, type Lane } from './lane.ts'
import { createLatency } from './latency.ts'
import { leaveMarker, takeMarker } from './marker.ts'
import { type Block, nextBlock, reuse } from './next-block.ts'
import { claimFolder } from './owner.ts'
import { openQuarantine, rowsToQuarantine, toQuarantine } from './quarantine.ts'
import { recover } from './recover.ts'
import { diskFs, type SpoolFs } from './spool-fs.ts'
import { type CrashPoint, type Limits, type SpoolState, type StoredBlock, wake } from './state.ts'
import { type SpoolStats, statsOf } from './stats.ts'

export type { Block } from './next-block.ts'
export type { SpoolStats } from './stats.ts'

export type Spool = {
  /** Whether so many bytes would be taken now: ask before reading a body. */
  hasRoom(bytes: number): boolean
  /**
   * Resolves when the rows are on disk: only then may they be acknowledged. The bytes must not change until then.
   * @throws SeamtraceError unavailable when the spool is full or cannot be written: then nothing is promised
   */
  append(rows: Uint8Array, count: number, table: string): Promise<void>
  /** The next block to insert, in order within its table; null once the spool is closed. Several may be out at once. */
  nextBlock(): Promise<Block | null>
  /** To be called when the store has the rows; `data` is not to be looked at afterwards. The file is kept for a while: after an unclean stop it is handed out again. */
  inserted(block: Block): Promise<void>
  /** Sets aside what the store will never take. */
  quarantine(block: Block, reason: string): Promise<void>
  /** Sets rows of a block aside; the others are still to be inserted. Doing it again changes nothing. */
  setAside(block: Block, rows: Uint8Array, count: number, reason: string): Promise<void>
  stats(): SpoolStats
  /** Finishes what was appended. What was not inserted waits for the next start. To be called after the store was closed cleanly. */
  close(): Promise<void>
}

export type SpoolOptions = Partial<Limits> & {
  dir: string
  maxBytes: number
  now?: () => number
  fs?: SpoolFs
  host?: Host
  crash?: (point: CrashPoint) => void
}

/** @throws SeamtraceError data_folder_in_use. Damaged files are no reason not to open. */
export const openSpool = async (options: SpoolOptions): Promise<Spool> => {
  const { dir, fs = diskFs, host = thisHost() } = options
  await fs.makeFolder(dir)
  const release = await claimFolder(fs, host, dir)
  try {
    const state = createState(options, fs, await openQuarantine(fs, dir))
    await takeOver(state, host)
    return spoolOf(state, host, release)
  } catch (error) {
    await release()
    throw error
  }
}

const createState = (options: SpoolOptions, fs: SpoolFs, quarantine: SpoolState['quarantine']): SpoolState => {
  const { dir, now = () => performance.timeOrigin + performance.now(), crash = () => undefined } = options
  const { maxBytes, keepMs = 600_000, sealAfterMs = 250, maxBlockRows = 50_000, maxBlockBytes = 32 * 1024 ** 2 } = options
  return {
    dir,
    fs,
    now,
    crash,
    limits: { maxBytes, keepMs, sealAfterMs, maxBlockRows, maxBlockBytes },
    lanes: new Map(),
    kept: { blocks: [], bytes: 0, timer: undefined },
    quarantine,
    syncMs: createLatency(),
    inFlight: new Map(),
    spare: [],
    heldBytes: 0,
    queuedBytes: 0,
    refusedUntilMs: 0,
    appended: { groups: 0, rows: 0, bytes: 0 },
    torn: { files: 0, bytes: 0 },
    missing: { files: 0, rows: 0 },
    waiting: new Set(),
    closed: false,
  }
}

const takeOver = async (state: SpoolState, host: Host): Promise<void> => {
  const { waiting, kept } = await recover(state, await takeMarker(state, host))
  for (const block of kept) keep(state, block)
  for (const block of waiting) {
    laneOf(state, block.table).sealed.push(block)
    state.heldBytes += block.bytes
  }
  for (const { table, sequence } of [...kept, ...waiting]) {
    const lane = laneOf(state, table)
    lane.lastSequence = Math.max(lane.lastSequence, sequence)
  }
}

const laneOf = (state: SpoolState, table: string): Lane => {
  const lane = state.lanes.get(table) ?? createLane(state, table)
  state.lanes.set(table, lane)
  return lane
}

const spoolOf = (state: SpoolState, host: Host, release: () => Promise<void>): Spool => ({
  hasRoom: (bytes) => !state.closed && state.now() >= state.refusedUntilMs && fitsBound(state, bytes),
  append: async (rows, count, table) => {
    if (!TABLE_NAME.test(table) || rows.length >= MAX_GROUP_BYTES)
      throw new SeamtraceError('internal', `cannot keep ${rows.length} bytes of rows for table ${table}`)
    if (state.closed) throw new SeamtraceError('unavailable', 'cannot keep rows: the collector is stopping')
    if (!fitsBound(state, rows.length)) throw new SeamtraceError('unavailable', 'cannot keep rows: the spool is full')
    if (rows.length > 0) await appendTo(laneOf(state, table), rows, count)
  },
  nextBlock: () => nextBlock(state),
  inserted: (block) => markInserted(state, block),
  quarantine: async (block, reason) => {
    if (!giveBack(state, block)) return
    await toQuarantine(state.fs, state.quarantine, { ...block, reason, atMs: state.now(), whole: true })
    state.crash('quarantined')
  },
  setAside: (block, rows, count, reason) =>
    rowsToQuarantine(state.fs, state.quarantine, { blockId: block.id, data: rows, rows: count, reason, atMs: state.now() }),
  stats: () => statsOf(state),
  close: () => closeSpool(state, host, release),
})

const fitsBound = ({ heldBytes, queuedBytes, limits }: SpoolState, bytes: number): boolean =>
  heldBytes + queuedBytes + bytes <= limits.maxBytes

/** False for a block that is not out. */
const giveBack = (state: SpoolState, { path, bytes }: StoredBlock): boolean => {
  if (!state.inFlight.delete(path)) return false
  state.heldBytes -= bytes
  return true
}

const markInserted = async (state: SpoolState, { data, ...block }: Block): Promise<void> => {
  if (!giveBack(state, block)) return
  reuse(state, data)
  const path = block.path.replace(/\w+$/, 'inserted')
  // Under its old name it would be inserted once more after the next start: no harm.
  const renamed = await state.fs.rename(block.path, path).then(
    () => true,
    () => false,
  )
  state.crash('inserted-renamed')
  keep(state, { ...block, path: renamed ? path : block.path })
  await removeExpired(state)
}

const closeSpool = async (state: SpoolState, host: Host, release: () => Promise<void>): Promise<void> => {
  if (state.closed) return
  state.closed = true
  clearTimeout(state.kept.timer)
  wake(state)
  await Promise.all([...state.lanes.values()].map(closeLane))
  const waiting = [...state.inFlight.values(), ...[...state.lanes.values()].flatMap(({ sealed }) => sealed)]
  const ids = waiting.map(({ path }) => basename(path).replace(/\.\w+$/, ''))
  // Without the mark the next start takes this stop for an unclean one: no harm.
  await leaveMarker(state, host, ids).catch(() => undefined)
  await release()
}
