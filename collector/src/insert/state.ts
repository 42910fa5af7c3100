// What spool and inserter tell about themselves, as the API gives it out.
import type { InsertState, SpoolState } from '@seamtrace/schema'
import type { Spool } from '../spool/spool.ts'
import type { Inserter } from './inserter.ts'

export const spoolState = (spool: Pick<Spool, 'stats'>, maxBytes: number): SpoolState => {
  const { appended: _, ...shown } = spool.stats()
  return { maxBytes, ...shown }
}

export const insertState = (inserter: Pick<Inserter, 'stats'>): InsertState => {
  const { failing, ...rest } = inserter.stats()
  return { ...rest, failing: failing && { reason: failing.reason, since: new Date(failing.sinceMs).toISOString() } }
}
