// The four gaps and the failure kinds in them: why a seam failed.

export const GAPS = ['state', 'control', 'error', 'tool'] as const
export type Gap = (typeof GAPS)[number]

export const FAILURE_KINDS = {
  state: [
    'missing_state',
    'stale_state',
    'truncated_payload',
    'state_schema_mismatch',
    'lost_checkpoint',
    'context_overflow',
    'duplicate_work',
  ],
  control: [
    'wrong_route',
    'unknown_target',
    'dropped_handoff',
    'loop',
    'step_budget',
    'recursion_limit',
    'deadline',
    'skipped_step',
    'premature_end',
    'stalled',
  ],
  error: [
    'exception',
    'retries_exhausted',
    'swallowed_error',
    'empty_output',
    'provider_error',
    'rate_limited',
    'refusal',
    'content_filter',
    'cost_budget',
    'rejected_by_check',
    'rejected_by_human',
  ],
  tool: ['tool_timeout', 'tool_auth', 'tool_rate_limited', 'tool_schema', 'tool_error', 'tool_empty', 'tool_unavailable'],
} as const satisfies Record<Gap, readonly string[]>

export type FailureKind = (typeof FAILURE_KINDS)[Gap][number] | 'unclassified'

const GAP_OF_KIND = new Map<string, Gap>(GAPS.flatMap((gap) => FAILURE_KINDS[gap].map((kind) => [kind, gap] as const)))

/**
 * The gap a failure kind belongs to; `null` for `unclassified` and for words that are no kind.
 * @example gapOfKind('tool_timeout') // 'tool'
 */
export const gapOfKind = (kind: string): Gap | null => GAP_OF_KIND.get(kind) ?? null

export const isFailureKind = (value: string): value is FailureKind => GAP_OF_KIND.has(value)
