// Rows of `runs` for tests: one by hand with defaults, or arbitrary ones that contradict themselves as real ones may.
import { GAPS, LAYERS, type Run, SEAM_KINDS, seamId } from '@seamtrace/schema'
import fc from 'fast-check'
import type { Store } from '../../collector/src/store/open.ts'

/** What a test says of a run; everything else has a default. */
// The suites ask at a moment of their own, taken once: runs that came with the clock would fall out of it on a slow machine.
const LOADED_MS = Date.now()

export type RunSpec = {
  runId: string
  pipeline: string
  version: string
  environment: string
  sessionId: string
  outcome: Run['outcome']
  recovered: boolean
  /** milliseconds since 1970 */
  endMs: number
  durationMs: number
  costUsd: number
  wastedUsd: number
  /** null for a run that is charged to no seam */
  charge: {
    seam: string
    seamKind: string
    step: string
    layer: string
    gap: string
    kind: string
    certain: boolean
    message: string
  } | null
  firstLossStep: string
  steps: { name: string; layer: string; firstStartMs: number; operations: number; failed: number; firstTry: number }[]
  seams: { seam: string; kind: string; source: string; target: string; layer: string; crossings: number; recovered: number }[]
  story: string
  traceIds: string[]
  rowVersion: number
  isDeleted: boolean
}

export const runSpec = (spec: Partial<RunSpec> & Pick<RunSpec, 'runId'>): RunSpec => ({
  pipeline: 'support-refund',
  version: '1',
  environment: 'default',
  sessionId: '',
  outcome: 'success',
  recovered: false,
  endMs: LOADED_MS - 60_000,
  durationMs: 1_500,
  costUsd: 0.01,
  wastedUsd: 0,
  charge: null,
  firstLossStep: '',
  steps: [],
  seams: [],
  story: `Run ${spec.runId}.`,
  traceIds: [],
  rowVersion: 1,
  isDeleted: false,
  ...spec,
})

export const insertRunSpecs = async (store: Store, project: string, specs: readonly RunSpec[]): Promise<void> => {
  if (specs.length === 0) return
  await store.client.insert({
    table: 'runs',
    values: specs.map((spec) => rowOf(project, spec)),
    format: 'JSONEachRow',
    clickhouse_settings: { input_format_skip_unknown_fields: 0, async_insert: 0 },
  })
}

/** A time as the engine reads it. */
export const engineTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, -1)

const rowOf = (project: string, spec: RunSpec) => ({
  project,
  run_id: spec.runId,
  trace_ids: spec.traceIds,
  pipeline: spec.pipeline,
  pipeline_version: spec.version,
  environment: spec.environment,
  service: 'shop',
  session_id: spec.sessionId,
  user_id: '',
  outcome: spec.outcome,
  recovered: spec.recovered,
  provisional: false,
  start_time: engineTime(spec.endMs - spec.durationMs),
  end_time: engineTime(spec.endMs),
  duration_ms: spec.durationMs,
  input_tokens: 100,
  output_tokens: 20,
  cost_usd: spec.costUsd.toFixed(6),
  wasted_usd: spec.wastedUsd.toFixed(6),
  unpriced_calls: 0,
  n_steps: spec.steps.length,
  n_retries: spec.recovered ? 1 : 0,
  attributed_seam: spec.charge?.seam ?? '',
  attributed_seam_kind: spec.charge?.seamKind ?? '',
  attributed_step: spec.charge?.step ?? '',
  attributed_layer: spec.charge?.layer ?? '',
  attributed_gap: spec.charge?.gap ?? '',
  attributed_kind: spec.charge?.kind ?? '',
  attributed_certain: spec.charge?.certain ?? false,
  attributed_message: spec.charge?.message ?? '',
  first_loss_step: spec.firstLossStep,
  path: spec.steps.toSorted((a, b) => a.firstStartMs - b.firstStartMs).flatMap((step) => Array<string>(step.operations).fill(step.name)),
  'steps.name': spec.steps.map((step) => step.name),
  'steps.layer': spec.steps.map((step) => step.layer),
  'steps.first_start_ms': spec.steps.map((step) => step.firstStartMs),
  'steps.operations': spec.steps.map((step) => step.operations),
  'steps.failed': spec.steps.map((step) => step.failed),
  'steps.first_try': spec.steps.map((step) => step.firstTry),
  'steps.attempts': spec.steps.map((step) => step.operations),
  'steps.cost_usd': spec.steps.map(() => '0'),
  'seams.seam': spec.seams.map((seam) => seam.seam),
  'seams.kind': spec.seams.map((seam) => seam.kind),
  'seams.source': spec.seams.map((seam) => seam.source),
  'seams.target': spec.seams.map((seam) => seam.target),
  'seams.layer': spec.seams.map((seam) => seam.layer),
  'seams.crossings': spec.seams.map((seam) => seam.crossings),
  'seams.recovered': spec.seams.map((seam) => seam.recovered),
  layer_operations: Object.fromEntries(spec.steps.map((step) => [step.layer, step.operations])),
  story: spec.story,
  detail: JSON.stringify(detailOf(spec)),
  rules_version: 1,
  version: spec.rowVersion,
  is_deleted: spec.isDeleted ? 1 : 0,
})

