// A golden invoice at the prices that a project set, against the bill computed by hand.
import type { ProjectPrice, Run } from '@seamtrace/schema'
import { expect, it } from 'vitest'
import { PRICED_KEYS } from '../recognize/project-cost.ts'
import { analyze } from './analyze.ts'
import { ANALYZED_KEYS } from './analyzed-keys.ts'
import { type Told, toldSpans } from './told-spans.fixture.ts'

const PRICES: ProjectPrice[] = [
  {
    model: 'gpt-4.1',
    provider: 'azure*',
    rates: { input: 1.6, cachedInput: 0.4, output: 6.4 },
    tiers: { batch: { rates: { input: 0.8, output: 3.2 } } },
  },
  {
    model: 'in-house-*',
    rates: { input: 0.25, cacheWrite: 0.3, cacheWrite1h: 0.5, cachedInput: 0.05, output: 1, reasoning: 2, audioInput: 4 },
    longAbove: 100_000,
    long: { input: 0.5, output: 2 },
  },
  { model: 'yearly', rates: { input: 10, output: 10 }, until: '2026-01-01' },
]

const runOf = (calls: Told[], prices: readonly ProjectPrice[] = PRICES): Run => {
  const [only] = analyze(toldSpans({ as: 'pipeline', children: calls }), { prices })
  if (!only) throw new Error('no run')
  return only.run
}
const call = (model: string, input: number, output: number, attributes: Told['attributes'] = {}): Told => ({
  as: 'model',
  model,
  attributes: { 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.output_tokens': output, ...attributes },
})
const bill = (...lines: [tokens: number, usdPerMillion: number][]): number =>
  lines.reduce((sum, [tokens, rate]) => sum + tokens * rate, 0) / 1e6

const AZURE = { 'gen_ai.provider.name': 'azure.ai.openai' }
const kinds = {
  'gen_ai.usage.cache_read.input_tokens': 2_000,
  'gen_ai.usage.cache_write.input_tokens': 1_500,
  'gen_ai.usage.cache_creation.ephemeral_1h_input_tokens': 500,
  'gen_ai.usage.reasoning.output_tokens': 300,
}

it.each<[string, Told, [number, number][]]>([
  [
    'what was agreed with the provider',
    call('gpt-4.1', 10_000, 1_000, AZURE),
    [
      [10_000, 1.6],
      [1_000, 6.4],
    ],
  ],
  [
    'the built-in price of the same model elsewhere',
    call('gpt-4.1', 10_000, 1_000, { 'gen_ai.provider.name': 'openai' }),
    [
      [10_000, 2],
      [1_000, 8],
    ],
  ],
  [
    'cached input and a snapshot of the model',
    call('gpt-4.1-2025-04-14', 10_000, 1_000, { ...AZURE, 'gen_ai.usage.cache_read.input_tokens': 4_000 }),
    [
      [6_000, 1.6],
      [4_000, 0.4],
      [1_000, 6.4],
    ],
  ],
  [
    'the batch',
    call('gpt-4.1', 10_000, 1_000, { ...AZURE, 'openai.response.service_tier': 'batch' }),
    [
      [10_000, 0.8],
      [1_000, 3.2],
    ],
  ],
  [
    'caches of two kinds and reasoning, each at its rate',
    call('in-house-7b', 10_000, 1_000, kinds),
    [
      [6_500, 0.25],
      [2_000, 0.05],
      [1_000, 0.3],
      [500, 0.5],
      [700, 1],
      [300, 2],
    ],
  ],
  [
    'sound',
    call('in-house-7b', 10_000, 1_000, { 'gen_ai.usage.audio.input_tokens': 4_000 }),
    [
      [6_000, 0.25],
      [4_000, 4],
      [1_000, 1],
    ],
  ],
  [
    'a long prompt as a whole',
    call('in-house-7b', 100_001, 1_000),
    [
      [100_001, 0.5],
      [1_000, 2],
    ],
  ],
])('charges %s', (_what, told, lines) => {
  const run = runOf([told])
  expect(Math.abs(run.costUsd - bill(...lines))).toBeLessThan(1e-9)
  expect(run.unpricedCalls).toBe(0)
})

it('leaves what a span reports, and what nobody priced unpriced: never 0', () => {
  expect(runOf([call('in-house-7b', 10, 10, { 'gen_ai.usage.cost': 0.5 })])).toMatchObject({ costUsd: 0.5, reportedCalls: 1 })
  // no longer on the day of the call; a batch that the price does not know; a model without any price
  for (const told of [
    call('yearly', 10, 10),
    call('in-house-7b', 10, 10, { 'openai.response.service_tier': 'batch' }),
    call('nobody', 10, 10),
  ])
    expect(runOf([told])).toMatchObject({ costUsd: 0, unpricedCalls: 1 })
})

it("goes before the built-in price also where it does not say enough: the project's word is the last", () => {
  const cached = call('gpt-4.1', 10, 10, { 'gen_ai.usage.cache_read.input_tokens': 5 })
  expect(runOf([cached], [{ model: 'gpt-4.1', rates: { input: 1, output: 1 } }])).toMatchObject({ costUsd: 0, unpricedCalls: 1 })
  expect(runOf([cached], [])).toMatchObject({ unpricedCalls: 0 })
})

it('needs no more of a span than the store is asked for', () => {
  const read = new Set([...ANALYZED_KEYS.whole, ...ANALYZED_KEYS.short, ...PRICED_KEYS])
  const whole = toldSpans({ as: 'pipeline', children: [call('in-house-7b', 10_000, 1_000, kinds), call('gpt-4.1', 9, 9, AZURE)] })
  const lean = whole.map((span) => ({ ...span, scopeName: '', attributes: new Map([...span.attributes].filter(([key]) => read.has(key))) }))
  expect(analyze(lean, { prices: PRICES })).toEqual(analyze(whole, { prices: PRICES }))
})
