// GET /ingest: what was accepted and refused since the start, what is stored, and how far the analysis is.
import type { Ingest } from '@seamtrace/schema'
import { readRows } from '../store/read.ts'
import { sdkLosses } from '../store/sdk-losses.ts'
import { isoOf, type Scope } from './scope.ts'

/** What the receivers have counted since this process started. */
export type ReceiveStats = Omit<
  Ingest,
  'lostBySdks' | 'lastSpanAt' | 'lateSpans' | 'pendingTraces' | 'storedSpans' | 'storedRuns' | 'engine' | 'otlpHttpUrl'
>

export type Progress = {
  stats: (project: string) => ReceiveStats
  /** told by the analysis of a project where it runs in this process; else read from its progress, which is written every few seconds */
  pendingTraces?: (project: string) => number | undefined
  /** told likewise */
  lateSpans?: (project: string) => number | undefined
  otlpHttpUrl?: string
}

type StoredRow = { lastSpanMs: number; pendingTraces: number; storedSpans: number; storedRuns: number }

// Stored spans are counted without duplicates; days that are merged already need no second look, since a span keeps its day.
const STORED = `
SELECT
  (SELECT toUnixTimestamp64Milli(max(touched_at)) FROM trace_touch WHERE project = {project:String}) AS lastSpanMs,
  (SELECT uniqExact(trace_id) FROM trace_touch WHERE project = {project:String} AND touched_at >
    (SELECT max(derived_through) FROM derive_progress WHERE project IN ('', {project:String}))) AS pendingTraces,
  (SELECT count() FROM spans FINAL WHERE project = {project:String} SETTINGS do_not_merge_across_partitions_select_final = 1) AS storedSpans,
  (SELECT count() FROM runs FINAL WHERE project = {project:String}) AS storedRuns`

export const ingest = async (scope: Scope, progress: Progress): Promise<Ingest> => {
  const storing = readRows<StoredRow>(scope.store, STORED, { project: scope.project })
  const [[row], lostBySdks] = await Promise.all([storing, sdkLosses(scope.store, scope.project)])
  const { lastSpanMs = 0, ...stored } = row ?? { pendingTraces: 0, storedSpans: 0, storedRuns: 0 }
  return {
    ...progress.stats(scope.project),
    ...stored,
    lostBySdks,
    pendingTraces: progress.pendingTraces?.(scope.project) ?? stored.pendingTraces,
    lateSpans: progress.lateSpans?.(scope.project) ?? null,
    lastSpanAt: lastSpanMs > 0 ? isoOf(lastSpanMs) : null,
    engine: `${scope.store.engine} ${scope.store.version}`,
    otlpHttpUrl: progress.otlpHttpUrl ?? '',
  }
}
