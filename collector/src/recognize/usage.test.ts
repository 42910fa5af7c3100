// Tokens and cost of single spans: what each convention includes, and what is told or not.
import type { Attributes, AttributeValue, SpanType } from '@seamtrace/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type UsageSpan, usageOf } from './usage.ts'

type Plain = Record<string, number | string | boolean>

const attributeOf = (value: Plain[string]): AttributeValue =>
  typeof value !== 'number' ? value : Number.isInteger(value) ? BigInt(value) : { double: value }

const attributesOf = (plain: Plain): Attributes => new Map(Object.entries(plain).map(([key, value]) => [key, attributeOf(value)]))

const span = (plain: Plain, scopeName = ''): UsageSpan => ({
  attributes: attributesOf(plain),
  scopeName,
  startTimeUnixNano: BigInt(Date.parse('2026-11-01')) * 1_000_000n,
})

const usage = (plain: Plain, { model = 'claude-sonnet-4-6', scope = '', type = 'model' as SpanType } = {}) =>
  usageOf(span(plain, scope), type, model)

// One call of Claude: 100 tokens fresh, 2,000 read from the cache, 400 written to it, 50 of output.
const CALL = { inputTokens: 2_500, cachedInputTokens: 2_000, cacheWriteTokens: 400, outputTokens: 50 }
const CALL_USD = '0.003150000000' // 100×3 + 2,000×0.30 + 400×3.75 + 50×15 = 3,150 USD per million

