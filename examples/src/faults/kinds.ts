// The kinds of fault that the demo injects into each pipeline, how often, and the seam each one breaks.
import type { FailureKind, Gap, Layer, SeamKind } from '@seamtrace/schema'

export const PIPELINES = ['support-refund', 'research-brief', 'billing-reconciliation', 'regulation-watch', 'intake-triage'] as const
export type PipelineName = (typeof PIPELINES)[number]

/** A pipeline in one version: what the plan fills with runs. */
export const LINES = ['support-refund', 'research-brief', 'billing-v1', 'billing-v2', 'regulation-watch', 'intake-triage'] as const
export type Line = (typeof LINES)[number]

/** What a fault of this kind breaks, as the injector knows it. */
export type FaultTruth = { kind: FailureKind; runs: number; seam: string; seamKind: SeamKind; layer: Layer; gap: Gap }

const ORDERS = { seam: 'order_status→orders_api', seamKind: 'tool', layer: 'execution', gap: 'tool' } as const
const ELIGIBILITY = { seam: 'order_status→refund_eligibility', seamKind: 'handoff', layer: 'execution' } as const
const SEARCH = { seam: 'retrieve→vector_search', seamKind: 'tool', layer: 'context' } as const
const DRAFT = { seam: 'retrieve→synthesize', seamKind: 'handoff', layer: 'execution' } as const
const REDRAFT = { seam: 'verify→synthesize', seamKind: 'handoff', layer: 'execution', gap: 'error' } as const
const MONITOR = { seam: 'plan_watch→monitor', seamKind: 'handoff', layer: 'execution' } as const
const CLASSIFY = { seam: 'start→classify', seamKind: 'handoff', layer: 'planning' } as const

/** Per line the faults and their number of runs in a demo of the default size. */
export const FAULTS: Record<Line, readonly FaultTruth[]> = {
  'support-refund': [
    { kind: 'tool_timeout', runs: 8, ...ORDERS },
    { kind: 'tool_error', runs: 7, ...ORDERS },
    { kind: 'tool_rate_limited', runs: 6, ...ORDERS },
    { kind: 'tool_auth', runs: 6, ...ORDERS },
    { kind: 'tool_schema', runs: 6, seam: 'respond→send_email', seamKind: 'tool', layer: 'execution', gap: 'tool' },
    { kind: 'provider_error', runs: 6, ...CLASSIFY, gap: 'error' },
    { kind: 'rate_limited', runs: 6, ...ELIGIBILITY, gap: 'error' },
    { kind: 'content_filter', runs: 6, seam: 'verify→respond', seamKind: 'handoff', layer: 'execution', gap: 'error' },
    { kind: 'missing_state', runs: 8, ...ELIGIBILITY, gap: 'state' },
  ],
  'research-brief': [
    { kind: 'swallowed_error', runs: 30, ...SEARCH, gap: 'error' },
    { kind: 'tool_empty', runs: 7, ...SEARCH, gap: 'tool' },
    { kind: 'rejected_by_check', runs: 8, ...REDRAFT },
    { kind: 'rejected_by_human', runs: 6, ...REDRAFT },
    { kind: 'context_overflow', runs: 8, ...DRAFT, gap: 'state' },
    { kind: 'empty_output', runs: 7, ...DRAFT, gap: 'error' },
  ],
  'billing-v1': [
    { kind: 'duplicate_work', runs: 18, seam: 'reconcile→ledger', seamKind: 'tool', layer: 'execution', gap: 'state' },
    { kind: 'missing_state', runs: 12, seam: 'extract_invoices→match_payments', seamKind: 'handoff', layer: 'execution', gap: 'state' },
    { kind: 'stale_state', runs: 11, seam: 'reconcile→balance_store', seamKind: 'state', layer: 'state', gap: 'state' },
    { kind: 'truncated_payload', runs: 12, seam: 'match_payments→reconcile', seamKind: 'handoff', layer: 'execution', gap: 'state' },
  ],
  'billing-v2': [
    { kind: 'tool_error', runs: 5, seam: 'reconcile→ledger', seamKind: 'tool', layer: 'execution', gap: 'tool' },
    { kind: 'rejected_by_check', runs: 5, seam: 'verify_totals→reconcile', seamKind: 'handoff', layer: 'execution', gap: 'error' },
  ],
  'regulation-watch': [
    { kind: 'cost_budget', runs: 8, ...MONITOR, gap: 'error' },
    { kind: 'deadline', runs: 6, ...MONITOR, gap: 'control' },
    { kind: 'tool_unavailable', runs: 7, seam: 'monitor→register_api', seamKind: 'tool', layer: 'execution', gap: 'tool' },
    { kind: 'lost_checkpoint', runs: 6, seam: 'monitor→interaction_store', seamKind: 'state', layer: 'state', gap: 'state' },
  ],
  'intake-triage': [
    { kind: 'dropped_handoff', runs: 6, seam: 'route→partner_desk', seamKind: 'handoff', layer: 'execution', gap: 'control' },
    { kind: 'unknown_target', runs: 6, seam: 'route→legal_desk', seamKind: 'handoff', layer: 'execution', gap: 'control' },
    { kind: 'exception', runs: 6, seam: 'route→standard_desk', seamKind: 'handoff', layer: 'execution', gap: 'error' },
    { kind: 'wrong_route', runs: 7, ...CLASSIFY, gap: 'control' },
    { kind: 'refusal', runs: 5, ...CLASSIFY, gap: 'error' },
    { kind: 'deadline', runs: 6, seam: 'human_escalation→duty_officer', seamKind: 'human', layer: 'human', gap: 'control' },
  ],
}

/** Faults that pass: the same failure once, then the call succeeds. Runs in a demo of the default size. */
export const PASSING: Record<Line, readonly { kind: FailureKind; runs: number }[]> = {
  'support-refund': [
    { kind: 'tool_error', runs: 30 },
    { kind: 'tool_timeout', runs: 16 },
    { kind: 'tool_rate_limited', runs: 12 },
    { kind: 'provider_error', runs: 10 },
  ],
  'research-brief': [
    { kind: 'tool_unavailable', runs: 18 },
    { kind: 'rate_limited', runs: 10 },
    { kind: 'rejected_by_check', runs: 50 },
    { kind: 'rejected_by_human', runs: 14 },
  ],
  'billing-v1': [],
  'billing-v2': [
    { kind: 'tool_error', runs: 14 },
    { kind: 'rejected_by_check', runs: 16 },
  ],
  'regulation-watch': [{ kind: 'tool_unavailable', runs: 12 }],
  'intake-triage': [{ kind: 'provider_error', runs: 10 }],
}
