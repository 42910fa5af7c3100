// Counts what the receivers accepted and refused since this process started.
import type { Ingest } from '@seamtrace/schema'

export type IngestCounts = Pick<Ingest, 'startedAt' | 'acceptedSpans' | 'requests' | 'rejectedSpans' | 'refused'>

export type IngestStats = {
  /** A request was answered with success, with this many spans stored and left out. */
  accepted(spans: number, rejected: number): void
  /** A whole request was refused. `reason` must be one of few: it is a key that is kept. */
  refused(reason: string, sample: string): void
  counts(): IngestCounts
}

export function createIngestStats(now: () => Date = () => new Date()): IngestStats {
  const startedAt = now().toISOString()
  const refused = new Map<string, IngestCounts['refused'][number]>()
  let acceptedSpans = 0
  let rejectedSpans = 0
  let requests = 0
  return {
    accepted(spans, rejected) {
      requests++
      acceptedSpans += spans
      rejectedSpans += rejected
    },
    refused(reason, sample) {
      requests++
      const before = refused.get(reason)?.requests ?? 0
      refused.set(reason, { reason, requests: before + 1, sample: sample.slice(0, 500), at: now().toISOString() })
    },
    counts: () => ({ startedAt, acceptedSpans, rejectedSpans, requests, refused: [...refused.values()] }),
  }
}
