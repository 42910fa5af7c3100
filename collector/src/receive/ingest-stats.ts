// Counts what the receivers accepted, cut and refused since this process started.
import type { Ingest } from '@seamtrace/schema'
import type { Counted, Outcome } from '../decode/decoded.ts'
import { totalOf } from '../decode/decoded.ts'

export type IngestCounts = Pick<
  Ingest,
  | 'startedAt'
  | 'acceptedSpans'
  | 'requests'
  | 'rejectedSpans'
  | 'refused'
  | 'acceptedLogs'
  | 'rejectedLogs'
  | 'metrics'
  | 'skewedSpans'
  | 'truncated'
  | 'rejected'
>

/** What one request brought, once it is stored. */
export type Taken = Outcome & {
  spans: number
  /** spans whose times do not fit their arrival */
  skewed: number
  logs: number
  points: number
  storedPoints: number
  /** data points by name of metric */
  metricNames: [name: string, points: number][]
}

export type IngestStats = {
  /** A request was answered with success. */
  accepted(signal: 'traces' | 'logs' | 'metrics', taken: Taken): void
  /** A whole request was refused. `reason` must be one of few: it is a key that is kept. */
  refused(reason: string, sample: string): void
  counts(): IngestCounts
}

const MAX_METRIC_NAMES = 200
// reasons are texts of our own, so there are few; a bound all the same
const MAX_REASONS = 100

type Reason = Ingest['truncated'][number]

export const createIngestStats = (now: () => Date = () => new Date()): IngestStats => {
  const startedAt = now().toISOString()
  const refused = new Map<string, IngestCounts['refused'][number]>()
  const truncated = new Map<string, Reason>()
  const rejected = new Map<string, Reason>()
  const names = new Map<string, number>()
  const sum = {
    requests: 0,
    spans: 0,
    skewed: 0,
    logs: 0,
    points: 0,
    storedPoints: 0,
    rejectedSpans: 0,
    rejectedLogs: 0,
    rejectedPoints: 0,
  }

  return {
    accepted: (signal, taken) => {
      sum.requests++
      sum.spans += taken.spans
      sum.skewed += taken.skewed
      sum.logs += taken.logs
      sum.points += taken.points
      sum.storedPoints += taken.storedPoints
      const left = totalOf(taken.rejected)
      if (signal === 'traces') sum.rejectedSpans += left
      else if (signal === 'logs') sum.rejectedLogs += left
      else sum.rejectedPoints += left
      addReasons(rejected, taken.rejected, now)
      addReasons(truncated, taken.truncated, now)
      for (const [name, points] of taken.metricNames) addName(names, name, points)
    },
    refused: (reason, sample) => {
      sum.requests++
      const before = refused.get(reason)?.requests ?? 0
      refused.set(reason, { reason, requests: before + 1, sample: sample.slice(0, 500), at: now().toISOString() })
    },
    counts: () => ({
      startedAt,
      acceptedSpans: sum.spans,
      rejectedSpans: sum.rejectedSpans,
      skewedSpans: sum.skewed,
      acceptedLogs: sum.logs,
      rejectedLogs: sum.rejectedLogs,
      metrics: {
        points: sum.points,
        storedPoints: sum.storedPoints,
        rejectedPoints: sum.rejectedPoints,
        names: [...names].map(([name, points]) => ({ name, points })).sort((a, b) => b.points - a.points),
      },
      requests: sum.requests,
      refused: [...refused.values()],
      rejected: [...rejected.values()],
      truncated: [...truncated.values()],
    }),
  }
}

const addReasons = (reasons: Map<string, Reason>, counted: Counted[], now: () => Date): void => {
  for (const { reason, count, sample } of counted) {
    const before = reasons.get(reason)?.count
    if (before === undefined && reasons.size >= MAX_REASONS) continue
    reasons.set(reason, { reason, count: (before ?? 0) + count, sample, at: now().toISOString() })
  }
}

const addName = (names: Map<string, number>, name: string, points: number): void => {
  const known = names.has(name) || names.size < MAX_METRIC_NAMES ? name : '(other)'
  names.set(known, (names.get(known) ?? 0) + points)
}
