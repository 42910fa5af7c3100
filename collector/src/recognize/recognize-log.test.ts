import { describe, expect, it } from 'vitest'
import { type LogFact, recognizeLog } from './recognize-log.ts'
import { type SentLog, sentLog } from './sent-log.fixture.ts'

const told = (sent: SentLog): LogFact | null => recognizeLog(sentLog(sent))
const evaluation = (attributes: NonNullable<SentLog['attributes']>) =>
  told({ event: 'gen_ai.evaluation.result', attributes: { 'gen_ai.evaluation.name': 'Relevance', ...attributes } })
const callOf = (sent: SentLog) => {
  const fact = told(sent)
  if (fact?.kind !== 'call') throw new Error('no call')
  return fact.call
}

describe('an evaluation result', () => {
  it.each([
    ['a label that says no', { 'gen_ai.evaluation.score.label': 'not_relevant' }, 'fail'],
    ['a label that says yes', { 'gen_ai.evaluation.score.label': 'Pass', 'gen_ai.evaluation.score.value': 0.1 }, 'pass'],
    ['a score below its threshold', { 'gen_ai.evaluation.score.value': 2, 'gen_ai.evaluation.threshold': 3 }, 'fail'],
    ['a score at its threshold', { 'gen_ai.evaluation.score.value': 3, 'gen_ai.evaluation.threshold': '3' }, 'pass'],
    ['a label above its threshold that says no', { 'gen_ai.evaluation.score.label': 'fail', 'gen_ai.evaluation.score.value': 5 }, 'fail'],
    ['a bare score, of which nobody knows what is good', { 'gen_ai.evaluation.score.value': 0 }, ''],
    ['a label that says neither', { 'gen_ai.evaluation.score.label': 'yes' }, ''],
  ])('has its verdict from %s', (_what, attributes, verdict) => {
    expect(evaluation(attributes)).toMatchObject({ kind: 'evaluation', name: 'Relevance', verdict })
  })

  it('keeps the explanation, the score and the response that was judged', () => {
    const attributes = {
      'gen_ai.evaluation.score.value': 0.25,
      'gen_ai.evaluation.explanation': 'the answer is about another order',
      'gen_ai.response.id': 'resp-1',
    }
    expect(evaluation(attributes)).toMatchObject({ score: 0.25, reason: 'the answer is about another order', responseId: 'resp-1' })
  })

  it('is none when the evaluator itself failed', () => {
    expect(evaluation({ 'error.type': 'timeout' })).toBeNull()
  })
})

describe('a call', () => {
  it('is recognized from the details of an inference as from its span', () => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.response.finish_reasons': ['content_filter'],
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 100,
    }
    expect(callOf({ event: 'gen_ai.client.inference.operation.details', attributes })).toMatchObject({
      ...{ type: 'model', model: 'gpt-4o-mini', provider: 'openai', responseId: 'chatcmpl-1', failureKind: 'content_filter' },
      ...{ inputTokens: 1000, outputTokens: 100, costUsd: '0.000210000000' },
    })
  })

  it('is told by gen_ai.choice, whose finish reason stands in the body', () => {
    const body = { index: 0, finish_reason: 'content_filter', message: { role: 'assistant' } }
    expect(callOf({ event: 'gen_ai.choice', attributes: { 'gen_ai.system': 'openai' }, body })).toMatchObject({
      type: 'model',
      failureKind: 'content_filter',
    })
  })

  it('of Claude Code is told by its short names in its own scope, with the cost that it reports and cached tokens in the input', () => {
    const attributes = {
      ...{ 'event.name': 'api_request', model: 'claude-sonnet-4-6', request_id: 'req-1', cost_usd: '0.0123' },
      ...{ input_tokens: 10, output_tokens: 20, cache_read_tokens: 30, cache_creation_tokens: 0 },
    }
    expect(callOf({ scope: 'com.anthropic.claude_code.events', body: 'claude_code.api_request', attributes })).toMatchObject({
      ...{ type: 'model', responseId: 'req-1', costUsd: '0.012300000000', costSource: 'reported' },
      ...{ inputTokens: 40, cachedInputTokens: 30, outputTokens: 20 },
    })
  })

  it.each([
    ['api_error', { error: 'overloaded', status_code: '529' }, { type: 'model', outcome: 'failure', failureKind: 'provider_error' }],
    ['tool_result', { tool_name: 'Bash', success: 'false', error: 'exit 1' }, { type: 'tool', tool: 'Bash', outcome: 'failure' }],
    ['tool_decision', { tool_name: 'Bash', decision: 'reject', source: 'user_reject' }, { type: 'human', verdict: 'rejected' }],
  ])('of Claude Code is told by %s', (name, attributes, expected) => {
    expect(callOf({ event: `claude_code.${name}`, attributes: attributes as Record<string, string> })).toMatchObject(expected)
  })
})

it('takes messages from the body or the attributes', () => {
  expect(told({ event: 'gen_ai.user.message', body: { content: 'Where is it?' } })).toMatchObject({ role: 'user', text: 'Where is it?' })
  expect(told({ event: 'gen_ai.system.message', attributes: { content: 'Help.' } })).toMatchObject({ role: 'system', text: 'Help.' })
})

it('takes exceptions whatever the event is called, also one of GenAI clients', () => {
  const attributes = { 'exception.type': 'ValueError', 'exception.message': 'no such order' }
  expect(told({ attributes })).toMatchObject({ kind: 'error' })
  expect(told({ event: 'gen_ai.client.operation.exception', attributes })).toMatchObject({ kind: 'error' })
})

it.each<[string, SentLog]>([
  ['without a trace', { traceId: '', event: 'gen_ai.evaluation.result', attributes: { 'gen_ai.evaluation.score.label': 'fail' } }],
  ['that says what a user typed', { event: 'claude_code.user_prompt', attributes: { prompt_length: 12 } }],
  ['of the program itself', { body: 'order 17 was found', attributes: { 'code.function': 'find' } }],
])('makes nothing of a record %s', (_what, sent) => {
  expect(told(sent)).toBeNull()
})

it('does not look at what is longer than a name or a traceback', () => {
  const attributes = { 'exception.message': 'x'.repeat(20_000), 'exception.type': 'E' }
  expect(told({ attributes })).toMatchObject({ kind: 'error', span: { attributes: new Map([['exception.type', 'E']]) } })
})
