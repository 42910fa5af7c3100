// The contract of the HTTP API: query in and answer out of every endpoint; the OpenAPI document is made from it.
import { z } from 'zod'
import { ACCESS_ENDPOINTS } from './access.ts'
import { AlertEvent, AlertRuleStatus, AlertState, Rate } from './alert-rule.ts'
import { type Endpoint, Page } from './endpoint.ts'
import { GAPS } from './gaps.ts'
import { Ingest } from './ingest.ts'
import { LAYERS } from './layers.ts'
import { LOG_ENDPOINTS } from './log-endpoint.ts'
import { COST_SOURCES } from './money.ts'
import { PRICE_ENDPOINTS } from './price-endpoints.ts'
import { Attribution, Outcome, Run, SeamKind } from './run.ts'
import { SPAN_TYPES } from './span.ts'

const LayerName = z.enum(LAYERS)
const GapName = z.enum(GAPS)
const DURATION = /^([1-9]\d{0,4})(m|h|d)$/
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * Milliseconds of a duration such as `90m`, `48h`, `7d`.
 * @throws RangeError when it is written otherwise
 */
export const durationMs = (text: string): number => {
  const match = DURATION.exec(text)
  if (!match) throw new RangeError(`cannot read duration "${text}": write a number and m, h or d, such as 48h`)
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]
}

/** A window of time in which runs ended: `since` (back from now), or `from` and `to` (ISO 8601, to excluded). */
const Window = z.object({
  since: z.string().regex(DURATION, 'write a number and m, h or d, such as 48h').default('48h'),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  environment: z.string().max(200).optional(),
})
const OfPipeline = Window.extend({ pipeline: z.string().min(1).max(200), version: z.string().max(200).optional() })
const MaybePipeline = Window.extend({ pipeline: z.string().max(200).optional(), version: z.string().max(200).optional() })

const OutcomeCounts = z.object({
  success: z.int(),
  failure: z.int(),
  waiting: z.int(),
  running: z.int(),
  cancelled: z.int(),
  unknown: z.int(),
})
export type OutcomeCounts = z.infer<typeof OutcomeCounts>

const GapCounts = z.object({ state: z.int(), control: z.int(), error: z.int(), tool: z.int(), unclassified: z.int() })
export type GapCounts = z.infer<typeof GapCounts>

const Money = z.object({
  costUsd: z.number(),
  /** whole cost of failed runs + failed attempts in good runs + duplicate work */
  wastedUsd: z.number(),
  unpricedCalls: z.int(),
})

export const PipelineSummary = Money.extend({
  pipeline: z.string(),
  versions: z.array(z.string()),
  outcomes: OutcomeCounts,
  /** successes of finished runs: what the user got in the end */
  final: Rate,
  /** successes that needed no retry or fallback */
  firstTry: Rate,
  /** `final` of the window of equal length before this one */
  previous: Rate,
  p50DurationMs: z.number(),
  lastRunAt: z.string(),
  alert: AlertState,
  /** finished and failed runs in 24 equal parts of the window, oldest first */
  trend: z.array(z.object({ start: z.string(), finished: z.int(), failed: z.int() })),
})
export type PipelineSummary = z.infer<typeof PipelineSummary>

export const GapBar = z.object({
  /** outermost step */
  step: z.string(),
  layer: LayerName,
  /** failed runs charged to a seam of this step (or, with mode first_try, runs whose first loss was here) */
  charged: z.int(),
  from: z.int(),
  to: z.int(),
  /** operations of the step in finished runs, and how they ended */
  reached: z.int(),
  final: Rate,
  firstTry: Rate,
  gaps: GapCounts,
  /** the seam of this step with most charged runs, '' when none */
  worstSeam: z.string(),
})
export type GapBar = z.infer<typeof GapBar>

export const GapReport = z.object({
  pipeline: z.string(),
  mode: z.enum(['final', 'first_try']),
  n: z.int(),
  successes: z.int(),
  bars: z.array(GapBar),
  unattributed: z.int(),
  observed: Rate,
  /** not in n: they have not ended well or badly */
  outcomes: OutcomeCounts,
  /** rate if every unknown run had failed */
  worstCaseRate: z.number().nullable(),
  /** what independent steps would give, and observed − model */
  independentSteps: z.number().nullable(),
  residual: z.number().nullable(),
  versions: z.array(z.object({ version: z.string(), observed: Rate })),
})
export type GapReport = z.infer<typeof GapReport>

