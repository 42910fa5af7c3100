// A run: one execution of a pipeline, as the analysis tells it and the API gives it out.
import { z } from 'zod'
import { FAILURE_KINDS, GAPS } from './gaps.ts'
import { LAYER_RULES, LAYERS } from './layers.ts'
import { COST_SOURCES } from './money.ts'

export const OUTCOMES = ['success', 'failure', 'waiting', 'running', 'cancelled', 'unknown'] as const
export const Outcome = z.enum(OUTCOMES)
export type Outcome = z.infer<typeof Outcome>

export const SEAM_KINDS = ['handoff', 'tool', 'state', 'retry', 'human'] as const
export const SeamKind = z.enum(SEAM_KINDS)
export type SeamKind = z.infer<typeof SeamKind>

export const CALL_TYPES = ['model', 'tool', 'retrieval', 'embedding', 'memory', 'check', 'human'] as const
export const CallType = z.enum(CALL_TYPES)
export type CallType = z.infer<typeof CallType>

export const HANDOFF_STATUSES = ['pending', 'delivered', 'rejected', 'dropped', 'timed_out', 'failed'] as const

const LayerName = z.enum(LAYERS)
const GapName = z.enum(GAPS)
const Kind = z.enum([...FAILURE_KINDS.state, ...FAILURE_KINDS.control, ...FAILURE_KINDS.error, ...FAILURE_KINDS.tool, 'unclassified'])

/** A seam's id is `from→to`; together with its kind it is unique in a pipeline. */
export const seamId = (from: string, to: string): string => `${from}→${to}`

/** One try of an operation. Times are ISO 8601 in UTC with milliseconds. */
export const Attempt = z.object({
  number: z.int(),
  outcome: Outcome,
  spanId: z.string(),
  startTime: z.string(),
  durationMs: z.number(),
  errorType: z.string(),
  /** time between the end of the previous attempt and the start of this one; 0 for the first */
  waitMs: z.number(),
  /** of the inferences in it, as far as their prices are known; null where none is; absent where it made none */
  costUsd: z.number().nullable().optional(),
})
export type Attempt = z.infer<typeof Attempt>

export const Operation = z.object({
  /** 1 for the first time the run comes to the step, 2 for the second … */
  visit: z.int(),
  outcome: Outcome,
  /** true when the last attempt succeeded after an earlier one had failed */
  recovered: z.boolean(),
  attempts: z.array(Attempt),
})
export type Operation = z.infer<typeof Operation>

export const Step = z.object({
  name: z.string(),
  layer: LayerName,
  layerRule: z.enum(LAYER_RULES),
  agent: z.string(),
  /** name of the enclosing step, '' for an outermost step */
  parent: z.string(),
  operations: z.array(Operation),
  costUsd: z.number(),
})
export type Step = z.infer<typeof Step>

export const Handoff = z.object({
  kind: SeamKind,
  from: z.string(),
  to: z.string(),
  mode: z.enum(['return_to_caller', 'pass_control']),
  status: z.enum(HANDOFF_STATUSES),
  /** declared | receipt | order: how it was recognized */
  rule: z.string(),
  inferred: z.boolean(),
  startTime: z.string(),
  payloadBytes: z.number().nullable(),
  missingKeys: z.array(z.string()),
  waitMs: z.number(),
  spanId: z.string(),
})
export type Handoff = z.infer<typeof Handoff>

export const Call = z.object({
  type: CallType,
  name: z.string(),
  /** span of the first attempt */
  spanId: z.string(),
  step: z.string(),
  visit: z.int(),
  model: z.string(),
  provider: z.string(),
  outcome: Outcome,
  recovered: z.boolean(),
  attempts: z.array(Attempt),
  inputTokens: z.number(),
  outputTokens: z.number(),
  /** null when a price is unknown */
  costUsd: z.number().nullable(),
  /** where the cost comes from; '' for what is no inference, or only repeats what another span tells */
  costSource: z.enum([...COST_SOURCES, '']),
})
export type Call = z.infer<typeof Call>

export const Failure = z.object({
  spanId: z.string(),
  seam: z.string(),
  seamKind: SeamKind,
  /** the step whose operation crossed or received the seam */
  step: z.string(),
  layer: LayerName,
  /** null only for kind `unclassified` */
  gap: GapName.nullable(),
  kind: Kind,
  rule: z.string(),
  certain: z.boolean(),
  /** every attempt was used up */
  exhausted: z.boolean(),
  /** the run went on in spite of it */
  recovered: z.boolean(),
  /** follows from another failure of this run */
  consequence: z.boolean(),
  message: z.string(),
  /** equal for failures that differ only in ids and numbers */
  fingerprint: z.string(),
})
export type Failure = z.infer<typeof Failure>

/** The one seam a failed run is charged to. */
export const Attribution = z.object({
  seam: z.string(),
  seamKind: SeamKind,
  /** the outermost step whose bar it lowers in the waterfall; '' when it is the pipeline's own start */
  step: z.string(),
  layer: LayerName,
  gap: GapName.nullable(),
  kind: Kind,
  rule: z.string(),
  certain: z.boolean(),
  spanId: z.string(),
})
export type Attribution = z.infer<typeof Attribution>

/** What the program tells of a run while it goes on. */
export const Liveness = z.object({
  /** the step it was in when it was last heard of; '' outside all steps */
  step: z.string(),
  /** when it was last heard of */
  heardAt: z.string(),
  /** since when nothing has begun or ended in it, where that is too long; null while it goes on */
  stalledSince: z.string().nullable(),
})
export type Liveness = z.infer<typeof Liveness>

export const Run = z.object({
  runId: z.string(),
  traceIds: z.array(z.string()),
  /** true until the run's root span has arrived */
  provisional: z.boolean(),
  pipeline: z.string(),
  version: z.string(),
  environment: z.string(),
  service: z.string(),
  sessionId: z.string(),
  userId: z.string(),
  retryOf: z.string(),
  outcome: Outcome,
  recovered: z.boolean(),
  startTime: z.string(),
  durationMs: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  cachedInputTokens: z.number(),
  /** part of the input, as the cached tokens are; none is in both */
  cacheWriteTokens: z.number(),
  reasoningTokens: z.number(),
  costUsd: z.number(),
  /** whole cost of a failed run, else cost of failed attempts and duplicate work */
  wastedUsd: z.number(),
  /** the classes of the waste: each dollar is in one, together they are `wastedUsd` */
  wasted: z.object({ failedRunUsd: z.number(), failedAttemptsUsd: z.number(), duplicateWorkUsd: z.number() }),
  unpricedCalls: z.int(),
  /** inferences whose cost was told by the program, not reckoned from a price */
  reportedCalls: z.int(),
  attributedTo: Attribution.nullable(),
  /** one sentence: what happened, where, why, at what cost */
  story: z.string(),
  /** null once its end has come, and where its program tells nothing while it goes on; with outcome `unknown` it was killed */
  liveness: Liveness.nullable(),
  steps: z.array(Step),
  handoffs: z.array(Handoff),
  calls: z.array(Call),
  failures: z.array(Failure),
})
export type Run = z.infer<typeof Run>
