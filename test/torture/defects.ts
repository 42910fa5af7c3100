// Disks that do not keep what they promise, for negative controls: with one of them the harness must find losses.
import { setTimeout as sleep } from 'node:timers/promises'
import { diskFs, type SpoolFs } from '../../collector/src/spool/spool-fs.ts'

/**
 * late: what is written stays in memory for a second, and a sync says at once that all is on disk ·
 * no-replay: nothing that an earlier life left is found · no-kept: inserted blocks of an earlier life are not found
 */
export type Defect = 'late' | 'no-replay' | 'no-kept'

export const defectiveFs = (defect: Defect): SpoolFs => {
  if (defect === 'late') return lateFs()
  const isHidden = (name: string): boolean => (defect === 'no-replay' ? /\.(open|sealed|inserted)$/ : /\.inserted$/).test(name)
  return { ...diskFs, list: async (folder) => (await diskFs.list(folder)).filter((name) => !isHidden(name)) }
}

const LATE_MS = 1_000

type Write = { bytes: Buffer; position: number }

/** A block is whole for those who read it in this life; only a crash shows that it was never on disk. */
const lateFs = (): SpoolFs => {
  const held = new Map<number, Write[]>()
  const flush = async (file: number): Promise<void> => {
    const writes = held.get(file) ?? []
    held.delete(file)
    for (const { bytes, position } of writes) await diskFs.write(file, bytes, position)
  }
  return {
    ...diskFs,
    write: async (file, bytes, position) => {
      if (!held.has(file)) {
        held.set(file, [])
        void sleep(LATE_MS).then(() => flush(file))
      }
      held.get(file)?.push({ bytes: Buffer.from(bytes), position })
      return bytes.length
    },
    sync: async () => undefined,
    syncFolder: async () => undefined,
    truncate: async (file, size) => {
      await flush(file)
      await diskFs.truncate(file, size)
    },
    close: async (file) => {
      await flush(file)
      await diskFs.close(file)
    },
  }
}
