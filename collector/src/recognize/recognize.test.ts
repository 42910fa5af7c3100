import { GEN_AI, OTEL, SEAMTRACE, type Span } from '@seamtrace/schema'
import { describe, expect, it } from 'vitest'
import { pipeline, spansOf } from '../analyze/spans.fixture.ts'
import { layerOf, layerOfName, wordsOf } from './layer.ts'
import { recognize } from './recognize.ts'

const blank = spansOf(pipeline('p'))[0] as Span
const span = (attributes: Record<string, string | bigint | boolean | string[]>, over: Partial<Span> = {}): Span => ({
  ...blank,
  name: 'a',
  ...over,
  attributes: new Map(Object.entries(attributes)),
})
const failed = (attributes: Record<string, string | bigint | boolean | string[]>, message = 'it failed') =>
  recognize(span(attributes, { statusCode: 2, statusMessage: message }))
const tool = { [SEAMTRACE.spanKind]: 'tool', [GEN_AI.toolName]: 'search' }
const chat = { [GEN_AI.operationName]: 'chat', [GEN_AI.requestModel]: 'gpt-4o-mini' }

describe('layer', () => {
  it.each([
    ['checkpoint', 'state'],
    ['human_review', 'human'],
    ['humanApproval', 'human'],
    ['checkout', null],
    ['planetary', null],
    ['refund_eligibility', null],
    ['verify-totals', 'verification'],
    ['intent.classifier', 'planning'],
    ['docRetriever', 'context'],
    ['approve plan', 'human'],
    ['orders_api', null],
    ['RAG', 'context'],
    ['RAGRetriever', 'context'],
    ['LLMJudge', 'verification'],
  ])('of the name %s is %s', (name, layer) => expect(layerOfName(name)).toBe(layer))

  it('of a name stays the same after thousands of other names', () => {
    for (let round = 0; round < 2; round++) for (let n = 0; n < 3_000; n++) expect(layerOfName(`plan ${n}`)).toBe('planning')
    expect([layerOfName('checkpoint'), layerOfName('checkout'), layerOfName('checkout')]).toEqual(['state', null, null])
  })

  it('splits names at marks and at capitals', () => expect(wordsOf('humanReview_step-2')).toEqual(['human', 'review', 'step', '2']))

  it.each([
    [{ explicit: 'human', type: 'tool', operation: '', name: 'plan' }, 'human', 'explicit'],
    [{ explicit: 'nonsense', type: 'retrieval', operation: '', name: 'plan' }, 'context', 'type'],
    [{ explicit: '', type: 'step', operation: 'plan', name: 'x' }, 'planning', 'type'],
    [{ explicit: '', type: 'step', operation: '', name: 'critic' }, 'verification', 'name'],
    [{ explicit: '', type: 'model', operation: 'chat', name: 'answer' }, 'execution', 'generic'],
    [{ explicit: '', type: 'step', operation: '', name: 'answer' }, 'execution', 'default'],
  ] as const)('takes the first rule that applies: %o', (unit, layer, layerRule) => expect(layerOf(unit)).toEqual({ layer, layerRule }))
})

describe('type', () => {
  it.each([
    [{ [SEAMTRACE.spanKind]: 'step' }, 'step', 'seamtrace'],
    [chat, 'model', 'gen_ai'],
    [{ [GEN_AI.operationName]: 'execute_tool' }, 'tool', 'gen_ai'],
    [{ [GEN_AI.operationName]: 'invoke_agent' }, 'agent', 'gen_ai'],
    [{ [GEN_AI.operationName]: 'invoke_workflow' }, 'pipeline', 'gen_ai'],
    [{ [GEN_AI.operationName]: 'constructor' }, 'other', 'gen_ai'],
    [{ [SEAMTRACE.spanKind]: '__proto__' }, 'other', 'otel'],
    [{}, 'other', 'otel'],
  ])('of %o is %s', (attributes, type, emitter) => expect(recognize(span(attributes))).toMatchObject({ type, emitter }))
})

describe('outcome', () => {
  it('of a declared one wins over the status', () => expect(failed({ [SEAMTRACE.outcome]: 'waiting' }).outcome).toBe('waiting'))
  it.each([
    ['GraphInterrupt', 'waiting'],
    ['ParentCommand', 'success'],
    ['AbortError', 'cancelled'],
    ['TypeError', 'failure'],
  ])('of %s is %s', (type, outcome) => expect(failed({ [OTEL.errorType]: type }).outcome).toBe(outcome))
})

