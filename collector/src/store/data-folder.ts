// The data folder: made where it is missing, with a note of what wrote it last and who holds it.
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf, SeamtraceError } from '@seamtrace/schema'

/** What stands in `seamtrace.json` of the folder. */
export type FolderNote = {
  engine?: string
  engineVersion?: string
  /** the newest migration that was applied */
  schemaVersion?: string
  /** of the process that opened it last */
  pid?: number
}

/**
 * Folder by folder: on some file systems (/proc) the recursive way of Node tries for ever.
 * @throws SeamtraceError usage
 */
export function makeDataFolder(folder: string): void {
  try {
    if (statSync(folder).isDirectory()) return
  } catch {
    if (dirname(folder) !== folder) makeDataFolder(dirname(folder))
    try {
      mkdirSync(folder)
    } catch (error) {
      throw new SeamtraceError('usage', `cannot make data folder ${folder}: ${messageOf(error)}`, { cause: error, parameters: ['data'] })
    }
    return
  }
  throw new SeamtraceError('usage', `cannot use data folder ${folder}: it is a file`, { parameters: ['data'] })
}

/** Adds to the note, and gives back what it said before; what others noted there stays. */
export function writeNote(folder: string, note: FolderNote): FolderNote {
  const before = readNote(folder)
  const file = join(folder, 'seamtrace.json')
  writeFileSync(`${file}.new`, `${JSON.stringify({ ...before, ...note }, null, 2)}\n`)
  renameSync(`${file}.new`, file)
  return before
}

export function readNote(folder: string): FolderNote {
  try {
    return JSON.parse(readFileSync(join(folder, 'seamtrace.json'), 'utf8')) as FolderNote
  } catch {
    return {}
  }
}

/** The process that opened the folder last, if it still runs. */
export function ownerOf(folder: string): number | undefined {
  const { pid } = readNote(folder)
  if (typeof pid !== 'number') return undefined
  try {
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : undefined
  }
}
