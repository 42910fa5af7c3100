// Why a span failed, as far as that span alone gives it away: one table of rules, the first that applies.
import { type FailureKind, isFailureKind, type SpanType } from '@seamtrace/schema'
import { MISSING_KEY } from './missing-key.ts'

/** What the rules look at. */
export type FailureFacts = {
  type: SpanType
  failed: boolean
  errorType: string
  message: string
  httpStatus: number | null
  finishReasons: string[]
  refused: boolean
  /** bytes of the output where told, else null */
  outputSize: number | null
  outputTokens: number | null
  /** ok | error | empty | '' */
  resultStatus: string
  stateOperation: string
  /** false when a read told that it found nothing */
  stateFound: boolean
  /** the line that failed asked for a key by its name */
  lacksKey: boolean
  humanDecision: string
  declared: string
}

export type FailureVerdict = { failureKind: FailureKind | ''; failureRule: string }
export const NO_FAILURE: FailureVerdict = { failureKind: '', failureRule: '' }

type Rule = {
  rule: string
  kind: FailureKind
  when: (facts: FailureFacts) => boolean
  /** also reads a span that ended well but carries the cause of a failure around it */
  ofGood?: true
}

const says = (facts: FailureFacts, pattern: RegExp): boolean => pattern.test(facts.errorType) || pattern.test(facts.message)
/** Of n8n: a node is a step, and at once the call of the API that it is for. */
const API_OF_NODE = 'NodeApiError'
const isTool = (facts: FailureFacts): boolean =>
  ['tool', 'retrieval', 'memory', 'state'].includes(facts.type) || (facts.type === 'step' && facts.errorType === API_OF_NODE)
/** A status code says it; without one the text may. */
const tells = (facts: FailureFacts, codes: readonly number[], text: RegExp): boolean =>
  facts.httpStatus === null ? says(facts, text) : codes.includes(facts.httpStatus)
const isModel = (facts: FailureFacts): boolean => facts.type === 'model' || facts.type === 'embedding'

const TRUNCATED = /unexpected end of (json|input|data)|unterminated string|truncated|premature (end|close)|end of json input/i
const OVERFLOW = /context_length_exceeded|context window|maximum context length|prompt is too long|too many (input )?tokens/i
const SCHEMA_MISMATCH = /state schema|InvalidUpdateError|StateSchema/i
const TIMEOUT = /time[d -]?\s?out|ETIMEDOUT|deadline/i
const UNAVAILABLE =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EHOSTUNREACH|EPIPE|socket hang up|fetch failed|unavailable|unreachable|\bConnect(ion)?Error\b/i
// the numbers are those of JSON-RPC, as MCP servers refuse a tool that they do not have, or its arguments
const SCHEMA = /ZodError|schema|validation|invalid (argument|parameter|input)|unprocessable|-3260[012]\b/i
// the last two as Microsoft's Agent Framework and Pydantic AI say it
const STEP_BUDGET = /step.?budget|max(imum)?[ _]?(steps|turns|iterations)|did not converge after|(request|tool_calls)_limit of \d/i
const COST_BUDGET = /budget.?exceeded|cost.?budget|spend(ing)? limit/i
// as LangGraph says it, in JavaScript and in Python, when a router names a node that is not there
const UNKNOWN_TARGET = /branch (condition returned unknown or null|did not return a valid) destination|found unknown target/i
const AUTH = /unauthori[sz]ed|unauthenticated|authorization failed|forbidden|permission[ _]denied|invalid api key/i
// the last is gRPC's word, which Google's clients hand on
const RATE = /rate.?limit|too many requests|quota|resource.?exhausted/i
/** Types that only clients of model vendors throw, whoever tells of them. */
const RATE_ERROR = /^(?:.*\.)?_?(?:RateLimitError|ResourceExhausted(?:Error)?|rate_limit_(?:exceeded|error))$/
/** The codes of vendors, which programs pass on in the texts of their own errors. */
const RATE_CODE = /\brate_limit_(?:exceeded|error)\b/

