// A run → its row in `runs` as RowBinary: every column once, in order, with where its value comes from.
import type { AnalyzedRun } from '../analyze/analyze.ts'
import { UINT16, UINT32, within } from './cells.ts'
import type { RowWriter } from './row-binary.ts'
import { detailOfRun } from './run-detail.ts'

type Write = (writer: RowWriter, analyzed: AnalyzedRun) => void

// DateTime64(9) holds 1970 to 2262
const LATEST = 9_223_372_036_000_000_000n
// Decimal(18, 12): six digits before the point. Only an emitter that reports nonsense gets there.
const MOST_PICO = 999_999_999_999_999_999n

const between = (value: bigint, most: bigint): bigint => (value < 0n ? 0n : value > most ? most : value)

/** How a column is written, and how many zero bytes are its empty value. */
type Cell = { empty: number; write: Write }

const text = (of: (analyzed: AnalyzedRun) => string): Cell => ({ empty: 1, write: (writer, analyzed) => writer.string(of(analyzed)) })
const flag = (of: (analyzed: AnalyzedRun) => boolean): Cell => ({
  empty: 1,
  write: (writer, analyzed) => writer.uint8(of(analyzed) ? 1 : 0),
})
const uint32 = (of: (analyzed: AnalyzedRun) => number): Cell => ({
  empty: 4,
  write: (writer, analyzed) => writer.uint32(within(of(analyzed), UINT32)),
})
const tokens = (of: (analyzed: AnalyzedRun) => number): Cell => ({
  empty: 8,
  write: (writer, analyzed) => writer.count(within(of(analyzed), Number.MAX_SAFE_INTEGER)),
})
const money = (of: (analyzed: AnalyzedRun) => bigint): Cell => ({
  empty: 8,
  write: (writer, analyzed) => writer.uint64(between(of(analyzed), MOST_PICO)),
})
/** Milliseconds of a DateTime64(3); 1970 where there is none. */
const millis = (of: (analyzed: AnalyzedRun) => number | null | undefined): Cell => ({
  empty: 8,
  write: (writer, analyzed) => writer.uint64(between(BigInt(Math.trunc(of(analyzed) || 0)), LATEST / 1_000_000n)),
})
const timeOf = (iso: string | null | undefined): number => (iso ? Date.parse(iso) : 0)
const list = <T>(of: (analyzed: AnalyzedRun) => readonly T[], write: (writer: RowWriter, item: T) => void): Cell => ({
  empty: 1,
  write: (writer, analyzed) => {
    const items = of(analyzed)
    writer.size(items.length)
    for (const item of items) write(writer, item)
  },
})

const ofSteps = (write: (writer: RowWriter, step: AnalyzedRun['stepCounts'][number]) => void): Cell =>
  list(({ stepCounts }) => stepCounts, write)
const ofSeams = (write: (writer: RowWriter, seam: AnalyzedRun['crossings'][number]) => void): Cell =>
  list(({ crossings }) => crossings, write)

const writeLayer = (writer: RowWriter, [layer, operations]: readonly [string, number]): void => {
  writer.string(layer)
  writer.uint32(operations)
}

const retriesOf = ({ run }: AnalyzedRun): number => {
  let retries = 0
  for (const step of run.steps) for (const { attempts } of step.operations) retries += attempts.length - 1
  for (const { attempts } of run.calls) retries += attempts.length - 1
  return retries
}