describe('the same call told in every convention is the same call', () => {
  it.each<[string, Plain, string?]>([
    [
      'OpenTelemetry GenAI',
      {
        'gen_ai.usage.input_tokens': 2_500,
        'gen_ai.usage.output_tokens': 50,
        'gen_ai.usage.cache_read.input_tokens': 2_000,
        'gen_ai.usage.cache_write.input_tokens': 400,
      },
    ],
    [
      'OpenTelemetry GenAI before cache_creation was renamed',
      {
        'gen_ai.usage.input_tokens': 2_500,
        'gen_ai.usage.output_tokens': 50,
        'gen_ai.usage.cache_read.input_tokens': 2_000,
        'gen_ai.usage.cache_creation.input_tokens': 400,
      },
    ],
    [
      'OpenLLMetry',
      {
        'gen_ai.usage.prompt_tokens': 2_500,
        'gen_ai.usage.completion_tokens': 50,
        'llm.usage.total_tokens': 2_550,
        'gen_ai.usage.cache_read_input_tokens': 2_000,
        'gen_ai.usage.cache_creation_input_tokens': 400,
      },
    ],
    [
      'OpenInference',
      {
        'llm.token_count.prompt': 2_500,
        'llm.token_count.completion': 50,
        'llm.token_count.total': 2_550,
        'llm.token_count.prompt_details.cache_read': 2_000,
        'llm.token_count.prompt_details.cache_write': 400,
      },
    ],
    [
      "OpenInference that hands on Anthropic's own counts",
      {
        'llm.token_count.prompt': 100,
        'llm.token_count.completion': 50,
        'llm.token_count.prompt_details.cache_read': 2_000,
        'llm.token_count.prompt_details.cache_write': 400,
      },
    ],
    [
      'Pydantic AI',
      {
        'gen_ai.usage.input_tokens': 2_500,
        'gen_ai.usage.output_tokens': 50,
        'gen_ai.usage.details.cache_read_tokens': 2_000,
        'gen_ai.usage.details.cache_write_tokens': 400,
      },
    ],
    [
      'Mastra',
      {
        'gen_ai.usage.input_tokens': 2_500,
        'gen_ai.usage.output_tokens': 50,
        'gen_ai.usage.cached_input_tokens': 2_000,
        'gen_ai.usage.cache_write_tokens': 400,
      },
    ],
    [
      'Claude Code',
      { input_tokens: 100, output_tokens: 50, cache_read_tokens: 2_000, cache_creation_tokens: 400 },
      'com.anthropic.claude_code.tracing',
    ],
    [
      'LangSmith',
      {
        'gen_ai.usage.input_tokens': 2_500,
        'gen_ai.usage.output_tokens': 50,
        'gen_ai.usage.total_tokens': 2_550,
        'gen_ai.usage.input_token_details': '{"cache_read":2000,"cache_creation":0,"ephemeral_5m_input_tokens":400}',
      },
      'langsmith',
    ],
    [
      'LangSmith of Python',
      {
        'gen_ai.usage.input_tokens': 2_500,
        'gen_ai.usage.output_tokens': 50,
        'langsmith.metadata.usage_metadata':
          '{"input_tokens":2500,"output_tokens":50,"total_tokens":2550,"input_token_details":{"cache_read":2000,"cache_creation":400}}',
      },
      'langsmith',
    ],
    [
      'AI SDK 7',
      {
        'gen_ai.usage.input_tokens': 2_500,
        'gen_ai.usage.output_tokens': 50,
        'gen_ai.usage.cache_read.input_tokens': 2_000,
        'gen_ai.usage.cache_creation.input_tokens': 400,
      },
      'gen_ai',
    ],
    [
      'AI SDK 6',
      {
        'ai.operationId': 'ai.generateText.doGenerate',
        'ai.model.provider': 'anthropic.messages',
        'ai.usage.inputTokens': 2_500,
        'ai.usage.outputTokens': 50,
        'ai.usage.totalTokens': 2_550,
        'ai.usage.inputTokenDetails.noCacheTokens': 100,
        'ai.usage.inputTokenDetails.cacheReadTokens': 2_000,
        'ai.usage.inputTokenDetails.cacheWriteTokens': 400,
        'gen_ai.usage.input_tokens': 2_500,
        'gen_ai.usage.output_tokens': 50,
      },
      'ai',
    ],
    [
      'AI SDK 5',
      {
        'ai.operationId': 'ai.generateText.doGenerate',
        'ai.model.provider': 'anthropic.messages',
        'ai.usage.inputTokens': 100,
        'ai.usage.outputTokens': 50,
        'ai.usage.totalTokens': 150,
        'ai.usage.cachedInputTokens': 2_000,
        'ai.response.providerMetadata': '{"anthropic":{"cacheCreationInputTokens":400}}',
        'gen_ai.usage.input_tokens': 100,
        'gen_ai.usage.output_tokens': 50,
      },
      'ai',
    ],
    [
      'AI SDK 4',
      {
        'ai.operationId': 'ai.streamText.doStream',
        'ai.model.provider': 'anthropic.messages',
        'ai.usage.promptTokens': 100,
        'ai.usage.completionTokens': 50,
        'ai.response.providerMetadata': '{"anthropic":{"cacheCreationInputTokens":400,"cacheReadInputTokens":2000}}',
      },
      'ai',
    ],
  ])('%s', (_convention, plain, scope = '') => {
    expect(usage(plain, { scope })).toMatchObject({ ...CALL, costUsd: CALL_USD, costSource: 'priced' })
    // numbers as text, as some exporters send them
    const texts = Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, String(value)]))
    expect(usage(texts, { scope })).toMatchObject({ ...CALL, costUsd: CALL_USD })
  })

  it('with fewer cached tokens than fresh ones, where only the convention tells that they are not included', () => {
    const raw = { output_tokens: 50, input_tokens: 5_000, cache_read_tokens: 2_000 }
    expect(usage(raw)).toMatchObject({ inputTokens: 7_000, cachedInputTokens: 2_000 })
    const old = { 'ai.operationId': 'ai.generateText.doGenerate', 'ai.usage.inputTokens': 5_000, 'ai.usage.cachedInputTokens': 2_000 }
    expect(usage({ ...old, 'ai.model.provider': 'anthropic.messages' })).toMatchObject({ inputTokens: 7_000 })
    expect(usage({ ...old, 'ai.model.provider': 'openai.responses' })).toMatchObject({ inputTokens: 5_000 })
  })

  it('where the total tells what is included', () => {
    const plain = { 'gen_ai.usage.input_tokens': 5_000, 'gen_ai.usage.output_tokens': 50, 'gen_ai.usage.cache_read_input_tokens': 2_000 }
    expect(usage({ ...plain, 'gen_ai.usage.total_tokens': 7_050 })).toMatchObject({ inputTokens: 7_000 })
    expect(usage({ ...plain, 'gen_ai.usage.total_tokens': 5_050 })).toMatchObject({ inputTokens: 5_000 })
    expect(usage(plain)).toMatchObject({ inputTokens: 5_000 })
  })
})

