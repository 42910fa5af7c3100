// One spool per folder: a file that names the process which has it open. The engine's folder lock is the strong one; this one is cheap.
import { join } from 'node:path'
import { SeamtraceError } from '@seamtrace/schema'
import type { Host } from './host.ts'
import type { SpoolFs } from './spool-fs.ts'
import { codeOf, readWhole, withFile, writeWhole } from './spool-fs.ts'

/**
 * Returns what gives the folder free again.
 * @throws SeamtraceError data_folder_in_use
 */
export const claimFolder = async (fs: SpoolFs, host: Host, dir: string): Promise<() => Promise<void>> => {
  const path = join(dir, 'owner')
  const owner = await readWhole(fs, path).then(
    (bytes) => bytes.toString('latin1'),
    (error) => (codeOf(error) === 'ENOENT' ? null : ''),
  )
  if (owner !== null && host.isRunning(owner)) {
    const message = `folder ${dir} is in use by another process (pid ${owner.split(' ')[0]}); stop it or choose another folder with --data`
    throw new SeamtraceError('data_folder_in_use', message)
  }
  try {
    if (owner !== null) await fs.remove(path)
    await withFile(fs, fs.create(path), (file) => writeWhole(fs, file, Buffer.from(host.processId, 'latin1'), 0))
  } catch (error) {
    // Of two that start at once, one made the file. Any other trouble, a full disk say, is no reason not to start.
    if (codeOf(error) === 'EEXIST')
      throw new SeamtraceError(
        'data_folder_in_use',
        `folder ${dir} is in use by another process, which opens it just now; stop it or choose another folder with --data`,
      )
  }
  return () => fs.remove(path).catch(() => undefined)
}