export const detailOf = (spec: RunSpec): Run => ({
  runId: spec.runId,
  traceIds: spec.traceIds,
  provisional: false,
  pipeline: spec.pipeline,
  version: spec.version,
  environment: spec.environment,
  service: 'shop',
  sessionId: spec.sessionId,
  userId: '',
  retryOf: '',
  outcome: spec.outcome,
  recovered: spec.recovered,
  startTime: new Date(spec.endMs - spec.durationMs).toISOString(),
  durationMs: spec.durationMs,
  inputTokens: 100,
  outputTokens: 20,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costUsd: spec.costUsd,
  wastedUsd: spec.wastedUsd,
  wasted: { failedRunUsd: spec.wastedUsd, failedAttemptsUsd: 0, duplicateWorkUsd: 0 },
  unpricedCalls: 0,
  reportedCalls: 0,
  attributedTo: null,
  story: spec.story,
  liveness: null,
  steps: [],
  handoffs: [],
  calls: [],
  failures: [],
})

const STEPS = ['classify', 'plan', 'act', 'verify', 'start', 'it\'s; "odd" \\ →']
const stepName = fc.constantFrom(...STEPS)
const layer = fc.constantFrom(...LAYERS)
const SEAMS = [
  ['start', 'alpha'],
  ['classify', 'plan'],
  ['plan', 'act'],
  ['act', 'search'],
  ['plan', 'ghost'],
] as const
const seamPair = fc.constantFrom(...SEAMS)

const step = fc
  .tuple(stepName, layer, fc.nat({ max: 5_000 }), fc.integer({ min: 1, max: 3 }), fc.nat({ max: 3 }), fc.nat({ max: 3 }))
  .map(([name, where, firstStartMs, operations, failed, firstTry]) => ({
    name,
    layer: where,
    firstStartMs,
    operations,
    failed: Math.min(failed, operations),
    firstTry: Math.min(firstTry, operations),
  }))
const seam = fc
  .record({
    pair: seamPair,
    kind: fc.constantFrom(...SEAM_KINDS),
    layer,
    crossings: fc.integer({ min: 1, max: 4 }),
    recovered: fc.nat({ max: 2 }),
  })
  .map(({ pair: [source, target], ...rest }) => ({ seam: seamId(source, target), source, target, ...rest }))
// A charge may name a step that the run has no entry for, or none at all: the waterfall must add up all the same.
const charge = fc
  .record({
    pair: seamPair,
    seamKind: fc.constantFrom(...SEAM_KINDS),
    step: fc.oneof(stepName, fc.constantFrom('', 'ghost')),
    layer,
    gap: fc.constantFrom(...GAPS, ''),
    certain: fc.boolean(),
    message: fc.constantFrom('timed out after 30 s', 'no order id', ''),
  })
  .map(({ pair: [from, to], ...rest }) => ({
    ...rest,
    seam: seamId(from, to),
    kind: rest.gap === '' ? 'unclassified' : KIND_OF_GAP[rest.gap],
  }))
const KIND_OF_GAP = { state: 'missing_state', control: 'loop', error: 'exception', tool: 'tool_timeout' } as const

/** Arbitrary runs that ended in the hours before `nowMs`. */
export const arbitraryRuns = (nowMs: number, hours = 8): fc.Arbitrary<RunSpec[]> =>
  fc
    .array(
      fc.record({
        pipeline: fc.constantFrom('alpha', 'alpha', 'alpha', 'beta', 'other'),
        version: fc.constantFrom('1', '2', ''),
        environment: fc.constantFrom('default', 'staging'),
        outcome: fc.constantFrom('success', 'success', 'success', 'failure', 'failure', 'waiting', 'running', 'cancelled', 'unknown'),
        recovered: fc.boolean(),
        agoMs: fc.oneof(fc.integer({ min: 1, max: hours * 3_600_000 }), fc.constantFrom(3_600_000, 7_200_000)),
        durationMs: fc.nat({ max: 60_000 }),
        costUsd: fc.nat({ max: 1_000 }).map((milli) => milli / 1_000),
        charge: fc.option(charge, { freq: 6 }),
        firstLossStep: fc.oneof(stepName, fc.constantFrom('', 'ghost')),
        steps: fc.uniqueArray(step, { maxLength: 4, selector: ({ name }) => name }),
        seams: fc.uniqueArray(seam, { maxLength: 3, selector: ({ seam: id, kind }) => `${id} ${kind}` }),
        isDeleted: fc.constantFrom(false, false, false, false, true),
      }),
      { maxLength: 70, size: 'max' },
    )
    .map((drawn) =>
      drawn.map(({ agoMs, charge: drawnCharge, ...rest }, index) =>
        runSpec({
          ...rest,
          runId: `run-${index}`,
          endMs: nowMs - agoMs,
          wastedUsd: rest.costUsd / 2,
          // Also where there is no failure: only the outcome decides whether a run is charged.
          charge: drawnCharge,
          rowVersion: 7,
        }),
      ),
    )
