// The truth of a capture: what really happened, written by the program that was recorded, from what it and its fakes did.
import type { CallType, Gap, Outcome, SeamKind } from '@seamtrace/schema'

/** What a program of a real system goes through. A system that cannot express one leaves it out. */
export const SCENARIOS = [
  'happy_path',
  // one answer, or one refusal, and no more: twins of retry_then_success and retries_exhausted, which they equal where retries cannot be seen
  'plain_answer',
  'plain_refusal',
  'retry_then_success',
  'retries_exhausted',
  'tool_error',
  'tool_error_result',
  'swallowed_error',
  'handoff',
  'human_waiting',
  'human_interrupt',
  'human_denied',
  'loop_limit',
  'failed_check',
  'missing_state',
  'cached_tokens',
  'parallel',
] as const
export type Scenario = (typeof SCENARIOS)[number]

/** Tokens as the fake served them, in Seamtrace's words: input includes cached tokens, output includes reasoning. */
export type TrueTokens = { input: number; output: number; cached: number; reasoning: number }

/** One execution of a step. Outermost steps only; where a system shows agents alone, an agent in charge is a step. */
export type TrueStep = { name: string; attempts: number; outcome: Outcome }

/** One operation inside a step: the same work done again after an error is another attempt of it. */
export type TrueCall = { type: CallType; name: string; attempts: number; outcome: Outcome }

export type TrueHandoff = { from: string; to: string }

/** Why a run failed, in the words of the model: where (the charged seam) and why (gap and kind). */
export type TrueFailure = {
  /** `from→to`; `*` stands for a pipeline to which the program gave no name */
  seam: string
  seamKind: SeamKind
  gap: Gap
  kind: string
  /** every attempt was used up */
  exhausted: boolean
}

export type TrueRun = {
  /** the name that the program gave its workflow or its outermost agent; null where it gave none */
  pipeline: string | null
  outcome: Outcome
  /** it ended well although a step or call failed on the way, whether that was tried again, replaced or ignored */
  recovered: boolean
  /** names of the agents that acted, sorted; null where they have none */
  agents: string[] | null
  /** in order of start; null where the system has neither steps nor agents */
  steps: TrueStep[] | null
  /** tools, retrievals, checks, people … but no models; in order of start */
  calls: TrueCall[]
  /** answered model calls, and those that failed for good; `attempts` counts HTTP requests, the vendor client's own retries too */
  models: TrueCall[]
  /** crossings between steps or agents in order, without the one from the start */
  handoffs: TrueHandoff[]
  tokens: TrueTokens
  /** null unless the run failed */
  failure: TrueFailure | null
}

export type Truth = {
  /** folder below captures/ */
  emitter: string
  /** version of the library, as its package says */
  version: string
  scenario: Scenario
  /** packages with versions whose code made the spans, e.g. `@ai-sdk/otel@1.0.173` */
  instrumentation: string[]
  /** one sentence: what the program did */
  story: string
  runs: TrueRun[]
}