describe('reasoning', () => {
  const counts = { 'gen_ai.usage.input_tokens': 1_000, 'gen_ai.usage.output_tokens': 300 }
  it('is part of the output, unless the convention or the total say otherwise', () => {
    const within = { ...counts, 'gen_ai.usage.reasoning.output_tokens': 200 }
    expect(usage(within)).toMatchObject({ outputTokens: 300, reasoningTokens: 200 })
    const traceloop = { ...counts, 'gen_ai.usage.reasoning_tokens': 200 }
    expect(usage(traceloop)).toMatchObject({ outputTokens: 300 })
    expect(usage(traceloop, { scope: '@traceloop/instrumentation-google-generativeai' })).toMatchObject({ outputTokens: 500 })
    expect(usage({ ...traceloop, 'llm.usage.total_tokens': 1_500 })).toMatchObject({ outputTokens: 500 })
    expect(usage({ ...traceloop, 'llm.usage.total_tokens': 1_300 }, { scope: 'traceloop-google' })).toMatchObject({ outputTokens: 300 })
  })

  it('that is more than the output came beside it', () =>
    expect(usage({ ...counts, 'gen_ai.usage.reasoning.output_tokens': 301 })).toMatchObject({ outputTokens: 601 }))
})

describe('Gemini', () => {
  const response = (metadata: object): string => JSON.stringify({ content: { parts: [{ text: 'a "usage_metadata": {' }] }, ...metadata })
  const adk = (llmResponse: string) =>
    usage(
      {
        'gen_ai.system': 'gcp.vertex.agent',
        'gen_ai.usage.input_tokens': 1_000,
        'gen_ai.usage.output_tokens': 20,
        'gcp.vertex.agent.llm_response': llmResponse,
      },
      { model: 'gemini-2.5-flash' },
    )

  it('through ADK: cached, thinking and tool tokens stand only in the answer', () => {
    const python = {
      prompt_token_count: 1_000,
      candidates_token_count: 20,
      thoughts_token_count: 300,
      cached_content_token_count: 600,
      tool_use_prompt_token_count: 50,
      total_token_count: 1_370,
    }
    // 450×0.30 + 600×0.03 + 320×2.50
    const told = { inputTokens: 1_050, cachedInputTokens: 600, outputTokens: 320, reasoningTokens: 300, costUsd: '0.000953000000' }
    expect(adk(response({ usage_metadata: python }))).toMatchObject(told)
    const camel = Object.fromEntries(
      Object.entries(python).map(([key, value]) => [key.replace(/_(.)/g, (_match, letter: string) => letter.toUpperCase()), value]),
    )
    expect(adk(response({ usageMetadata: camel }))).toMatchObject(told)
  })

  it('through ADK: the thinking is counted once where the vendor counted it into the answer', () => {
    const metadata = { prompt_token_count: 1_000, candidates_token_count: 320, thoughts_token_count: 300, total_token_count: 1_320 }
    expect(adk(response({ usage_metadata: metadata }))).toMatchObject({ inputTokens: 1_000, outputTokens: 320 })
  })

  it('through ADK with its content switched off: what the span tells itself', () =>
    expect(adk('{}')).toMatchObject({ inputTokens: 1_000, outputTokens: 20 }))

  it('by raw counts', () => {
    const plain = {
      'gen_ai.usage.input_tokens': 1_000,
      'gen_ai.usage.output_tokens': 20,
      'gen_ai.usage.thoughts_token_count': 10,
      'gen_ai.usage.cached_content_token_count': 600,
      'gen_ai.usage.tool_use_prompt_token_count': 50,
    }
    expect(usage(plain)).toMatchObject({ inputTokens: 1_050, outputTokens: 30, cachedInputTokens: 600 })
  })
})