/** The key may have been missing in something else than what the step before passed on. */
const LINE_LACKS_KEY = 'line-lacks-key'

/** Rules that infer; the last is the analysis' own: a program may stop an agent that asks twice because it has what it wants. */
export const INFERRING_RULES: ReadonlySet<string> = new Set([LINE_LACKS_KEY, 'no-rule', 'ended-asking-again'])

/** In the order of the model: state causes, then tool and provider causes, then control, then a plain exception. */
const RULES: readonly Rule[] = [
  { rule: 'model-context-overflow', kind: 'context_overflow', when: (f) => f.failed && isModel(f) && says(f, OVERFLOW) },
  {
    rule: 'state-restore-empty',
    kind: 'lost_checkpoint',
    ofGood: true,
    when: (f) => f.type === 'state' && f.stateOperation === 'restore' && (f.failed || !f.stateFound),
  },
  { rule: 'error-checkpoint', kind: 'lost_checkpoint', when: (f) => f.failed && says(f, /checkpoint ?not ?found|EmptyCheckpointError/i) },
  { rule: 'error-state-schema', kind: 'state_schema_mismatch', when: (f) => f.failed && says(f, SCHEMA_MISMATCH) },
  { rule: 'error-missing-key', kind: 'missing_state', when: (f) => f.failed && says(f, MISSING_KEY) },
  { rule: LINE_LACKS_KEY, kind: 'missing_state', when: (f) => f.failed && f.lacksKey },
  { rule: 'error-truncated', kind: 'truncated_payload', when: (f) => f.failed && says(f, TRUNCATED) },

  {
    rule: 'tool-auth',
    kind: 'tool_auth',
    when: (f) => f.failed && isTool(f) && tells(f, [401, 403], AUTH),
  },
  { rule: 'tool-rate-limited', kind: 'tool_rate_limited', when: (f) => f.failed && isTool(f) && tells(f, [429], RATE) },
  {
    rule: 'tool-schema',
    kind: 'tool_schema',
    when: (f) => f.failed && isTool(f) && tells(f, [400, 422], SCHEMA),
  },
  {
    rule: 'tool-timeout',
    kind: 'tool_timeout',
    when: (f) => f.failed && isTool(f) && tells(f, [408, 504], TIMEOUT),
  },
  {
    rule: 'tool-unavailable',
    kind: 'tool_unavailable',
    when: (f) => f.failed && isTool(f) && tells(f, [502, 503], UNAVAILABLE),
  },
  { rule: 'tool-error', kind: 'tool_error', when: (f) => f.failed && isTool(f) },
  { rule: 'tool-result-error', kind: 'tool_error', ofGood: true, when: (f) => isTool(f) && f.resultStatus === 'error' },
  { rule: 'tool-result-empty', kind: 'tool_empty', ofGood: true, when: (f) => isTool(f) && f.resultStatus === 'empty' },

  { rule: 'model-rate-limited', kind: 'rate_limited', when: (f) => f.failed && isModel(f) && tells(f, [429], RATE) },
  {
    rule: 'model-content-filter',
    kind: 'content_filter',
    ofGood: true,
    when: (f) => isModel(f) && (f.finishReasons.includes('content_filter') || (f.failed && says(f, /content.?(filter|policy)/i))),
  },
  { rule: 'model-refusal', kind: 'refusal', ofGood: true, when: (f) => isModel(f) && (f.refused || f.finishReasons.includes('refusal')) },
  { rule: 'model-cost-budget', kind: 'cost_budget', when: (f) => f.failed && isModel(f) && says(f, COST_BUDGET) },
  { rule: 'model-provider-error', kind: 'provider_error', when: (f) => f.failed && isModel(f) },
  {
    rule: 'model-empty-output',
    kind: 'empty_output',
    ofGood: true,
    when: (f) => f.type === 'model' && !f.failed && f.outputSize === 0 && !f.finishReasons.includes('tool_calls'),
  },
  {
    rule: 'model-no-output-tokens',
    kind: 'empty_output',
    ofGood: true,
    when: (f) => f.type === 'model' && !f.failed && f.outputSize === null && f.outputTokens === 0,
  },
  // of a program whose refused inference nobody told of
  {
    rule: 'error-rate-limited',
    kind: 'rate_limited',
    when: (f) => f.failed && !isTool(f) && (RATE_ERROR.test(f.errorType) || RATE_CODE.test(f.message)),
  },

  {
    rule: 'human-expired',
    kind: 'deadline',
    ofGood: true,
    when: (f) => f.type === 'human' && (f.humanDecision === 'expired' || (f.failed && says(f, TIMEOUT))),
  },
  { rule: 'error-guardrail', kind: 'rejected_by_check', when: (f) => f.failed && says(f, /guardrail ?(tripwire ?)?triggered/i) },
  { rule: 'human-rejected', kind: 'rejected_by_human', ofGood: true, when: (f) => f.type === 'human' && f.humanDecision === 'rejected' },

  {
    rule: 'error-recursion-limit',
    kind: 'recursion_limit',
    when: (f) => f.failed && says(f, /recursion.?(limit|error)|GraphRecursionError|maximum recursion/i),
  },
  { rule: 'error-unknown-target', kind: 'unknown_target', when: (f) => f.failed && says(f, UNKNOWN_TARGET) },
  {
    rule: 'agent-ended-asking',
    kind: 'step_budget',
    ofGood: true,
    when: (f) => f.type === 'agent' && !f.failed && f.finishReasons.some((reason) => /^tool[-_]calls?$/.test(reason)),
  },
  {
    rule: 'error-step-budget',
    kind: 'step_budget',
    when: (f) => f.failed && says(f, STEP_BUDGET),
  },
  { rule: 'error-cost-budget', kind: 'cost_budget', when: (f) => f.failed && says(f, COST_BUDGET) },
  { rule: 'error-deadline', kind: 'deadline', when: (f) => f.failed && says(f, TIMEOUT) },
  { rule: 'exception', kind: 'exception', when: (f) => f.failed && (f.errorType !== '' || f.message !== '') },
  { rule: 'no-rule', kind: 'unclassified', when: (f) => f.failed },
]

