// What an earlier life left in the folder: the blocks that wait, those that are kept, and what is damaged or missing.
import { basename, join } from 'node:path'
import { HEADER_BYTES, readHeader, readTrailer, TRAILER_BYTES, writeTrailer } from './block-format.ts'
import { type BlockIdentity, type BlockState, idOf, parseFileName } from './block-name.ts'
import { toQuarantine } from './quarantine.ts'
import { type Scan, scan } from './scan.ts'
import { readFrom, readWhole, withFile, writeWhole } from './spool-fs.ts'
import type { SpoolState, StoredBlock } from './state.ts'

type Found = BlockIdentity & { state: BlockState; path: string }
export type Recovered = { waiting: StoredBlock[]; kept: StoredBlock[] }

/** @param waitingIds of the blocks that waited at a clean stop; null after an unclean one, when all that is kept waits again */
export const recover = async (state: SpoolState, waitingIds: readonly string[] | null): Promise<Recovered> => {
  const found: Found[] = []
  for (const name of await state.fs.list(state.dir)) {
    const parsed = parseFileName(name)
    if (parsed) found.push({ ...parsed, path: join(state.dir, name) })
  }
  found.sort((a, b) => a.sequence - b.sequence)
  countMissing(state, found, waitingIds)
  const recovered: Recovered = { waiting: [], kept: [] }
  // A few at a time, as many as the system works on at once: thousands may be kept.
  for (let at = 0; at < found.length; at += 16)
    for (const one of await Promise.all(found.slice(at, at + 16).map((file) => recoverOne(state, file, waitingIds !== null))))
      if (one) recovered[one.isKept ? 'kept' : 'waiting'].push(one.block)
  const bySequence = (a: StoredBlock, b: StoredBlock): number => a.sequence - b.sequence
  return { waiting: recovered.waiting.sort(bySequence), kept: recovered.kept.sort(bySequence) }
}

type One = { block: StoredBlock; isKept: boolean } | null

const recoverOne = async (state: SpoolState, found: Found, wasClean: boolean): Promise<One> => {
  try {
    const sealed = await peek(state, found)
    // Content that is not what the name says has been swapped: it may never have been inserted.
    if (sealed) return { block: sealed, isKept: wasClean && found.state === 'inserted' && sealed.id === idOf(found) }
    const block = await rescue(state, found, await readWhole(state.fs, found.path))
    return block && { block, isKept: false }
  } catch {
    // It may be readable when its turn comes.
    return { block: storedBlock(found, { rows: 0, bytes: 0, path: found.path, createdAtMs: state.now() }), isKept: false }
  }
}

const storedBlock = (identity: BlockIdentity, rest: Pick<StoredBlock, 'rows' | 'bytes' | 'path' | 'createdAtMs'>): StoredBlock => {
  const { rows, bytes, path, createdAtMs } = rest
  return { id: idOf(identity), table: identity.table, sequence: identity.sequence, rows, bytes, createdAtMs, path }
}

/** What header and trailer say, where both are intact. The groups are proved when the block is handed out. */
const peek = ({ fs }: SpoolState, { path }: Found): Promise<StoredBlock | null> =>
  withFile(fs, fs.open(path), async (file) => {
    const bytes = await fs.size(file)
    const header = readHeader(await readFrom(fs, file, Buffer.alloc(HEADER_BYTES), 0))
    if (!header || bytes < HEADER_BYTES + TRAILER_BYTES) return null
    const end = await readFrom(fs, file, Buffer.alloc(TRAILER_BYTES), bytes - TRAILER_BYTES)
    const trailer = readTrailer(end, 0, Buffer.from(header.nonce, 'hex'))
    return trailer && storedBlock(header, { createdAtMs: header.createdAtMs, rows: trailer.rows, bytes, path })
  })

const rescue = async (state: SpoolState, found: Found, bytes: Buffer): Promise<StoredBlock | null> => {
  const result = scan(bytes, found)
  const isEmpty = result.groups.length === 0 && result.damages.length === 0
  if (result.tornBytes > 0 || isEmpty) state.torn.files++
  state.torn.bytes += result.tornBytes
  const block = await setDamageAside(state, found.path, bytes.length, result)
  return block && found.state === 'open' && result.damages.length === 0 ? sealLeftover(state, block, result) : block
}

/** What of the file can be handed out, if anything; the rest goes to quarantine. */
export const setDamageAside = async (state: SpoolState, path: string, bytes: number, result: Scan): Promise<StoredBlock | null> => {
  const { fs, quarantine, now } = state
  const { damages, header } = result
  const whole = result.groups.length === 0
  if (damages.length > 0) {
    const reason = damages.map((damage) => damage.reason).join('; ')
    const rows = damages.reduce((sum, damage) => sum + damage.rows, 0)
    await toQuarantine(fs, quarantine, { path, bytes, reason, rows, atMs: now(), whole })
    state.crash('quarantined')
  } else if (whole) {
    // Nobody was told that anything in it is kept.
    await fs.remove(path).catch(() => undefined)
  }
  const identity = header ?? parseFileName(basename(path))
  if (whole || !identity) return null
  return storedBlock(identity, { rows: result.rows, bytes, path, createdAtMs: header?.createdAtMs ?? now() })
}

/** Finishes what an unclean stop left open. Where that fails, it is read as it is. */
const sealLeftover = async (state: SpoolState, block: StoredBlock, result: Scan): Promise<StoredBlock> => {
  const { fs, crash } = state
  const nonce = result.header?.nonce ?? ''
  try {
    await withFile(fs, fs.open(block.path), async (file) => {
      await fs.truncate(file, result.end)
      await writeWhole(fs, file, writeTrailer(nonce, { ...result, groups: result.groups.length }), result.end)
      await fs.sync(file)
    })
    const path = block.path.replace(/open$/, 'sealed')
    await fs.rename(block.path, path)
    crash('leftover-sealed')
    return { ...block, path, bytes: result.end + TRAILER_BYTES }
  } catch {
    return block
  }
}

/** After a clean stop it is known which blocks waited; after an unclean one a hole in the order shows that a block is gone. */
const countMissing = ({ missing, quarantine }: SpoolState, found: readonly Found[], waitingIds: readonly string[] | null): void => {
  const isHere = new Set([...found.map(idOf), ...quarantine.files.keys()])
  if (waitingIds) {
    missing.files += waitingIds.filter((id) => !isHere.has(id)).length
    return
  }
  const aside = [...quarantine.files.keys()].map((id) => parseFileName(`${id}.sealed`))
  for (const table of new Set(found.map((file) => file.table))) {
    const here = found.filter((file) => file.table === table).map(({ sequence }) => sequence)
    const [first = 0, last = 0] = [here[0], here.at(-1)]
    const known = new Set(here)
    for (const file of aside) if (file?.table === table && file.sequence > first && file.sequence < last) known.add(file.sequence)
    missing.files += last - first + 1 - known.size
  }
}
