// Where damaged and refused blocks go: out of the way, with a reason, counted, never deleted by us.
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { SpoolFs } from './spool-fs.ts'
import { codeOf, readWhole, withFile, writeWhole } from './spool-fs.ts'

export type Quarantine = {
  readonly folder: string
  /** of the files that lie there, by id */
  readonly files: Map<string, { bytes: number; rows: number }>
  lastReason: string | null
}

type Note = { reason: string; rows: number; atMs: number }

const FILE = '.quarantined'
const NOTE = '.reason.json'

/** What lies there from before. A folder that cannot be read is taken for empty: it never prevents the start. */
export const openQuarantine = async (fs: SpoolFs, dir: string): Promise<Quarantine> => {
  const quarantine: Quarantine = { folder: join(dir, 'quarantine'), files: new Map(), lastReason: null }
  let lastAtMs = -1
  for (const name of await fs.list(quarantine.folder).catch(() => [])) {
    if (!name.endsWith(FILE)) continue
    const id = name.slice(0, -FILE.length)
    const bytes = await withFile(fs, fs.open(join(quarantine.folder, name)), (file) => fs.size(file)).catch(() => 0)
    const note = await readWhole(fs, join(quarantine.folder, id + NOTE)).then(parseNote, () => null)
    quarantine.files.set(id, { bytes, rows: note?.rows ?? 0 })
    if (note && note.atMs > lastAtMs) quarantine.lastReason = note.reason
    lastAtMs = Math.max(lastAtMs, note?.atMs ?? -1)
  }
  return quarantine
}

export type Quarantined = {
  path: string
  bytes: number
  reason: string
  /** that are lost by it */
  rows: number
  atMs: number
  /** false where the intact rest of the file is still needed: then a second name is given to it */
  whole: boolean
}

export const toQuarantine = async (fs: SpoolFs, quarantine: Quarantine, damaged: Quarantined): Promise<void> => {
  const { path, bytes, reason, rows, atMs, whole } = damaged
  const id = basename(path).replace(/\.\w+$/, '')
  const before = quarantine.files.get(id)
  if (before && !whole) return
  quarantine.files.set(id, { bytes, rows: Math.max(rows, before?.rows ?? 0) })
  quarantine.lastReason = reason
  const target = join(quarantine.folder, id + FILE)
  await fs.makeFolder(quarantine.folder).catch(() => undefined)
  await place(fs, path, target, whole, before !== undefined).catch((error) => {
    // Then it stays where it is and is found damaged again at the next start.
    quarantine.lastReason = `${reason}; cannot be moved to quarantine: ${codeOf(error)}`
  })
  await leaveNote(fs, quarantine, id, { reason, rows, atMs })
}

type RefusedRows = { blockId: string; data: Uint8Array; rows: number; reason: string; atMs: number }

/** Keeps rows of a block that stays where it is, as a file of their own: named for what they hold, so that they lie there once. */
export const rowsToQuarantine = async (fs: SpoolFs, quarantine: Quarantine, refused: RefusedRows): Promise<void> => {
  const { blockId, data, rows, reason, atMs } = refused
  const id = `${blockId}.${crc32(data).toString(16).padStart(8, '0')}`
  quarantine.files.set(id, { bytes: data.length, rows })
  quarantine.lastReason = reason
  await fs.makeFolder(quarantine.folder).catch(() => undefined)
  await fs.remove(join(quarantine.folder, id + FILE)).catch(() => undefined)
  await withFile(fs, fs.create(join(quarantine.folder, id + FILE)), async (file) => {
    await writeWhole(fs, file, Buffer.from(data), 0)
    await fs.sync(file)
  })
  await leaveNote(fs, quarantine, id, { reason, rows, atMs })
}

const leaveNote = async (fs: SpoolFs, { folder }: Quarantine, id: string, note: Note): Promise<void> => {
  const bytes = Buffer.from(JSON.stringify(note))
  await fs.remove(join(folder, id + NOTE)).catch(() => undefined)
  await withFile(fs, fs.create(join(folder, id + NOTE)), (file) => writeWhole(fs, file, bytes, 0)).catch(() => undefined)
}

const place = async (fs: SpoolFs, path: string, target: string, whole: boolean, linked: boolean): Promise<void> => {
  // Renaming one name of a file onto another of its names does nothing at all (POSIX): then the old name has to go by itself.
  if (whole && linked) await fs.remove(path)
  else if (whole) await fs.rename(path, target)
  else await fs.link(path, target).catch((error) => copy(fs, path, target, error))
}

const copy = async (fs: SpoolFs, path: string, target: string, why: unknown): Promise<void> => {
  if (codeOf(why) === 'EEXIST') return
  const bytes = await readWhole(fs, path)
  await withFile(fs, fs.create(target), (file) => writeWhole(fs, file, bytes, 0))
}

const parseNote = (bytes: Buffer): Note | null => {
  try {
    const { reason, rows, atMs }: Partial<Record<string, unknown>> = JSON.parse(bytes.toString('utf8'))
    return typeof reason === 'string' && typeof rows === 'number' && typeof atMs === 'number' ? { reason, rows, atMs } : null
  } catch {
    return null
  }
}