// Nine of ten spans did not fail: three quarters of the rules need not be asked about them, and of most types none.
const RULES_OF_GOOD = RULES.filter(({ ofGood }) => ofGood)
const TELLING_TYPES: ReadonlySet<SpanType> = new Set(['tool', 'retrieval', 'memory', 'state', 'model', 'embedding', 'human', 'agent'])

/** False when no rule could say anything of such a span, whatever else is known about it. */
export const mayTellFailure = (type: SpanType, failed: boolean): boolean => failed || TELLING_TYPES.has(type)

/** The names of the rules, for a project that switches one off. */
export const FAILURE_RULES = RULES.map(({ rule }) => rule)

/**
 * The failure kind a span gives away on its own, with the rule that said so; kind '' when nothing failed.
 * @param disabled names of rules that do not apply here
 */
export const failureKindOf = (facts: FailureFacts, disabled: ReadonlySet<string> = new Set()): FailureVerdict => {
  if (isFailureKind(facts.declared)) return { failureKind: facts.declared, failureRule: 'declared' }
  const hit = (facts.failed ? RULES : RULES_OF_GOOD).find((rule) => !disabled.has(rule.rule) && rule.when(facts))
  return hit ? { failureKind: hit.kind, failureRule: hit.rule } : NO_FAILURE
}

/** The same for an error that was told apart from its span. */
export const failureKindOfError = (
  { type, errorType, message, lacksKey }: Pick<FailureFacts, 'type' | 'errorType' | 'message' | 'lacksKey'>,
  disabled?: ReadonlySet<string>,
): FailureVerdict =>
  failureKindOf(
    {
      ...{ type, errorType, message, lacksKey, failed: true },
      ...{ httpStatus: null, finishReasons: [], refused: false, outputSize: null, outputTokens: null },
      ...{ resultStatus: '', stateOperation: '', stateFound: true, humanDecision: '', declared: '' },
    },
    disabled,
  )