const COLUMNS: [column: string, cell: Cell][] = [
  [
    'trace_ids',
    list(
      ({ run }) => run.traceIds,
      (writer, id) => writer.string(id),
    ),
  ],
  ['pipeline', text(({ run }) => run.pipeline)],
  ['pipeline_version', text(({ run }) => run.version)],
  ['environment', text(({ run }) => run.environment)],
  ['service', text(({ run }) => run.service)],
  ['session_id', text(({ run }) => run.sessionId)],
  ['user_id', text(({ run }) => run.userId)],
  ['outcome', text(({ run }) => run.outcome)],
  ['recovered', flag(({ run }) => run.recovered)],
  ['provisional', flag(({ run }) => run.provisional)],
  ['start_time', { empty: 8, write: (writer, { startUnixNano }) => writer.uint64(between(startUnixNano, LATEST)) }],
  ['duration_ms', { empty: 8, write: (writer, { run }) => writer.float64(run.durationMs) }],
  ['input_tokens', tokens(({ run }) => run.inputTokens)],
  ['output_tokens', tokens(({ run }) => run.outputTokens)],
  ['cost_usd', money(({ costPico }) => costPico)],
  ['wasted_usd', money(({ wastedPico }) => wastedPico)],
  ['unpriced_calls', uint32(({ run }) => run.unpricedCalls)],
  ['n_steps', uint32(({ run }) => run.steps.reduce((sum, { parent }) => sum + (parent === '' ? 1 : 0), 0))],
  ['n_retries', uint32(retriesOf)],
  ['attributed_seam', text(({ run }) => run.attributedTo?.seam ?? '')],
  ['attributed_seam_kind', text(({ run }) => run.attributedTo?.seamKind ?? '')],
  ['attributed_step', text(({ run }) => run.attributedTo?.step ?? '')],
  ['attributed_layer', text(({ run }) => run.attributedTo?.layer ?? '')],
  ['attributed_gap', text(({ run }) => run.attributedTo?.gap ?? '')],
  ['attributed_kind', text(({ run }) => run.attributedTo?.kind ?? '')],
  ['attributed_certain', flag(({ run }) => run.attributedTo?.certain ?? false)],
  ['attributed_rule', text(({ run }) => run.attributedTo?.rule ?? '')],
  ['attributed_span_id', text(({ run }) => run.attributedTo?.spanId ?? '')],
  ['attributed_message', text(({ attributedMessage }) => attributedMessage.slice(0, 500))],
  ['first_loss_step', text(({ firstLossStep }) => firstLossStep)],
  [
    'path',
    list(
      ({ path }) => path,
      (writer, step) => writer.string(step),
    ),
  ],
  ['steps.name', ofSteps((writer, step) => writer.string(step.name))],
  ['steps.layer', ofSteps((writer, step) => writer.string(step.layer))],
  ['steps.first_start_ms', ofSteps((writer, step) => writer.float64(step.firstStartMs))],
  ['steps.operations', ofSteps((writer, step) => writer.uint32(step.operations))],
  ['steps.failed', ofSteps((writer, step) => writer.uint32(step.failed))],
  ['steps.first_try', ofSteps((writer, step) => writer.uint32(step.firstTry))],
  ['steps.attempts', ofSteps((writer, step) => writer.uint32(within(step.attempts, UINT32)))],
  ['steps.cost_usd', ofSteps((writer, step) => writer.uint64(between(step.costPico, MOST_PICO)))],
  ['seams.seam', ofSeams((writer, { seam }) => writer.string(seam))],
  ['seams.kind', ofSeams((writer, { kind }) => writer.string(kind))],
  ['seams.source', ofSeams((writer, { from }) => writer.string(from))],
  ['seams.target', ofSeams((writer, { to }) => writer.string(to))],
  ['seams.layer', ofSeams((writer, { layer }) => writer.string(layer))],
  ['seams.crossings', ofSeams((writer, { crossings }) => writer.uint32(within(crossings, UINT32)))],
  ['seams.recovered', ofSeams((writer, { recovered }) => writer.uint32(within(recovered, UINT32)))],
  ['layer_operations', list(({ layerOperations }) => [...layerOperations], writeLayer)],
  ['story', text(({ run }) => run.story)],
  ['detail', text(({ run }) => detailOfRun(run))],
  ['live_step', text(({ run }) => run.liveness?.step ?? '')],
  ['heard_at', millis(({ run }) => timeOf(run.liveness?.heardAt))],
  ['stalled_since', millis(({ run }) => timeOf(run.liveness?.stalledSince))],
  ['recheck_at', millis(({ recheckUnixNano }) => Number(recheckUnixNano / 1_000_000n))],
  ['rules_version', { empty: 2, write: (writer, { rulesVersion }) => writer.uint16(within(rulesVersion, UINT16)) }],
]

/** The columns in the order in which rows are written, for INSERT. */
export const RUN_COLUMNS = ['project', 'run_id', 'version', 'is_deleted', 'end_time', ...COLUMNS.map(([column]) => column)].join(', ')

const CELLS = COLUMNS.map(([, cell]) => cell)
const EMPTY = new Uint8Array(CELLS.reduce((sum, { empty }) => sum + empty, 0))

/** Appends the row of a run. Any run gives a row that the table takes; the writer replaces lone halves of surrogate pairs. */
export const encodeRun = (writer: RowWriter, project: string, analyzed: AnalyzedRun, version: bigint): void => {
  writer.string(project)
  writer.string(analyzed.run.runId)
  writer.uint64(version)
  writer.uint8(0)
  writer.uint64(between(analyzed.endUnixNano, LATEST))
  for (const { write } of CELLS) write(writer, analyzed)
}

/** Appends the row that takes a run away. Its end is now, so that whoever looks only at later ends finds it. */
export const encodeTombstone = (writer: RowWriter, project: string, runId: string, version: bigint): void => {
  writer.string(project)
  writer.string(runId)
  writer.uint64(version)
  writer.uint8(1)
  writer.uint64(version * 1_000_000n)
  writer.raw(EMPTY)
}
