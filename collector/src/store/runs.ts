// Writes analyzed runs: one row a run, replaced whole by its newest version.
import { decimalUsd } from '@seamtrace/schema'
import type { AnalyzedRun } from '../analyze/analyze.ts'
import type { Store } from './open.ts'

// DateTime64(9) holds 1970 to 2262
const LATEST = 9_223_372_036_000_000_000n

/** As a full date: a bare number of seconds is read as one only when it has ten digits. */
const dateTime = (unixNano: bigint): string => {
  const clamped = unixNano > LATEST ? LATEST : unixNano
  const seconds = new Date(Number(clamped / 1_000_000n)).toISOString().slice(0, 19).replace('T', ' ')
  return `${seconds}.${(clamped % 1_000_000_000n).toString().padStart(9, '0')}`
}

// Decimal(18, 12): six digits before the point. Only an emitter that reports nonsense gets there.
const MOST_PICO = 999_999_999_999_999_999n

const money = (pico: bigint): string => decimalUsd(pico > MOST_PICO ? MOST_PICO : pico < 0n ? 0n : pico)

/** A lone half of a surrogate pair fails the whole insert: spans are cut by emitters, and by us. */
const wellFormed = <T>(value: T): T => {
  if (typeof value === 'string') return value.toWellFormed() as T
  if (Array.isArray(value)) return value.map(wellFormed) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)])) as T
}

const unsigned = (value: number): number => Math.max(0, Math.round(value))

const attributionColumns = ({ run, attributedMessage }: AnalyzedRun) => ({
  attributed_seam: run.attributedTo?.seam ?? '',
  attributed_seam_kind: run.attributedTo?.seamKind ?? '',
  attributed_step: run.attributedTo?.step ?? '',
  attributed_layer: run.attributedTo?.layer ?? '',
  attributed_gap: run.attributedTo?.gap ?? '',
  attributed_kind: run.attributedTo?.kind ?? '',
  attributed_certain: run.attributedTo?.certain ?? false,
  attributed_rule: run.attributedTo?.rule ?? '',
  attributed_span_id: run.attributedTo?.spanId ?? '',
  attributed_message: attributedMessage.slice(0, 500),
})

const stepColumns = ({ stepCounts }: AnalyzedRun) => ({
  'steps.name': stepCounts.map((step) => step.name),
  'steps.layer': stepCounts.map((step) => step.layer),
  'steps.first_start_ms': stepCounts.map((step) => step.firstStartMs),
  'steps.operations': stepCounts.map((step) => step.operations),
  'steps.failed': stepCounts.map((step) => step.failed),
  'steps.first_try': stepCounts.map((step) => step.firstTry),
  'steps.attempts': stepCounts.map((step) => step.attempts),
  'steps.cost_usd': stepCounts.map((step) => money(step.costPico)),
})

const seamColumns = ({ crossings }: AnalyzedRun) => ({
  'seams.seam': crossings.map((seam) => seam.seam),
  'seams.kind': crossings.map((seam) => seam.kind),
  'seams.source': crossings.map((seam) => seam.from),
  'seams.target': crossings.map((seam) => seam.to),
  'seams.layer': crossings.map((seam) => seam.layer),
  'seams.crossings': crossings.map((seam) => seam.crossings),
  'seams.recovered': crossings.map((seam) => seam.recovered),
})

const retriesOf = ({ run }: AnalyzedRun): number =>
  [...run.steps.flatMap((step) => step.operations), ...run.calls].reduce((sum, { attempts }) => sum + attempts.length - 1, 0)

/** A run as JSONEachRow writes it. Any run gives a row that the table takes. */
export const toRunRow = (project: string, analyzed: AnalyzedRun, version: bigint) => {
  const { run } = analyzed
  return wellFormed({
    project,
    run_id: run.runId,
    trace_ids: run.traceIds,
    pipeline: run.pipeline,
    pipeline_version: run.version,
    environment: run.environment,
    service: run.service,
    session_id: run.sessionId,
    user_id: run.userId,
    outcome: run.outcome,
    recovered: run.recovered,
    provisional: run.provisional,
    start_time: dateTime(analyzed.startUnixNano),
    end_time: dateTime(analyzed.endUnixNano),
    duration_ms: run.durationMs,
    input_tokens: unsigned(run.inputTokens),
    output_tokens: unsigned(run.outputTokens),
    cost_usd: money(analyzed.costPico),
    wasted_usd: money(analyzed.wastedPico),
    unpriced_calls: run.unpricedCalls,
    n_steps: run.steps.filter((step) => step.parent === '').length,
    n_retries: retriesOf(analyzed),
    ...attributionColumns(analyzed),
    first_loss_step: analyzed.firstLossStep,
    path: analyzed.path,
    ...stepColumns(analyzed),
    ...seamColumns(analyzed),
    layer_operations: Object.fromEntries(analyzed.layerOperations),
    story: run.story,
    detail: JSON.stringify(run),
    rules_version: analyzed.rulesVersion,
    version: version.toString(),
    is_deleted: 0,
  })
}

/** A run that was only provisional and is now part of another one. */
export type Tombstone = { runId: string }

/**
 * Inserts runs and tombstones.
 * @param version grows with every analysis; the highest wins
 */
export const insertRuns = async (
  store: Pick<Store, 'client'>,
  project: string,
  runs: readonly AnalyzedRun[],
  tombstones: readonly Tombstone[],
  version: bigint,
): Promise<void> => {
  const deleted = tombstones.map(({ runId }) => ({ project, run_id: runId, version: version.toString(), is_deleted: 1 }))
  const values = [...runs.map((run) => toRunRow(project, run, version)), ...deleted]
  if (values.length === 0) return
  await store.client.insert({
    table: 'runs',
    values,
    format: 'JSONEachRow',
    clickhouse_settings: { input_format_skip_unknown_fields: 0, async_insert: 0 },
  })
}
