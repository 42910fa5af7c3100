// How many spans never reached the collector, told to the collector itself.
import { randomUUID } from 'node:crypto'
import { SEAMTRACE, SEAMTRACE_EVENTS } from '@seamtrace/schema/words'
import { recordsRequest, type SdkRecord } from './records.ts'
import type { ExportRequest } from './request.ts'

export type LossReason = 'no_room' | 'refused' | 'broken'

export interface Losses {
  add(spans: number, reason: LossReason): void
  counts(): Readonly<Record<LossReason, number>>
  /**
   * All losses since the process began, when there are new ones: counts only grow, so a record that is lost or comes twice does no harm.
   * @param resource whose spans they were
   */
  report(resource: SdkRecord['resource']): ExportRequest | undefined
}

export const createLosses = (): Losses => {
  const counts: Record<LossReason, number> = { no_room: 0, refused: 0, broken: 0 }
  const processId = randomUUID()
  let told = 0
  const total = (): number => counts.no_room + counts.refused + counts.broken
  return {
    add: (spans, reason) => {
      counts[reason] += spans
    },
    counts: () => ({ ...counts }),
    report: (resource) => {
      if (total() === told) return undefined
      told = total()
      const attributes = {
        [SEAMTRACE.processId]: processId,
        [SEAMTRACE.lostNoRoom]: counts.no_room,
        [SEAMTRACE.lostRefused]: counts.refused,
        [SEAMTRACE.lostBroken]: counts.broken,
      }
      return recordsRequest([{ eventName: SEAMTRACE_EVENTS.spansLost, attributes, resource }])
    },
  }
}