describe('failure kind', () => {
  it.each([
    [{ ...tool, [OTEL.httpStatus]: 401n }, '', 'tool_auth'],
    [{ ...tool, [OTEL.httpStatus]: 429n }, '', 'tool_rate_limited'],
    [{ ...tool, [OTEL.httpStatus]: 422n }, '', 'tool_schema'],
    [{ ...tool, [OTEL.httpStatus]: 503n }, '', 'tool_unavailable'],
    [{ ...tool, [OTEL.httpStatus]: 500n }, '', 'tool_error'],
    [{ ...tool, [OTEL.errorType]: 'TimeoutError' }, 'the operation was aborted due to timeout', 'tool_timeout'],
    [{ ...tool, [OTEL.errorType]: 'SyntaxError' }, 'Unexpected end of JSON input', 'truncated_payload'],
    [{ ...chat, [OTEL.httpStatus]: 429n }, '', 'rate_limited'],
    [{ ...chat, [OTEL.httpStatus]: 500n }, '', 'provider_error'],
    [{ ...chat, [OTEL.httpStatus]: 400n, [OTEL.errorType]: 'context_length_exceeded' }, '', 'context_overflow'],
    [{ ...chat, [OTEL.errorType]: 'google.adk.models._ResourceExhaustedError' }, '', 'rate_limited'],
    [{ [OTEL.errorType]: 'openai.RateLimitError' }, 'Error code: 429', 'rate_limited'],
    [{ [OTEL.errorType]: 'rate_limit_exceeded' }, '429 Rate limit reached', 'rate_limited'],
    [{ [OTEL.errorType]: 'Error' }, 'the rate limit of the shop', 'exception'],
    [{ ...tool, [OTEL.errorType]: 'ConnectionError' }, 'gone', 'tool_unavailable'],
    [{ ...tool, [OTEL.errorType]: 'Error' }, 'orders database is unreachable', 'tool_unavailable'],
    [{}, 'The next request would exceed the request_limit of 3', 'step_budget'],
    [{}, "Guardrail tripwire triggered: {'guardrail': 'names_the_order'}", 'rejected_by_check'],
    [{ [OTEL.errorType]: 'GraphRecursionError' }, 'Recursion limit of 25 reached', 'recursion_limit'],
    [{ [OTEL.errorType]: 'Error' }, 'Branch condition returned unknown or null destination', 'unknown_target'],
    [{ ...tool, [OTEL.errorType]: 'AxiosError' }, 'Request failed with status code 503', 'tool_unavailable'],
    [{ ...tool, [OTEL.errorType]: 'Error' }, 'HTTP 401: who are you', 'tool_auth'],
    [{ ...tool, [OTEL.errorType]: 'Error' }, 'room 401 is taken', 'tool_error'],
    [{ ...tool, [OTEL.errorType]: 'McpError' }, 'MCP error -32602: Tool get_order not found', 'tool_schema'],
    [{ [OTEL.errorType]: 'BudgetExceededError' }, '', 'cost_budget'],
    [{ [OTEL.errorType]: 'DeadlineExceededError' }, '', 'deadline'],
    [{ [OTEL.errorType]: 'TypeError' }, 'x is not a function', 'exception'],
    [{}, '', 'unclassified'],
    [{ ...tool, [SEAMTRACE.failureKind]: 'stale_state' }, '', 'stale_state'],
    [{ ...tool, [SEAMTRACE.failureKind]: 'no such kind' }, '', 'tool_error'],
  ])('of a failed span %o "%s" is %s', (attributes, message, kind) => expect(failed(attributes, message).failureKind).toBe(kind))

  it.each([
    [{ ...tool, [SEAMTRACE.toolResultStatus]: 'empty' }, 'tool_empty'],
    [{ ...tool, [SEAMTRACE.toolResultStatus]: 'error' }, 'tool_error'],
    [{ ...chat, [GEN_AI.finishReasons]: ['content_filter'] }, 'content_filter'],
    [{ ...chat, [GEN_AI.finishReasons]: '["content_filter"]' }, 'content_filter'],
    [{ ...chat, [SEAMTRACE.modelRefused]: true }, 'refusal'],
    [{ ...chat, [GEN_AI.outputTokens]: 0n }, 'empty_output'],
    [{ ...chat, [SEAMTRACE.callOutputSize]: 0n }, 'empty_output'],
    [{ [SEAMTRACE.spanKind]: 'state', [SEAMTRACE.stateOperation]: 'restore', [SEAMTRACE.stateFound]: false }, 'lost_checkpoint'],
    [{ [SEAMTRACE.spanKind]: 'state', [SEAMTRACE.stateOperation]: 'get', [SEAMTRACE.stateFound]: false }, ''],
    [{ [SEAMTRACE.spanKind]: 'human', [SEAMTRACE.humanDecision]: 'expired' }, 'deadline'],
    [{ [SEAMTRACE.spanKind]: 'human', [SEAMTRACE.humanDecision]: 'rejected' }, 'rejected_by_human'],
    [{ [SEAMTRACE.spanKind]: 'step', [SEAMTRACE.failureKind]: 'stale_state' }, 'stale_state'],
    [{ [SEAMTRACE.spanKind]: 'step', [SEAMTRACE.failureKind]: 'no such kind' }, ''],
    [{ [GEN_AI.operationName]: 'invoke_agent', [GEN_AI.finishReasons]: ['tool-calls'] }, 'step_budget'],
    [{ [GEN_AI.operationName]: 'invoke_agent', [GEN_AI.finishReasons]: ['stop'] }, ''],
    [{ ...chat, [GEN_AI.finishReasons]: ['tool-calls'] }, ''],
    [{ ...chat, [GEN_AI.outputTokens]: 5n }, ''],
    [tool, ''],
  ])('that a good span %o gives away is %s', (attributes, kind) => expect(recognize(span(attributes)).failureKind).toBe(kind))
})

describe('tokens and cost', () => {
  it('come from new and old names, numbers and text alike', () => {
    const old = recognize(span({ ...chat, [GEN_AI.promptTokens]: '1000', [GEN_AI.completionTokens]: 100n }))
    expect(old).toMatchObject({ inputTokens: 1000, outputTokens: 100, costUsd: '0.000210000000' })
  })
  it('are unpriced, not free, for an unknown model', () => {
    expect(recognize(span({ [GEN_AI.operationName]: 'chat', [GEN_AI.requestModel]: 'x', [GEN_AI.inputTokens]: 10n })).costUsd).toBeNull()
  })
  it('reported by the span go before our table', () => {
    expect(recognize(span({ ...chat, [GEN_AI.inputTokens]: 10n, [GEN_AI.cost]: '0.5' })).costUsd).toBe('0.500000000000')
  })
})
