// What the spool tells about itself.
import type { Lane } from './lane.ts'
import type { SpoolState, StoredBlock } from './state.ts'

type Amount = { blocks: number; rows: number; bytes: number }

export type SpoolStats = {
  /** acknowledged and not yet inserted, the block that is being inserted included */
  waiting: Amount
  /** how long the oldest of them waits; 0 if none does */
  oldestMs: number
  /** inserted, and kept for a while */
  kept: Amount
  /** `rows` is what is known to be lost for the store */
  quarantined: { files: number; rows: number; bytes: number; lastReason: string | null }
  missing: { files: number; rows: number }
  torn: { files: number; bytes: number }
  /** since the start */
  appended: { groups: number; rows: number; bytes: number }
  sync: { p50Ms: number; p99Ms: number }
}

export const statsOf = (state: SpoolState): SpoolStats => {
  const lanes = [...state.lanes.values()]
  const waiting = [...state.inFlight.values(), ...lanes.flatMap(waitingIn)]
  const now = state.now()
  const quarantined = [...state.quarantine.files.values()]
  return {
    waiting: amountOf(waiting),
    oldestMs: waiting.reduce((oldest, { createdAtMs }) => Math.max(oldest, now - createdAtMs), 0),
    kept: amountOf(state.kept.blocks.map(({ block }) => block)),
    quarantined: { files: quarantined.length, ...sum(quarantined), lastReason: state.quarantine.lastReason },
    missing: { ...state.missing },
    torn: { ...state.torn },
    appended: { ...state.appended },
    sync: { p50Ms: state.syncMs.quantile(0.5), p99Ms: state.syncMs.quantile(0.99) },
  }
}

const waitingIn = ({ sealed, sealing, open }: Lane): StoredBlock[] => [...sealed, ...(sealing ? [sealing] : []), ...(open ? [open] : [])]

const amountOf = (blocks: readonly { rows: number; bytes: number }[]): Amount => ({ blocks: blocks.length, ...sum(blocks) })

const sum = (items: readonly { rows: number; bytes: number }[]): { rows: number; bytes: number } =>
  items.reduce((all, { rows, bytes }) => ({ rows: all.rows + rows, bytes: all.bytes + bytes }), { rows: 0, bytes: 0 })
