// The way of one table's rows into the spool: appends that wait are written and synced together; full files are sealed.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { SeamtraceError } from '@seamtrace/schema'
import { GROUP_BYTES, HEADER_BYTES, TRAILER_BYTES, writeGroup, writeHeader, writeTrailer } from './block-format.ts'
import { idOf } from './block-name.ts'
import { makeRoom } from './kept.ts'
import { codeOf, writeWhole } from './spool-fs.ts'
import { type SpoolState, type StoredBlock, wake } from './state.ts'

type Append = { rows: Uint8Array; count: number; kept: () => void; refused: (error: Error) => void }

type OpenFile = StoredBlock & {
  nonce: string
  file: number
  groups: number
  headersCrc: number
  /** after a sync that failed: what the system then says about this file cannot be believed */
  broken: boolean
}

export type Lane = {
  readonly table: string
  readonly state: SpoolState
  queue: Append[]
  /** holds at least one acknowledged group */
  open: OpenFile | null
  /** no longer open, not yet sealed */
  sealing: StoredBlock | null
  /** the oldest first */
  sealed: StoredBlock[]
  lastSequence: number
  sealWanted: boolean
  working: Promise<void> | null
  /** where groups are put together, one write after the other: memory asked for anew each time costs more than the write */
  scratch: Buffer
}

export const createLane = (state: SpoolState, table: string): Lane => ({
  table,
  state,
  queue: [],
  open: null,
  sealing: null,
  sealed: [],
  lastSequence: 0,
  sealWanted: false,
  working: null,
  scratch: Buffer.alloc(0),
})

/** Resolves when the rows are on disk. */
export const appendTo = (lane: Lane, rows: Uint8Array, count: number): Promise<void> =>
  new Promise((kept, refused) => {
    lane.queue.push({ rows, count, kept, refused })
    lane.state.queuedBytes += rows.length
    work(lane)
  })

/** Has the open file sealed behind the write that goes on now; those who wait for a block are woken then. */
export const sealSoon = (lane: Lane): void => {
  lane.sealWanted = true
  void work(lane)
}

/** Resolves when all that was queued is written or refused, and sealed. */
export const closeLane = async (lane: Lane): Promise<void> => {
  while (lane.working || lane.open || lane.queue.length > 0) {
    lane.sealWanted = true
    await work(lane)
  }
}

/** One thing at a time: what arrives meanwhile makes up the next write. */
const work = (lane: Lane): Promise<void> => {
  lane.working ??= workOff(lane).then(() => {
    lane.working = null
    if (lane.queue.length > 0 || lane.sealWanted) return work(lane)
  })
  return lane.working
}

const workOff = async (lane: Lane): Promise<void> => {
  // Appends of the same tick go together.
  await null
  for (;;) {
    if (lane.open && mustSeal(lane, lane.open)) await seal(lane, lane.open)
    else if (lane.queue.length > 0) await writeQueued(lane)
    else break
  }
  lane.sealWanted = false
}

const mustSeal = ({ queue, sealWanted, state }: Lane, open: OpenFile): boolean => {
  const { maxBlockRows, maxBlockBytes } = state.limits
  const [next] = queue
  const isFull = open.rows >= maxBlockRows || open.bytes >= maxBlockBytes
  return sealWanted || open.broken || isFull || (next !== undefined && !fits(state, open, next))
}

const fits = ({ limits }: SpoolState, { rows, bytes }: { rows: number; bytes: number }, append: Append): boolean =>
  rows + append.count <= limits.maxBlockRows && bytes + GROUP_BYTES + append.rows.length <= limits.maxBlockBytes

/** As many of the queue as the file still takes, and always one: an append is never split. */
const takeBatch = ({ queue, open, state }: Lane): Append[] => {
  let [rows, bytes, taken] = [open?.rows ?? 0, open?.bytes ?? HEADER_BYTES, 0]
  for (const append of queue) {
    if (taken > 0 && !fits(state, { rows, bytes }, append)) break
    rows += append.count
    bytes += GROUP_BYTES + append.rows.length
    taken++
  }
  return queue.splice(0, taken)
}

const writeQueued = async (lane: Lane): Promise<void> => {
  const { state } = lane
  const batch = takeBatch(lane)
  const queuedBytes = batch.reduce((sum, { rows }) => sum + rows.length, 0)
  const isNew = lane.open === null
  try {
    await makeRoom(state, queuedBytes + batch.length * GROUP_BYTES + HEADER_BYTES + TRAILER_BYTES)
    lane.open ??= await createFile(lane)
    const after = await writeBatch(lane, lane.open, batch, isNew)
    lane.lastSequence = after.sequence
    state.heldBytes += after.bytes - (isNew ? 0 : lane.open.bytes)
    lane.open = after
    count(state, batch, queuedBytes)
    for (const { kept } of batch) kept()
    if (isNew) wake(state)
  } catch (error) {
    await undo(lane, isNew)
    state.refusedUntilMs = state.now() + 500
    const failure = new SeamtraceError('unavailable', `cannot keep rows: the spool cannot be written (${codeOf(error)})`, { cause: error })
    for (const { refused } of batch) refused(failure)
  }
  state.queuedBytes -= queuedBytes
}