export const LayerGrid = z.object({
  n: z.int(),
  failures: z.int(),
  cells: z.array(z.object({ layer: LayerName, gap: GapName, runs: z.int() })),
  unclassified: z.array(z.object({ layer: LayerName, runs: z.int() })),
  unattributed: z.int(),
  /** operations that lived in the layer: 0 means that nothing there is instrumented */
  operations: z.array(z.object({ layer: LayerName, operations: z.int() })),
})
export type LayerGrid = z.infer<typeof LayerGrid>

export const SeamSummary = z.object({
  pipeline: z.string(),
  seam: z.string(),
  kind: SeamKind,
  from: z.string(),
  to: z.string(),
  layer: LayerName,
  /** runs that crossed it, and crossings in them */
  runs: z.int(),
  crossings: z.int(),
  /** failed runs charged to it; `share` is their part of all finished runs */
  chargedRuns: z.int(),
  share: z.number(),
  gaps: GapCounts,
  /** the commonest failure kind and the newest message of it */
  topKind: z.string(),
  topMessage: z.string(),
  /** charged runs whose verdict is certain */
  certainRuns: z.int(),
  /** operations across it that failed first and succeeded in the end */
  recovered: z.int(),
  wastedUsd: z.number(),
  exampleRunIds: z.array(z.string()),
})
export type SeamSummary = z.infer<typeof SeamSummary>

export const RunSummary = Run.pick({
  runId: true,
  provisional: true,
  pipeline: true,
  version: true,
  environment: true,
  sessionId: true,
  outcome: true,
  recovered: true,
  startTime: true,
  durationMs: true,
  inputTokens: true,
  outputTokens: true,
  costUsd: true,
  wastedUsd: true,
  unpricedCalls: true,
  story: true,
  liveness: true,
}).extend({
  attributedTo: Attribution.nullable(),
  steps: z.int(),
  /** attempts beyond the first, over all operations */
  retries: z.int(),
})
export type RunSummary = z.infer<typeof RunSummary>

/** A span without its attributes: what a waterfall needs. */
export const SpanSummary = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string(),
  name: z.string(),
  type: z.enum(SPAN_TYPES),
  layer: LayerName,
  layerRule: z.string(),
  step: z.string(),
  agent: z.string(),
  tool: z.string(),
  model: z.string(),
  attempt: z.int(),
  outcome: z.enum(['success', 'failure', 'waiting', 'cancelled']),
  errorType: z.string(),
  errorMessage: z.string(),
  failureKind: z.string(),
  startTimeUnixNano: z.string(),
  durationNano: z.string(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  costUsd: z.number().nullable(),
  /** '' for what tells of no inference */
  costSource: z.enum([...COST_SOURCES, '']),
})
export type SpanSummary = z.infer<typeof SpanSummary>

const JsonAttributes = z.record(z.string(), z.unknown())
export const SpanDetail = SpanSummary.extend({
  kind: z.string(),
  statusCode: z.string(),
  service: z.string(),
  scopeName: z.string(),
  scopeVersion: z.string(),
  /** started or ended more than a day from its arrival, or ended before it started: the clock of its sender is off, or it is old */
  skewed: z.boolean(),
  emitter: z.string(),
  failureRule: z.string(),
  attributes: JsonAttributes,
  resource: JsonAttributes,
  events: z.array(z.object({ timeUnixNano: z.string(), name: z.string(), attributes: JsonAttributes })),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string(), attributes: JsonAttributes })),
})
export type SpanDetail = z.infer<typeof SpanDetail>

const commaList = <T extends z.ZodType<string, string>>(item: T) =>
  z
    .string()
    .max(2000)
    .transform((text) => text.split(',').filter(Boolean))
    .pipe(z.array(item).max(20))

export const RunsQuery = MaybePipeline.extend({
  outcome: commaList(Outcome).optional(),
  layer: commaList(LayerName).optional(),
  gap: commaList(z.union([GapName, z.literal('unclassified')])).optional(),
  kind: z.string().max(100).optional(),
  /** `from→to` as the seams endpoint gives it, with its kind in seamKind */
  seam: z.string().max(500).optional(),
  seamKind: SeamKind.optional(),
  /** outermost step the failure is charged to */
  step: z.string().max(200).optional(),
  attributed: z.enum(['true', 'false']).optional(),
  recovered: z.enum(['true', 'false']).optional(),
  session: z.string().max(200).optional(),
  /** text in the story or the run id */
  q: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(500).optional(),
})

/** What one request of many has done. */
const Reanalyzed = z.object({
  /** that were recognized anew */
  spans: z.int(),
  /** runs that were made before the project's prices changed, and are priced anew */
  runs: z.int(),
  /** that stay as they are, since other spans of their runs have expired */
  frozenSpans: z.int(),
  /** where the next request begins; null when all is done */
  next: z.string().nullable(),
})
export type Reanalyzed = z.infer<typeof Reanalyzed>

