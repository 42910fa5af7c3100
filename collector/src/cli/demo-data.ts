// The data folder of the demo: emptied at start, but only when a demo made it, and never while a process uses it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SeamtraceError } from '@seamtrace/schema'

const NOTE = 'seamtrace.json'
const CONTENT = ['engine', 'tmp', NOTE]

/**
 * Empties the folder unless it is to be kept, and notes that it is a demo's.
 * @throws SeamtraceError data_folder_in_use, or usage when the folder holds the data of a real collector
 */
export const prepareDataFolder = (folder: string, keep: boolean): void => {
  const note = readNote(folder)
  if (note && !keep) {
    if (note.demo !== true)
      throw new SeamtraceError(
        'usage',
        `cannot empty data folder ${folder}: no demo made it; choose another one with --data, or say --keep to add to it`,
      )
    if (isAlive(note.pid))
      throw new SeamtraceError(
        'data_folder_in_use',
        `data folder ${folder} is in use by another process (pid ${note.pid}); stop it or choose another folder with --data`,
      )
    for (const name of CONTENT) rmSync(join(folder, name), { recursive: true, force: true })
  }
  if (note && keep) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, NOTE), `${JSON.stringify({ demo: true })}\n`)
}

const readNote = (folder: string): Record<string, unknown> | null => {
  try {
    const note: unknown = JSON.parse(readFileSync(join(folder, NOTE), 'utf8'))
    return typeof note === 'object' && note !== null ? { ...note } : {}
  } catch {
    return null
  }
}

const isAlive = (pid: unknown): boolean => {
  if (typeof pid !== 'number') return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