describe('a cost', () => {
  const counts = { 'gen_ai.usage.input_tokens': 1_000, 'gen_ai.usage.output_tokens': 0 }
  it.each([
    ['gen_ai.usage.cost.amount', 0.0123, '0.012300000000'],
    ['gen_ai.usage.cost', '0.5', '0.500000000000'],
    ['operation.cost', 0.000_000_1, '0.000000100000'],
    ['llm.cost.total', 1, '1.000000000000'],
    ['seamtrace.cost.amount', 0, '0.000000000000'],
  ])('told as %s is reported', (key, amount, costUsd) =>
    expect(usage({ ...counts, [key]: amount })).toMatchObject({ costUsd, costSource: 'reported' }),
  )

  it.each<[string, Plain]>([
    ['negative', { 'gen_ai.usage.cost': -1 }],
    ['no number', { 'gen_ai.usage.cost': 'free' }],
    ['in euros', { 'gen_ai.usage.cost.amount': 1, 'gen_ai.usage.cost.currency': 'EUR' }],
    ["0, as who does not know a model's price says", { 'gen_ai.usage.cost': 0 }],
  ])('that is %s is reckoned from the price instead', (_what, plain) => {
    expect(usage({ ...counts, ...plain })).toMatchObject({ costUsd: '0.003000000000', costSource: 'priced' })
    expect(usage({ ...counts, ...plain }, { model: 'unknown' })).toMatchObject({ costUsd: null, costSource: 'unpriced' })
  })

  it('of a service tier is that of the answer, not of what was asked for', () => {
    const cost = (plain: Plain) => usage({ ...counts, ...plain }, { model: 'gpt-5' }).costUsd
    expect(cost({ 'openai.request.service_tier': 'flex' })).toBe('0.000625000000')
    expect(cost({ 'openai.request.service_tier': 'priority', 'openai.response.service_tier': 'default' })).toBe('0.001250000000')
    expect(cost({ 'ai.response.providerMetadata': '{"openai":{"serviceTier":"priority"}}' })).toBe('0.002500000000')
    expect(cost({ 'seamtrace.call.service_tier': 'batch' })).toBe('0.000625000000')
  })

  it('of one region is what that region costs', () => {
    const plain = { ...counts, 'server.address': 'us-east5-aiplatform.googleapis.com' }
    expect(usage(plain, { model: 'claude-sonnet-4-5@20250929' }).costUsd).toBe('0.003300000000')
    expect(usage({ ...counts, 'gen_ai.request.model': 'eu.anthropic.claude-sonnet-4-6' }).costUsd).toBe('0.003300000000')
  })

  it('is that of the day of the call', () => {
    const at = (text: string) =>
      usageOf({ ...span(counts), startTimeUnixNano: BigInt(Date.parse(text)) * 1_000_000n }, 'model', 'gpt-5.6-luna').costUsd
    expect(at('2026-07-29T23:59:59.999Z')).toBe('0.001000000000')
    expect(at('2026-07-30')).toBe('0.000200000000')
  })
})

describe('what is not told', () => {
  it('of a request that the vendor refused is 0', () => {
    expect(usage({ 'http.response.status_code': 429 })).toMatchObject({ costUsd: '0', costSource: '' })
    expect(usage({ 'error.type': '503' })).toMatchObject({ costUsd: '0', costSource: '' })
    expect(usage({ 'error.type': 'ECONNRESET' })).toMatchObject({ costUsd: null, costSource: 'unpriced' })
  })

  it('of an inference is unknown, not 0', () => expect(usage({})).toMatchObject({ costUsd: null, costSource: 'unpriced', inputTokens: 0 }))
  it('of any other span is nothing', () => expect(usage({}, { type: 'tool' })).toMatchObject({ costUsd: '0', costSource: '' }))
  it('is something else than a count of 0, which costs 0', () =>
    expect(usage({ 'gen_ai.usage.input_tokens': 0, 'gen_ai.usage.output_tokens': 0 })).toMatchObject({
      costUsd: '0.000000000000',
      costSource: 'priced',
    }))
})

it('whatever stands there gives whole counts that include each other, and a cost that is exact, and never throws', () => {
  const value = fc.oneof(
    fc.nat().map(BigInt),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double().map((double) => ({ double })),
    fc.string(),
    fc.boolean(),
    fc.constantFrom(
      '{',
      '{"cache_read":-1}',
      '{"cache_read":1e99}',
      '[1]',
      'null',
      '{"anthropic":[]}',
      '"usage_metadata":{"prompt_token_count":9}',
    ),
  )
  const key = fc.constantFrom(
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.total_tokens',
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_write_tokens',
    'gen_ai.usage.reasoning_tokens',
    'gen_ai.usage.tool_use_prompt_token_count',
    'gen_ai.usage.audio.input_tokens',
    'gen_ai.usage.input_token_details',
    'gen_ai.usage.cost',
    'gcp.vertex.agent.llm_response',
    'ai.response.providerMetadata',
    'input_tokens',
    'openai.response.service_tier',
  )
  const spans = fc.array(fc.tuple(key, value), { maxLength: 8 })
  fc.assert(
    fc.property(spans, fc.constantFrom('gpt-5', 'claude-haiku-4-5', 'unknown'), (entries, model) => {
      const { costUsd, costSource, ...counts } = usageOf({ ...span({}), attributes: new Map(entries) }, 'model', model)
      for (const count of Object.values(counts)) expect(Number.isSafeInteger(count) && count >= 0).toBe(true)
      expect(counts.cachedInputTokens).toBeLessThanOrEqual(counts.inputTokens)
      expect(costUsd === null).toBe(costSource === 'unpriced')
      if (costUsd !== null) expect(costUsd).toMatch(/^\d+\.\d{12}$/)
    }),
    { numRuns: 3_000 },
  )
})