const count = ({ appended }: SpoolState, batch: readonly Append[], bytes: number): void => {
  appended.groups += batch.length
  appended.rows += batch.reduce((sum, append) => sum + append.count, 0)
  appended.bytes += bytes
}

const createFile = async ({ state, table, lastSequence }: Lane): Promise<OpenFile> => {
  const identity = { table, sequence: lastSequence + 1, nonce: randomBytes(8).toString('hex') }
  const id = idOf(identity)
  const path = join(state.dir, `${id}.open`)
  const file = await state.fs.create(path)
  return { ...identity, id, path, file, createdAtMs: state.now(), rows: 0, bytes: 0, groups: 0, headersCrc: 0, broken: false }
}

/** Returns the file as it is then. The given one stays what is known to be on disk. */
const writeBatch = async (lane: Lane, open: OpenFile, batch: readonly Append[], isNew: boolean): Promise<OpenFile> => {
  const { state } = lane
  const after = { ...open, groups: open.groups + batch.length }
  const headBytes = isNew ? HEADER_BYTES : 0
  const bytes = scratchOf(
    lane,
    batch.reduce((sum, { rows }) => sum + GROUP_BYTES + rows.length, headBytes),
  )
  if (isNew) writeHeader(bytes, open)
  let at = headBytes
  for (const { rows, count } of batch) {
    after.headersCrc = writeGroup(bytes.subarray(at), open.nonce, rows, count, after.headersCrc)
    after.rows += count
    at += GROUP_BYTES + rows.length
  }
  await writeWhole(state.fs, open.file, bytes, open.bytes)
  after.bytes += bytes.length
  state.crash('group-written')
  await syncFile(state, open)
  // A file whose name is not on disk is lost with all that is in it.
  if (isNew) await state.fs.syncFolder(state.dir)
  if (isNew) state.crash('folder-synced')
  state.crash('group-synced')
  return after
}

/** Grows to what a full block takes; a larger write has memory of its own. */
const scratchOf = (lane: Lane, size: number): Buffer => {
  if (size > lane.state.limits.maxBlockBytes) return Buffer.allocUnsafeSlow(size)
  if (size > lane.scratch.length) lane.scratch = Buffer.allocUnsafeSlow(size)
  return lane.scratch.subarray(0, size)
}

const syncFile = async ({ fs, syncMs }: SpoolState, open: OpenFile): Promise<void> => {
  const startMs = performance.now()
  try {
    await fs.sync(open.file)
  } catch (error) {
    // The next sync would succeed without having written what this one could not (fsyncgate).
    open.broken = true
    throw error
  }
  syncMs.add(performance.now() - startMs)
}

/** After a write that failed: the file is again what was acknowledged, or is given up. */
const undo = async (lane: Lane, isNew: boolean): Promise<void> => {
  const { open, state } = lane
  if (!open) return
  if (!isNew) {
    await state.fs.truncate(open.file, open.bytes).catch(() => {
      open.broken = true
    })
    return
  }
  lane.open = null
  await state.fs.close(open.file).catch(() => undefined)
  await state.fs.remove(open.path).catch(() => undefined)
}

/** Never fails: what cannot be finished is handed out as it is, and read like the file of an unclean stop. */
const seal = async (lane: Lane, open: OpenFile): Promise<void> => {
  const { state } = lane
  const { id, table, sequence, rows, createdAtMs } = open
  const block: StoredBlock = { id, table, sequence, rows, bytes: open.bytes, createdAtMs, path: open.path }
  lane.open = null
  lane.sealing = block
  lane.sealWanted = false
  if (!open.broken) await finish(state, open, block)
  await state.fs.close(open.file).catch(() => undefined)
  lane.sealing = null
  lane.sealed.push(block)
  wake(state)
}

const finish = async (state: SpoolState, open: OpenFile, block: StoredBlock): Promise<void> => {
  try {
    await writeWhole(state.fs, open.file, writeTrailer(open.nonce, open), open.bytes)
    state.crash('trailer-written')
    await syncFile(state, open)
    state.crash('trailer-synced')
    block.bytes += TRAILER_BYTES
    state.heldBytes += TRAILER_BYTES
    const path = open.path.replace(/open$/, 'sealed')
    // Not synced: the old name with a trailer inside is as good.
    await state.fs.rename(open.path, path)
    block.path = path
    state.crash('sealed-renamed')
  } catch {
    if (block.bytes === open.bytes) await state.fs.truncate(open.file, open.bytes).catch(() => undefined)
  }
}
