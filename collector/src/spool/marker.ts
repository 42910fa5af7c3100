// The mark of a clean stop: while it is missing, or of an earlier boot, all kept blocks have to be inserted again.

import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Host } from './host.ts'
import { codeOf, readWhole, withFile, writeWhole } from './spool-fs.ts'
import type { SpoolState } from './state.ts'

const NAME = 'clean-stop'

/** Nothing is synced here: the mark counts within one boot only, in which every process sees what the last one wrote. */
export const leaveMarker = async ({ fs, dir, crash }: SpoolState, host: Host, waitingIds: readonly string[]): Promise<void> => {
  const text = JSON.stringify({ boot: host.bootId, waiting: waitingIds })
  const bytes = Buffer.from(`${crc32(text)}\n${text}`)
  await withFile(fs, fs.create(join(dir, NAME)), (file) => writeWhole(fs, file, bytes, 0))
  crash('marker-written')
}

/** The ids of the blocks that waited at the last stop if it was a clean one, else null. The mark is gone afterwards. */
export const takeMarker = async ({ fs, dir, crash }: SpoolState, host: Host): Promise<string[] | null> => {
  const path = join(dir, NAME)
  const waitingIds = await readWhole(fs, path).then(
    (bytes) => parse(bytes.toString('utf8'), host.bootId),
    () => null,
  )
  await fs.remove(path).catch((error) => {
    // With the mark still there the next unclean stop would look like a clean one.
    if (codeOf(error) !== 'ENOENT') throw error
  })
  crash('marker-removed')
  return waitingIds
}

const parse = (content: string, bootId: string): string[] | null => {
  const split = content.indexOf('\n')
  const text = content.slice(split + 1)
  if (split < 0 || Number(content.slice(0, split)) !== crc32(text)) return null
  const { boot, waiting }: { boot: string; waiting: string[] } = JSON.parse(text)
  return boot === bootId ? waiting : null
}
