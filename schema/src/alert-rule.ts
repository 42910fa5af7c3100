// An alert rule, its states and the transitions between them.
import { z } from 'zod'
import { SeamKind } from './run.ts'

export const ALERT_STATES = ['ok', 'pending', 'firing', 'no_data'] as const
export const AlertState = z.enum(ALERT_STATES)
export type AlertState = z.infer<typeof AlertState>

/** Success counts of a window with their Wilson 95 % interval; `rate` is null for n = 0. */
export const Rate = z.object({
  n: z.int(),
  successes: z.int(),
  rate: z.number().nullable(),
  low: z.number(),
  high: z.number(),
})
export type Rate = z.infer<typeof Rate>

/** "This window against the pipeline's own baseline": the default rule of every pipeline. */
export const DropRule = z.object({
  windowMinutes: z.int().positive(),
  baselineMinutes: z.int().positive(),
  /** finished runs that the window and the baseline must each have before anything is said */
  minRuns: z.int().positive(),
  /** smallest drop that is worth a message, as a rate */
  minDrop: z.number().min(0).max(1),
  /** two-proportion z that the drop must exceed; 3 is about one false alarm in 740 looks */
  z: z.number().positive(),
})
export type DropRule = z.infer<typeof DropRule>

export const DEFAULT_DROP_RULE: DropRule = { windowMinutes: 120, baselineMinutes: 7 * 24 * 60, minRuns: 20, minDrop: 0.05, z: 3 }

/** The seam that lost most against the baseline: the answer to "which seam?". */
export const BlamedSeam = z.object({
  seam: z.string(),
  kind: SeamKind,
  layer: z.string(),
  gap: z.string().nullable(),
  failureKind: z.string(),
  chargedRuns: z.int(),
  /** charged share of the window minus that of the baseline */
  shareIncrease: z.number(),
  message: z.string(),
})
export type BlamedSeam = z.infer<typeof BlamedSeam>

/** What one evaluation of a rule found. */
export const AlertVerdict = z.object({
  state: AlertState,
  window: Rate,
  baseline: Rate,
  z: z.number(),
  /** a sentence in plain words */
  reason: z.string(),
  seam: BlamedSeam.nullable(),
  exampleRunIds: z.array(z.string()),
})
export type AlertVerdict = z.infer<typeof AlertVerdict>

export const AlertRuleStatus = z.object({
  ruleId: z.string(),
  pipeline: z.string(),
  name: z.string(),
  rule: DropRule,
  state: AlertState,
  /** when the state began */
  since: z.string(),
  evaluatedAt: z.string(),
  verdict: AlertVerdict,
})
export type AlertRuleStatus = z.infer<typeof AlertRuleStatus>

export const AlertEvent = z.object({
  eventId: z.string(),
  ruleId: z.string(),
  pipeline: z.string(),
  name: z.string(),
  at: z.string(),
  from: AlertState,
  to: AlertState,
  verdict: AlertVerdict,
  delivery: z.object({
    /** none: no webhook configured */
    status: z.enum(['none', 'pending', 'delivered', 'failed']),
    attempts: z.int(),
    lastError: z.string(),
  }),
})
export type AlertEvent = z.infer<typeof AlertEvent>
