// What spool and inserter tell about themselves, as the API gives it out.
import type { InsertState, SpoolState } from '@seamtrace/schema'
import type { Spool } from '../spool/spool.ts'
import type { Inserter } from './inserter.ts'

export const spoolState = (spool: Pick<Spool, 'stats'>, maxBytes: number): SpoolState => {
  const { waiting, oldestMs, kept, quarantined, missing, sync } = spool.stats()
  return {
    maxBytes,
    waitingRows: waiting.rows,
    waitingBytes: waiting.bytes,
    waitingBlocks: waiting.blocks,
    oldestMs,
    keptBytes: kept.bytes,
    quarantinedFiles: quarantined.files,
    quarantinedRows: quarantined.rows,
    quarantineReason: quarantined.lastReason,
    missingFiles: missing.files,
    missingRows: missing.rows,
    syncP50Ms: sync.p50Ms,
    syncP99Ms: sync.p99Ms,
  }
}

export const insertState = (inserter: Pick<Inserter, 'stats'>): InsertState => {
  const { failing, ...rest } = inserter.stats()
  return { ...rest, failing: failing && { reason: failing.reason, since: new Date(failing.sinceMs).toISOString() } }
}