const IdParam = z.object({ id: z.string().min(1).max(200) })

/** Every endpoint below `/api/v1`: its path, who may ask it, what it takes and what it answers. */
export const ENDPOINTS = {
  pipelines: {
    path: '/pipelines',
    role: 'read',
    summary: 'Pipelines with their reliability, cost and alert state',
    params: z.object({}),
    query: MaybePipeline,
    response: Page(PipelineSummary),
  },
  gap: {
    path: '/gap',
    role: 'read',
    summary: 'Where 100 % becomes the observed rate: the gap waterfall of a pipeline',
    params: z.object({}),
    query: OfPipeline.extend({ mode: z.enum(['final', 'first_try']).default('final') }),
    response: GapReport,
  },
  layers: {
    path: '/layers',
    role: 'read',
    summary: 'Failed runs by layer (where) and gap (why)',
    params: z.object({}),
    query: MaybePipeline,
    response: LayerGrid,
  },
  seams: {
    path: '/seams',
    role: 'read',
    summary: 'Seams, the most charged first',
    params: z.object({}),
    query: MaybePipeline.extend({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
    response: Page(SeamSummary),
  },
  runs: {
    path: '/runs',
    role: 'read',
    summary: 'Runs, the newest first',
    params: z.object({}),
    query: RunsQuery,
    response: Page(RunSummary),
  },
  run: {
    path: '/runs/:id',
    role: 'read',
    summary: 'One run: story, steps, attempts, handoffs, calls, failures',
    params: IdParam,
    query: z.object({}),
    response: z.object({ runs: z.array(Run).length(1) }),
  },
  runSpans: {
    path: '/runs/:id/spans',
    role: 'read',
    summary: 'The spans of a run, light, by start',
    params: IdParam,
    query: z.object({ limit: z.coerce.number().int().min(1).max(20000).default(5000) }),
    response: z.object({ items: z.array(SpanSummary), hidden: z.int() }),
  },
  span: {
    path: '/traces/:traceId/spans/:spanId',
    role: 'read',
    summary: 'One span with everything that was sent',
    params: z.object({ traceId: z.string().regex(/^[0-9a-f]{32}$/), spanId: z.string().regex(/^[0-9a-f]{16}$/) }),
    query: z.object({}),
    response: SpanDetail,
  },
  alertRules: {
    path: '/alerts/rules',
    role: 'read',
    summary: 'Alert rules with their present state',
    params: z.object({}),
    query: z.object({}),
    response: Page(AlertRuleStatus),
  },
  alertEvents: {
    path: '/alerts/events',
    role: 'read',
    summary: 'State changes of alerts, the newest first',
    params: z.object({}),
    query: z.object({ pipeline: z.string().max(200).optional(), limit: z.coerce.number().int().min(1).max(500).default(50) }),
    response: Page(AlertEvent),
  },
  ingest: {
    path: '/ingest',
    role: 'read',
    summary: 'What was accepted and refused, and how far the analysis is',
    params: z.object({}),
    query: z.object({}),
    response: Ingest,
  },
  reanalyze: {
    method: 'POST',
    path: '/reanalyze',
    role: 'admin',
    summary: 'Recognize the next stored spans by the rules of this release; their traces are then analyzed again',
    params: z.object({}),
    query: z.object({}),
    body: z.object({
      after: z
        .string()
        .max(1000)
        .regex(/^(\d{1,10}-[0-9a-f]{32}-[0-9a-f]{16}|prices-.*)?$/s, 'write the next of the answer before')
        .default(''),
    }),
    response: Reanalyzed,
  },
  ...LOG_ENDPOINTS,
  ...PRICE_ENDPOINTS,
  ...ACCESS_ENDPOINTS,
} as const satisfies Record<string, Endpoint>
export type EndpointName = keyof typeof ENDPOINTS
export type EndpointQuery<E extends EndpointName> = z.output<(typeof ENDPOINTS)[E]['query']>
export type EndpointParams<E extends EndpointName> = z.output<(typeof ENDPOINTS)[E]['params']>
export type EndpointBody<E extends EndpointName> = (typeof ENDPOINTS)[E] extends { body: infer B extends z.ZodType }
  ? z.output<B>
  : undefined
export type EndpointResponse<E extends EndpointName> = z.output<(typeof ENDPOINTS)[E]['response']>
export type TimeWindow = z.output<typeof Window>
