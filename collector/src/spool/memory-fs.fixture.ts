// Folders in memory which know what was synced: they can be copied as a kill or as a power cut would leave them.
import type { SpoolFs } from './spool-fs.ts'

type Inode = { content: Buffer; synced: Buffer; unsynced: ((content: Buffer, share: number) => Buffer)[] }
type Names = Map<string, Inode>
type Folder = { names: Names; synced: Names; unsynced: ((names: Names) => void)[] }
export type MemoryDisk = Map<string, Folder>

/** 0 ≤ x < 1, the same for the same seed */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const splitPath = (path: string): [folder: string, name: string] => [
  path.slice(0, path.lastIndexOf('/')),
  path.slice(path.lastIndexOf('/') + 1),
]
const failure = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code })

export const namesIn = (disk: MemoryDisk, folder: string): string[] => [...(disk.get(folder)?.names.keys() ?? [])].sort()

const inodeAt = (disk: MemoryDisk, path: string): Inode => {
  const [folder, name] = splitPath(path)
  const inode = disk.get(folder)?.names.get(name)
  if (!inode) throw failure('ENOENT', path)
  return inode
}

export const contentOf = (disk: MemoryDisk, path: string): Buffer => inodeAt(disk, path).content

/** From outside: as if somebody else had written it, synced. */
export const setContent = (disk: MemoryDisk, path: string, content: Buffer | null): void => {
  const [folder, name] = splitPath(path)
  const { names, synced } = disk.get(folder)!
  const inode = content && { content, synced: content, unsynced: [] }
  for (const map of [names, synced])
    if (inode) map.set(name, inode)
    else map.delete(name)
}

const copyWith = (disk: MemoryDisk, namesOf: (folder: Folder) => Names, contentOfInode: (inode: Inode) => Buffer): MemoryDisk => {
  const copies = new Map<Inode, Inode>()
  const copyInode = (inode: Inode): Inode => {
    const content = copies.get(inode)?.content ?? Buffer.from(contentOfInode(inode))
    const copy = copies.get(inode) ?? { content, synced: content, unsynced: [] }
    copies.set(inode, copy)
    return copy
  }
  const copy: MemoryDisk = new Map()
  for (const [path, folder] of disk) {
    const names = new Map([...namesOf(folder)].map(([name, inode]) => [name, copyInode(inode)]))
    copy.set(path, { names, synced: new Map(names), unsynced: [] })
  }
  return copy
}

/** As the next process finds it: every write that returned is there. */
export const afterKill = (disk: MemoryDisk): MemoryDisk =>
  copyWith(
    disk,
    ({ names }) => names,
    ({ content }) => content,
  )

/** As the next boot may find it: what was synced, and of the rest some beginning, the last write torn. */
export const afterPowerCut = (disk: MemoryDisk, random: () => number): MemoryDisk =>
  copyWith(
    disk,
    ({ synced, unsynced }) => {
      const names = new Map(synced)
      for (const change of unsynced.slice(0, Math.floor(random() * (unsynced.length + 1)))) change(names)
      return names
    },
    ({ synced, unsynced }) => {
      const whole = Math.floor(random() * (unsynced.length + 1))
      let content: Buffer = Buffer.from(synced)
      for (const change of unsynced.slice(0, whole)) content = change(content, 1)
      return unsynced[whole]?.(content, random()) ?? content
    },
  )

const written = (bytes: Buffer, position: number) => (content: Buffer, share: number) => {
  const part = bytes.subarray(0, Math.floor(bytes.length * share))
  const result = Buffer.alloc(Math.max(content.length, position + part.length))
  result.set(content)
  result.set(part, position)
  return result
}

const truncated = (size: number) => (content: Buffer) => {
  const result = Buffer.alloc(size)
  result.set(content.subarray(0, size))
  return result
}

export const memoryFs = (disk: MemoryDisk): SpoolFs => {
  const files = new Map<number, Inode>()
  let lastFile = 0
  const folderAt = (path: string): Folder => {
    const folder = disk.get(path)
    if (!folder) throw failure('ENOENT', path)
    return folder
  }
  const changeNames = (path: string, change: (names: Names) => void): void => {
    const folder = folderAt(path)
    change(folder.names)
    folder.unsynced.push(change)
  }
  const changeContent = (file: number, change: (content: Buffer, share: number) => Buffer): void => {
    const inode = fileOf(file)
    inode.content = change(inode.content, 1)
    inode.unsynced.push(change)
  }
  const fileOf = (file: number): Inode => {
    const inode = files.get(file)
    if (!inode) throw failure('EBADF', String(file))
    return inode
  }
  const opened = (inode: Inode): number => {
    files.set(++lastFile, inode)
    return lastFile
  }
  return {
    makeFolder: async (path) => {
      if (!disk.has(path)) disk.set(path, { names: new Map(), synced: new Map(), unsynced: [] })
    },
    list: async (folder) => [...folderAt(folder).names.keys()],
    syncFolder: async (path) => {
      const folder = folderAt(path)
      folder.synced = new Map(folder.names)
      folder.unsynced = []
    },
    create: async (path) => {
      const [folder, name] = splitPath(path)
      if (folderAt(folder).names.has(name)) throw failure('EEXIST', path)
      const inode: Inode = { content: Buffer.alloc(0), synced: Buffer.alloc(0), unsynced: [] }
      changeNames(folder, (names) => names.set(name, inode))
      return opened(inode)
    },
    open: async (path) => opened(inodeAt(disk, path)),
    size: async (file) => fileOf(file).content.length,
    read: async (file, to, position) => fileOf(file).content.copy(to, 0, position),
    write: async (file, bytes, position) => {
      changeContent(file, written(Buffer.from(bytes), position))
      return bytes.length
    },
    truncate: async (file, size) => changeContent(file, truncated(size)),
    sync: async (file) => {
      const inode = fileOf(file)
      inode.synced = inode.content
      inode.unsynced = []
    },
    close: async (file) => {
      fileOf(file)
      files.delete(file)
    },
    rename: async (from, to) => {
      const inode = inodeAt(disk, from)
      const [[oldFolder, oldName], [folder, name]] = [splitPath(from), splitPath(to)]
      if (folderAt(folder).names.get(name) === inode) return
      if (folder === oldFolder)
        return changeNames(folder, (names) => {
          names.set(name, inode)
          names.delete(oldName)
        })
      // Between folders a power cut may leave both names: that it leaves none is ruled out by every journal.
      changeNames(folder, (names) => names.set(name, inode))
      folderAt(folder).synced.set(name, inode)
      changeNames(oldFolder, (names) => names.delete(oldName))
    },
    link: async (from, to) => {
      const inode = inodeAt(disk, from)
      const [folder, name] = splitPath(to)
      if (folderAt(folder).names.has(name)) throw failure('EEXIST', to)
      changeNames(folder, (names) => names.set(name, inode))
    },
    remove: async (path) => {
      inodeAt(disk, path)
      const [folder, name] = splitPath(path)
      changeNames(folder, (names) => names.delete(name))
    },
  }
}
