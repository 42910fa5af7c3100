// What the collector tells about what it takes in: accepted, refused, cut, waiting on disk, inserted.
import { z } from 'zod'

/** How often something happened, with the newest sample. */
const Reason = z.object({ reason: z.string(), count: z.int(), sample: z.string(), at: z.string() })

const Blocks = z.object({ blocks: z.int(), rows: z.int(), bytes: z.int() })

/** What is on disk between acknowledgement and store: files with blocks of rows, which are spans, log records and data points. */
export const SpoolState = z.object({
  maxBytes: z.int(),
  /** acknowledged, and not yet in the store */
  waiting: Blocks,
  /** how long the oldest of them waits; 0 when none does */
  oldestMs: z.number(),
  /** inserted, and kept for ten minutes in case the store loses it */
  kept: Blocks,
  /** set aside because it is damaged, or because the store refuses it for good; `rows` are those lost by it */
  quarantined: z.object({ files: z.int(), rows: z.int(), bytes: z.int(), lastReason: z.string().nullable() }),
  /** that should be in the folder and are not */
  missing: z.object({ files: z.int(), rows: z.int() }),
  /** ends of files that were never acknowledged, cut off after a crash */
  torn: z.object({ files: z.int(), bytes: z.int() }),
  /** until a group of requests is on disk */
  sync: z.object({ p50Ms: z.number(), p99Ms: z.number() }),
})
export type SpoolState = z.infer<typeof SpoolState>

export const InsertState = z.object({
  rows: z.int(),
  blocks: z.int(),
  retries: z.int(),
  /** from the first row of a block on disk to the block in the store, of the newest block */
  lagMs: z.number(),
  /** why the store takes nothing at present */
  failing: z.object({ reason: z.string(), since: z.string() }).nullable(),
})
export type InsertState = z.infer<typeof InsertState>

export const LOSS_REASONS = ['no_room', 'refused', 'broken'] as const

export const LostSpans = z.object({
  service: z.string(),
  /** no room while the collector was away, refused by it, or not to be written */
  reason: z.enum(LOSS_REASONS),
  spans: z.int(),
  /** when it was told last */
  at: z.string(),
})
export type LostSpans = z.infer<typeof LostSpans>

export const Ingest = z.object({
  startedAt: z.string(),
  acceptedSpans: z.int(),
  requests: z.int(),
  rejectedSpans: z.int(),
  /** started or ended more than a day from their arrival, or ended before they started: stored as they came */
  skewedSpans: z.int(),
  acceptedLogs: z.int(),
  rejectedLogs: z.int(),
  /** data points: all are counted by name, those of the GenAI usage metrics are stored */
  metrics: z.object({
    points: z.int(),
    storedPoints: z.int(),
    rejectedPoints: z.int(),
    names: z.array(z.object({ name: z.string(), points: z.int() })),
  }),
  /** spans, log records and data points that were left out of accepted requests */
  rejected: z.array(Reason),
  /** what went beyond a limit inside stored records and was cut; the sender was warned */
  truncated: z.array(Reason),
  /** whole requests that were refused, by reason, with the newest message */
  refused: z.array(z.object({ reason: z.string(), requests: z.int(), sample: z.string(), at: z.string() })),
  /** that SDKs told they could not deliver, in the last 30 days: by service and reason, the most first */
  lostBySdks: z.array(LostSpans),
  lastSpanAt: z.string().nullable(),
  /** came when others of their run had expired: they are stored, and the run stays as it is; null when another process analyzes */
  lateSpans: z.int().nullable(),
  /** null when another process takes spans */
  spool: SpoolState.nullable(),
  insert: InsertState.nullable(),
  /** traces that have spans newer than their runs */
  pendingTraces: z.int(),
  storedSpans: z.int(),
  storedRuns: z.int(),
  engine: z.string(),
  /** where OTLP over HTTP is taken, '' when another process takes it */
  otlpHttpUrl: z.string(),
})
export type Ingest = z.infer<typeof Ingest>
