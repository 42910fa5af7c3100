// The counts of the receivers, kept apart by project: what was sent to one is nobody else's business.
import type { Ingest } from '@seamtrace/schema'
import { createIngestStats, type IngestCounts, type IngestStats } from './ingest-stats.ts'

export type ProjectStats = {
  /** Undefined for requests of nobody: their key, their host or their origin was not accepted. */
  of(project: string | undefined): IngestStats
  counts(project: string): IngestCounts
  /** of all together */
  totals(): IngestCounts
}

/** As many as there are projects with a key: bounded where they are made. */
export const createProjectStats = (now: () => Date = () => new Date()): ProjectStats => {
  const all = createIngestStats(now)
  const nobody = countedIn(all, createIngestStats(now))
  const known = new Map<string, IngestStats>()
  const of = (project: string | undefined): IngestStats => {
    if (project === undefined) return nobody
    const stats = known.get(project) ?? countedIn(all, createIngestStats(now))
    known.set(project, stats)
    return stats
  }
  // Requests of nobody are shown to everybody: whoever looks for spans that do not arrive has to see that a key was wrong.
  const counts = (project: string): IngestCounts => {
    const own = of(project).counts()
    const others = nobody.counts()
    return { ...own, startedAt: others.startedAt, requests: own.requests + others.requests, refused: merged(own.refused, others.refused) }
  }
  return { of, counts, totals: all.counts }
}

const countedIn = (all: IngestStats, own: IngestStats): IngestStats => ({
  accepted: (signal, taken) => {
    all.accepted(signal, taken)
    own.accepted(signal, taken)
  },
  refused: (reason, sample) => {
    all.refused(reason, sample)
    own.refused(reason, sample)
  },
  counts: own.counts,
})

const merged = (own: Ingest['refused'], others: Ingest['refused']): Ingest['refused'] => {
  const reasons = new Map(own.map((entry) => [entry.reason, entry]))
  for (const other of others) {
    const same = reasons.get(other.reason)
    reasons.set(other.reason, same ? { ...same, requests: same.requests + other.requests } : other)
  }
  return [...reasons.values()]
}
