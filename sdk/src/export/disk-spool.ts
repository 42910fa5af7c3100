// Requests on disk, one file each, in a folder of this process; what a process left that has ended is taken over by another.
import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { ExportRequest, Signal } from './request.ts'

/** A request on disk. */
export interface StoredRequest {
  path: string
  signal: Signal
  items: number
  /** that it takes on disk: never less than a page */
  bytes: number
}

/** All promises reject when the disk fails; what is on disk then is as it was, or a file that is ignored. */
export interface DiskSpool {
  put(request: ExportRequest): Promise<StoredRequest>
  /** for the end of a process */
  putSync(request: ExportRequest): void
  read(stored: StoredRequest): Promise<ExportRequest>
  remove(stored: StoredRequest): Promise<void>
  /** What processes that have ended left for the same collector, oldest first. It is this process's now. */
  adopt(): Promise<StoredRequest[]>
  /** Removes the folder, if it is empty. */
  close(): Promise<void>
}

const PAGE_BYTES = 4096
const NAME = /^\d+-(traces|logs)-(\d+)\.otlp$/

const sizeOnDisk = (bytes: number): number => Math.max(PAGE_BYTES, bytes)

/** Where requests wait unless a folder is named: nobody else may read them. */
export const defaultSpoolFolder = (): string => join(tmpdir(), `seamtrace-spool-${userInfo().uid}`)

/**
 * @param folder of all processes; made if it is missing
 * @param target whatever tells one receiver and key from another: requests are never sent to another one
 * @throws Error when the folder cannot be made, or belongs to another user
 */
export const openDiskSpool = (folder: string, target: string): DiskSpool => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  mustBeOurs(folder)
  const ofTarget = join(folder, createHash('sha256').update(target).digest('hex').slice(0, 16))
  // a pid comes again, a start time with it hardly ever
  const own = join(ofTarget, `${process.pid}-${Math.round(performance.timeOrigin)}-${nextSpool++}`)
  let sequence = 0
  const nameOf = ({ signal, items }: ExportRequest): string => `${String(sequence++).padStart(9, '0')}-${signal}-${items}.otlp`

  const put = async (request: ExportRequest): Promise<StoredRequest> => {
    const path = join(own, nameOf(request))
    await mkdir(own, { recursive: true, mode: 0o700 })
    await writeFile(`${path}.part`, request.body, { mode: 0o600 })
    await rename(`${path}.part`, path)
    return { path, signal: request.signal, items: request.items, bytes: sizeOnDisk(request.body.length) }
  }
  const putSync = (request: ExportRequest): void => {
    const path = join(own, nameOf(request))
    mkdirSync(own, { recursive: true, mode: 0o700 })
    writeFileSync(`${path}.part`, request.body, { mode: 0o600 })
    renameSync(`${path}.part`, path)
  }
  const adopt = async (): Promise<StoredRequest[]> => {
    const found: StoredRequest[] = []
    for (const name of await namesIn(ofTarget)) {
      if (isAlive(Number.parseInt(name, 10))) continue
      // whoever renames it first has it
      const adopted = `${own}-from-${name.replaceAll('-', '.')}`
      const isOurs = await rename(join(ofTarget, name), adopted).then(
        () => true,
        () => false,
      )
      if (isOurs) found.push(...(await storedIn(adopted)))
    }
    return found
  }
  return {
    put,
    putSync,
    read: async ({ path, signal, items }) => ({ signal, items, body: await readFile(path) }),
    remove: ({ path }) => rm(path, { force: true }),
    adopt,
    close: async () => {
      const ours = (await namesIn(ofTarget)).filter((name) => join(ofTarget, name).startsWith(own))
      for (const name of ours) await rmdir(join(ofTarget, name)).catch(() => {})
    },
  }
}

let nextSpool = 0

const mustBeOurs = (folder: string): void => {
  const { uid, mode } = statSync(folder)
  const { uid: own } = userInfo()
  // where there are no users (Windows) the uid is -1
  if (own >= 0 && (uid !== own || (mode & 0o077) !== 0)) throw new Error(`${folder} is open to other users`)
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const storedIn = async (folder: string): Promise<StoredRequest[]> => {
  const found: StoredRequest[] = []
  for (const name of (await namesIn(folder)).sort()) {
    const path = join(folder, name)
    const [, signal, items] = NAME.exec(name) ?? []
    // one that was being written when its process ended
    if (signal === undefined) await rm(path, { force: true, recursive: true })
    else found.push({ path, signal: signal as Signal, items: Number(items), bytes: sizeOnDisk((await stat(path)).size) })
  }
  return found
}
