// Golden invoices: publicly known miscounts of tokens and cost, each as the spans that cause it, against the bill computed by hand.
import type { Run } from '@seamtrace/schema'
import { describe, expect, it } from 'vitest'
import { analyze } from './analyze.ts'
import { type Told, toldSpans } from './told-spans.fixture.ts'

const runOf = (...calls: Told[]): Run => {
  const runs = analyze(toldSpans({ as: 'pipeline', children: calls }))
  expect(runs).toHaveLength(1)
  return runs[0]!.run
}

/** The bill in USD: tokens × USD per million. */
const bill = (...lines: [tokens: number, usdPerMillion: number][]): number =>
  lines.reduce((sum, [tokens, rate]) => sum + tokens * rate, 0) / 1e6

const expectBill = (run: Run, usd: number): void => {
  expect(Math.abs(run.costUsd - usd)).toBeLessThan(1e-9)
  expect(run.unpricedCalls).toBe(0)
}

const model = (name: string, attributes: Told['attributes'] = {}, more: Partial<Told> = {}): Told => ({
  as: 'model',
  model: name,
  attributes,
  ...more,
})

const genAi = (input: number, output: number) => ({ 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.output_tokens': output })

describe('cached input', () => {
  it('that OTel counts into the input is not added again (langfuse#12306: twice the tokens)', () => {
    const attributes = { ...genAi(130_213, 500), 'gen_ai.usage.cache_read_tokens': 128_955, 'gen_ai.usage.cache_write_tokens': 1_253 }
    const run = runOf(model('claude-sonnet-4-5', attributes))
    expectBill(run, bill([5, 3], [128_955, 0.3], [1_253, 3.75], [500, 15]))
    expect(run).toMatchObject({ inputTokens: 130_213, cachedInputTokens: 128_955, cacheWriteTokens: 1_253 })
  })

  it('of OpenAI is part of its prompt (langfuse#10592: 35,720 tokens shown for 17,903)', () => {
    const run = runOf(model('openai/gpt-4.1', { ...genAi(17_903, 120), 'gen_ai.usage.input_cached_tokens': 17_817 }))
    expectBill(run, bill([86, 2], [17_817, 0.5], [120, 8]))
    expect(run.inputTokens).toBe(17_903)
  })

  it('under the keys of OpenLLMetry is part of the prompt too (langfuse#5568)', () => {
    const attributes = {
      'gen_ai.usage.prompt_tokens': 2_006,
      'gen_ai.usage.completion_tokens': 300,
      'gen_ai.usage.cache_read_input_tokens': 1_920,
    }
    expectBill(runOf(model('gpt-4o-2024-08-06', attributes)), bill([86, 2.5], [1_920, 1.25], [300, 10]))
  })

  it('under the keys of OpenInference has its own price (mlflow#24759: 3.3 times too much)', () => {
    const attributes = {
      'llm.token_count.prompt': 52_000,
      'llm.token_count.completion': 400,
      'llm.token_count.total': 52_400,
      'llm.token_count.prompt_details.cache_read': 41_000,
      'llm.token_count.prompt_details.cache_write': 1_000,
    }
    const run = runOf(model('claude-sonnet-4-6', attributes, { scope: 'openinference.instrumentation.anthropic' }))
    expectBill(run, bill([10_000, 3], [41_000, 0.3], [1_000, 3.75], [400, 15]))
  })

  it('and written, of LiteLLM (mlflow#24869: 0.0105 USD for 0.001575)', () => {
    const attributes = {
      ...genAi(10_500, 0),
      'gen_ai.usage.cache_read_input_tokens': 10_000,
      'gen_ai.usage.cache_creation_input_tokens': 300,
    }
    expectBill(runOf(model('claude-haiku-4-5', attributes)), 0.001575)
  })

  it('is nearly all there was (dust#20989: 9,842 of 9,844)', () => {
    const run = runOf(model('claude-sonnet-4-5', { ...genAi(9_844, 10), 'gen_ai.usage.cache_read.input_tokens': 9_842 }))
    expectBill(run, bill([2, 3], [9_842, 0.3], [10, 15]))
  })

  it('of a Gemini call (agenta#5711: 0.039084 USD for 0.005955)', () => {
    const run = runOf(model('gemini-3.5-flash', { ...genAi(25_978, 13), 'gen_ai.usage.cache_read.input_tokens': 24_540 }))
    expectBill(run, 0.005955)
  })

  it('that Bedrock tells beside the input is added (mlflow#24867)', () => {
    const attributes = {
      'llm.token_count.prompt': 120,
      'llm.token_count.completion': 40,
      'llm.token_count.prompt_details.cache_read': 9_000,
      'llm.token_count.prompt_details.cache_write': 600,
    }
    const run = runOf(model('anthropic.claude-3-5-haiku-20241022-v1:0', attributes))
    expectBill(run, bill([120, 0.8], [9_000, 0.08], [600, 1], [40, 4]))
    expect(run.inputTokens).toBe(9_720)
  })

  it('of a Claude Code session is not paid in full (traceroost/core#127: 328.73 USD for 43.18)', () => {
    const turn = model(
      'claude-opus-4-8[1m]',
      { input_tokens: 6, output_tokens: 800, cache_read_tokens: 190_000, cache_creation_tokens: 2_500 },
      { scope: 'com.anthropic.claude_code' },
    )
    const run = runOf(...Array.from({ length: 40 }, () => turn))
    expectBill(run, 40 * bill([6, 5], [190_000, 0.5], [2_500, 6.25], [800, 25]))
  })

  it('that LangChain counted twice in a stream is halved (langchainjs#10249)', () => {
    const attributes = {
      ...genAi(3_100, 50),
      'gen_ai.usage.total_tokens': 3_150,
      'gen_ai.usage.input_token_details': '{"cache_read":5600,"cache_creation":400}',
    }
    const run = runOf(model('claude-sonnet-4-5-20250929', attributes, { scope: 'langsmith' }))
    expectBill(run, bill([100, 3], [2_800, 0.3], [200, 3.75], [50, 15]))
  })

  it('that a program keeps apart from the input is told by the total (CodexBar#1797, of the counts of pi)', () => {
    const attributes = { ...genAi(7_000, 300), 'gen_ai.usage.cached_input_tokens': 5_000, 'gen_ai.usage.total_tokens': 12_300 }
    expectBill(runOf(model('gpt-5', attributes)), bill([7_000, 1.25], [5_000, 0.125], [300, 10]))
  })
})

describe('written caches', () => {
  it('are not charged as input once more (litellm#26919)', () => {
    const attributes = {
      ...genAi(32_000, 200),
      'gen_ai.usage.cache_read_input_tokens': 20_000,
      'gen_ai.usage.cache_creation_input_tokens': 11_000,
    }
    expectBill(runOf(model('claude-sonnet-4-6', attributes)), bill([1_000, 3], [20_000, 0.3], [11_000, 3.75], [200, 15]))
  })

  it('are charged at all (langfuse#14249: 0.20 USD for 0.28)', () => {
    const run = runOf(model('claude-sonnet-4-6', { ...genAi(15_460, 10_370), 'gen_ai.usage.cache_creation.input_tokens': 19_810 }))
    expectBill(run, bill([15_460, 3], [19_810, 3.75], [10_370, 15]))
  })

  it('of an hour cost more than those of five minutes', () => {
    const attributes = {
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.model.provider': 'anthropic.messages',
      'ai.usage.inputTokens': 20,
      'ai.usage.outputTokens': 90,
      'ai.response.providerMetadata': JSON.stringify({
        anthropic: {
          cacheCreationInputTokens: 8_000,
          usage: { service_tier: 'standard', cache_creation: { ephemeral_5m_input_tokens: 3_000, ephemeral_1h_input_tokens: 5_000 } },
        },
      }),
    }
    expectBill(runOf(model('claude-opus-4-5', attributes)), bill([20, 5], [3_000, 6.25], [5_000, 10], [90, 25]))
  })
})

describe('output', () => {
  const adk = (usage: object, output: number): Told =>
    model('gemini-2.5-flash', {
      'gen_ai.system': 'gcp.vertex.agent',
      ...genAi(2_244, output),
      'gcp.vertex.agent.llm_response': JSON.stringify({ content: { role: 'model' }, usage_metadata: usage }),
    })

  it('is not the total that ADK tells as output (langfuse#7983, #8020: 0.0063 USD for 0.00073)', () => {
    const run = runOf(adk({ prompt_token_count: 2_244, candidates_token_count: 21, total_token_count: 2_265 }, 2_265))
    expectBill(run, bill([2_244, 0.3], [21, 2.5]))
    expect(run.outputTokens).toBe(21)
  })

  it('is not a total that stands beside it', () => {
    const run = runOf(model('gemini-2.5-flash', { ...genAi(2_244, 2_265), 'gen_ai.usage.total_tokens': 2_265 }))
    expectBill(run, bill([2_244, 0.3], [21, 2.5]))
  })

  it('includes the thinking of Gemini (langfuse#16321: less than the vendor charges)', () => {
    const traceloop = model(
      'gemini-2.5-flash',
      { ...genAi(949, 120), 'gen_ai.usage.reasoning_tokens': 1_100 },
      { scope: '@traceloop/instrumentation-google-generativeai' },
    )
    expectBill(runOf(traceloop), bill([949, 0.3], [1_220, 2.5]))
    const counts = { prompt_token_count: 2_244, candidates_token_count: 21, thoughts_token_count: 600, total_token_count: 2_865 }
    expectBill(runOf(adk(counts, 21)), bill([2_244, 0.3], [621, 2.5]))
  })

  it('includes the reasoning of OpenAI, which is not added again', () => {
    const run = runOf(model('gpt-5-mini-2025-08-07', { ...genAi(949, 1_239), 'gen_ai.usage.reasoning.output_tokens': 1_024 }))
    expectBill(run, bill([949, 0.25], [1_239, 2]))
  })
})

describe('each inference once', () => {
  const call = model('gpt-4o-mini', genAi(1_000, 100))
  const once = bill([1_000, 0.15], [100, 0.6])

  it('however many agents, chains and steps around it repeat its tokens (langfuse#9305: one cost more than there were calls)', () => {
    const total = { ...genAi(2_000, 200), 'gen_ai.usage.cost': 0.00042 }
    const chain: Told = { as: 'other', model: 'gpt-4o-mini', attributes: total, children: [call, call] }
    const step: Told = { as: 'step', model: 'gpt-4o-mini', attributes: total, children: [chain] }
    expectBill(runOf({ as: 'agent', model: 'gpt-4o-mini', attributes: total, children: [step] }), 2 * once)
  })

  it('though framework, SDK and HTTP client tell of it, one inside the other', () => {
    const sdk = { ...call, children: [{ as: 'other' as const }] }
    expectBill(runOf({ ...call, scope: '@arizeai/openinference-instrumentation-langchain', children: [sdk] }), once)
    expectBill(runOf({ as: 'model', model: 'gpt-4o-mini', children: [sdk] }), once)
  })

  it('though two instrumentations tell of it side by side, by the id of the answer', () => {
    const reported = { ...call, responseId: 'chatcmpl-1', attributes: { ...call.attributes, 'llm.cost.total': 0.0003 } }
    for (const calls of [
      [{ ...call, responseId: 'chatcmpl-1' }, reported],
      [reported, { ...call, responseId: 'chatcmpl-1' }],
    ]) {
      const run = runOf(...calls, { as: 'model', model: 'gpt-4o-mini', responseId: 'chatcmpl-1' })
      expectBill(run, 0.0003)
      expect(run).toMatchObject({ inputTokens: 1_000, reportedCalls: 1 })
    }
  })

  it("and not again when LangChain's cache answers (langfuse#2112)", () => {
    const answer = { ...call, responseId: 'chatcmpl-2' }
    expectBill(runOf(answer, answer, answer), once)
    expectBill(runOf(call, { ...call, attributes: { ...call.attributes, 'seamtrace.cost.amount': 0 } }), once)
    const free = { ...answer, attributes: { ...call.attributes, 'seamtrace.cost.amount': 0 } }
    expectBill(runOf(answer, free), once)
    const cached = JSON.stringify({ input_tokens: 1_000, output_tokens: 100, total_tokens: 1_100, total_cost: 0 })
    expectBill(runOf(call, { ...call, attributes: { ...call.attributes, 'langsmith.metadata.usage_metadata': cached } }), once)
  })

  it('also of an agent that tells its usage alone, beside another whose calls are recorded', () => {
    const remote: Told = { as: 'agent', model: 'gpt-4o-mini', attributes: genAi(5_000, 500) }
    const local: Told = { as: 'agent', model: 'gpt-4o-mini', attributes: genAi(1_000, 100), children: [call] }
    const boss: Told = { as: 'agent', model: 'gpt-4o-mini', attributes: genAi(6_000, 600), children: [remote, local] }
    expectBill(runOf(boss), once + bill([5_000, 0.15], [500, 0.6]))
  })

  it('also of an agent that tells its usage alone, though its calls are recorded without any', () => {
    const silent: Told = { as: 'model', model: 'gpt-4o-mini' }
    expectBill(runOf({ as: 'agent', model: 'gpt-4o-mini', attributes: genAi(1_000, 100), children: [silent, silent] }), once)
  })

  it('though what stood between an agent and its calls has not arrived', () => {
    const agent: Told = { as: 'agent', model: 'gpt-4o-mini', attributes: genAi(1_000, 100), children: [{ as: 'step', children: [call] }] }
    const spans = toldSpans({ as: 'pipeline', children: [agent] }).map((span) => ({ ...span, pipeline: 'p' }))
    const runs = analyze(spans.filter((span) => span.type !== 'step'))
    expect(runs).toHaveLength(1)
    expectBill(runs[0]!.run, once)
  })

  it('though one runs inside the span of another: ADK runs tools and agents inside the model that asked for them', () => {
    const silent: Told = { as: 'model', model: 'gpt-4o-mini' }
    const inner: Told = { as: 'agent', children: [call, silent] }
    const run = runOf({ as: 'agent', children: [{ ...call, children: [{ as: 'tool', children: [inner] }] }] })
    expect(Math.abs(run.costUsd - 2 * once)).toBeLessThan(1e-9)
    expect(run.unpricedCalls).toBe(1)
  })

  it('of a judge, a tool or a store that asked a model itself', () => {
    const judge: Told = { as: 'check', model: 'gpt-4o-mini', attributes: genAi(1_000, 100) }
    expectBill(runOf(judge, { as: 'tool', children: [call] }, { as: 'retrieval', children: [{ ...call, as: 'embedding' }] }), 3 * once)
  })

  it('of a workflow that alone tells a sum', () =>
    expectBill(runOf({ as: 'step', model: 'gpt-4o-mini', attributes: genAi(1_000, 100), children: [{ as: 'other' }] }), once))
})

describe('what is not known', () => {
  const known = model('gpt-4.1-2025-04-14', genAi(1_000, 100))
  const usd = bill([1_000, 2], [100, 8])

  it('is not free: a stream that was left tells no tokens (posthog#90211: 0 USD)', () => {
    const run = runOf({ ...model('gpt-4.1'), cancelled: true })
    expect(run).toMatchObject({ costUsd: 0, unpricedCalls: 1 })
    expect(run.calls[0]).toMatchObject({ costUsd: null, costSource: 'unpriced' })
  })

  it('is not free: calls without usage in an agent that sums them up as 0', () => {
    const agent: Told = { as: 'agent', model: 'gpt-4.1', attributes: genAi(0, 0), children: [model('gpt-4.1'), model('gpt-4.1')] }
    expect(runOf(agent)).toMatchObject({ costUsd: 0, unpricedCalls: 2 })
  })

  it('is not free: a model without a price, also where its emitter says 0', () => {
    const attributes = { ...genAi(1_000, 100), 'gen_ai.usage.cost': 0 }
    expect(runOf(model('in-house-7b', attributes)).calls[0]).toMatchObject({ costUsd: null, inputTokens: 1_000 })
  })

  it('does not hide what is known (langfuse#14889: no totals at all)', () => {
    const run = runOf(known, model('in-house-7b', genAi(9, 9)), known)
    expect(Math.abs(run.costUsd - 2 * usd)).toBeLessThan(1e-9)
    expect(run).toMatchObject({ unpricedCalls: 1, inputTokens: 2_009 })
  })

  it('is known of a dated snapshot under a root without usage (langsmith-sdk#2085: 0 tokens, 0 USD)', () => {
    const chain: Told = { as: 'other', scope: 'langsmith', children: [{ ...known, scope: 'langsmith' }] }
    const run = runOf(chain)
    expectBill(run, usd)
    expect(run.inputTokens).toBe(1_000)
  })

  it('is nothing where a call was refused: it cost nothing', () =>
    expect(runOf(known, { ...model('gpt-4.1'), failed: true })).toMatchObject({ unpricedCalls: 0 }))

  it('is told where it comes from', () => {
    const reported = model('gpt-4.1', { ...genAi(1, 1), 'operation.cost': 0.25 })
    const { calls } = runOf(known, reported, model('in-house-7b', genAi(1, 1)), { as: 'tool' })
    expect(calls.map((call) => call.costSource)).toEqual(['priced', 'reported', 'unpriced', ''])
  })
})
