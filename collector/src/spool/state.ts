// What the parts of an open spool share.
import type { Kept } from './kept.ts'
import type { Lane } from './lane.ts'
import type { Latency } from './latency.ts'
import type { Quarantine } from './quarantine.ts'
import type { SpoolFs } from './spool-fs.ts'

/** Where a test may end the process. Each is named for what has just been done. */
export const CRASH_POINTS = [
  'group-written',
  'group-synced',
  'folder-synced',
  'trailer-written',
  'trailer-synced',
  'sealed-renamed',
  'inserted-renamed',
  'kept-removed',
  'quarantined',
  'marker-removed',
  'leftover-sealed',
  'marker-written',
] as const
export type CrashPoint = (typeof CRASH_POINTS)[number]

/** A block that is on disk. */
export type StoredBlock = {
  /** never given to other rows: may serve as an insert token */
  id: string
  table: string
  sequence: number
  /** 0 where the file could not be read so far */
  rows: number
  /** of the file */
  bytes: number
  createdAtMs: number
  path: string
}

export type Limits = {
  /** of all files that wait or are kept; quarantined ones do not count */
  maxBytes: number
  keepMs: number
  /** how long rows wait for more of their block; four times as long where many come */
  sealAfterMs: number
  maxBlockRows: number
  maxBlockBytes: number
}

export type SpoolState = {
  readonly dir: string
  readonly fs: SpoolFs
  readonly limits: Limits
  /** milliseconds since 1970 that never step back while the process lives */
  readonly now: () => number
  readonly crash: (point: CrashPoint) => void
  readonly lanes: Map<string, Lane>
  readonly kept: Kept
  readonly quarantine: Quarantine
  readonly syncMs: Latency
  /** handed out and not yet inserted, by path */
  readonly inFlight: Map<string, StoredBlock>
  /** memory of blocks that were given back, for the next ones */
  readonly spare: Buffer[]
  /** of all files that wait, are handed out, or are open */
  heldBytes: number
  /** of appends that are not yet written */
  queuedBytes: number
  /** after a write that failed: until then asking for room is in vain */
  refusedUntilMs: number
  readonly appended: { groups: number; rows: number; bytes: number }
  /** files whose end was cut off, or which held no whole group, as never acknowledged */
  readonly torn: { files: number; bytes: number }
  /** blocks that should be there and are not */
  readonly missing: { files: number; rows: number }
  /** those who wait for a block */
  readonly waiting: Set<() => void>
  closed: boolean
}

/** Something may have changed for those who wait for a block. */
export const wake = ({ waiting }: SpoolState): void => {
  for (const look of waiting) look()
  waiting.clear()
}
