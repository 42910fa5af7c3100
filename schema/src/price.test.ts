import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { costByPrice, type Price, SERVICE_TIERS, type Tokens } from './price.ts'
import { costOfCall } from './price-of-model.ts'
import { PRICES } from './prices.ts'

const pico = (usd: string | null): bigint | null => (usd === null ? null : BigInt(usd.replace('.', '')))

describe('an invoice computed by hand', () => {
  it('of cached input', () => {
    // 1,200 input of which 1,000 cached, 300 output on gpt-4o-mini: 200×0.15 + 1000×0.075 + 300×0.60 = 285 USD per million
    expect(costOfCall('gpt-4o-mini', { input: 1200, cachedInput: 1000, output: 300 })).toBe('0.000285000000')
  })

  it('of caches written for five minutes and for an hour', () => {
    // 10,000 input: 1,000 fresh ×3 + 4,000 read ×0.30 + 3,000 written ×3.75 + 2,000 for an hour ×6 = 27,450; 100 output ×15 = 1,500
    const tokens = { input: 10_000, cachedInput: 4_000, cacheWrite: 5_000, cacheWrite1h: 2_000, output: 100 }
    expect(costOfCall('claude-sonnet-4-6', tokens)).toBe('0.028950000000')
    expect(costOfCall('claude-sonnet-4-6', tokens, { tier: 'batch' })).toBe('0.014475000000')
  })

  it('of a long prompt, which costs more as a whole', () => {
    const cost = (input: number) => costOfCall('gemini-2.5-pro', { input, cachedInput: 100_000, output: 1_000 })
    // 100,000×1.25 + 100,000×0.125 + 1,000×10
    expect(cost(200_000)).toBe('0.147500000000')
    // 100,001×2.50 + 100,000×0.25 + 1,000×15
    expect(cost(200_001)).toBe('0.290002500000')
    // the cached part counts to the length of the prompt, as does what is written: 1×0.50 + 100,000×0.05
    expect(costOfCall('claude-haiku-5-5', { input: 100_001, cachedInput: 100_000, output: 0 })).toBe('0.005000500000')
  })

  it('of service tiers', () => {
    const tokens = { input: 1_000_000, cachedInput: 0, output: 100_000 }
    const cost = (tier: string) => costOfCall('gpt-5', tokens, { tier })
    for (const tier of ['', 'default', 'auto', 'standard']) expect(cost(tier)).toBe('2.250000000000')
    expect(cost('flex')).toBe('1.125000000000')
    expect(cost('batch')).toBe('1.125000000000')
    expect(cost('Priority')).toBe('4.500000000000')
  })

  it('of audio', () => {
    // 1,000 text ×0.30 + 9,000 audio ×1.00 + 100 output ×2.50
    expect(costOfCall('gemini-2.5-flash', { input: 10_000, cachedInput: 0, audioInput: 9_000, output: 100 })).toBe('0.009550000000')
  })

  it('of a region that costs more', () => {
    const tokens = { input: 1_000, cachedInput: 0, output: 0 }
    expect(costOfCall('global.anthropic.claude-sonnet-4-5-20250929-v1:0', tokens)).toBe('0.003000000000')
    expect(costOfCall('us.anthropic.claude-sonnet-4-5-20250929-v1:0', tokens)).toBe('0.003300000000')
    expect(costOfCall('us.anthropic.claude-sonnet-4-20250514-v1:0', tokens)).toBe('0.003000000000')
    expect(costOfCall('gpt-5.4', tokens, { regional: true })).toBe('0.002750000000')
  })
})

describe('what is not known', () => {
  const tokens = { input: 1_000, cachedInput: 0, output: 10 }
  it.each([
    ['a model', costOfCall('unknown', tokens)],
    ['a service tier', costOfCall('gpt-5', tokens, { tier: 'scale' })],
    ['a tier of a model that is not sold so', costOfCall('gemini-2.5-pro', tokens, { tier: 'priority' })],
    ['a kind of token', costOfCall('gpt-4.1', { ...tokens, audioInput: 5 })],
    ['cached audio, which is dearer than cached text', costOfCall('gemini-2.5-flash', { ...tokens, audioInput: 5, cachedInput: 5 })],
    ['cached input in a batch', costOfCall('gpt-4.1', { ...tokens, cachedInput: 5 }, { tier: 'batch' })],
    ['a long prompt of a model whose long price is not known', costOfCall('gpt-5.5', { ...tokens, input: 300_000 })],
  ])('%s makes a call unpriced, never 0', (_what, cost) => expect(cost).toBeNull())
})

const count = fc.nat(10_000_000)
const tokens: fc.Arbitrary<Tokens> = fc.record(
  { input: count, output: count, cachedInput: count, cacheWrite: count, cacheWrite1h: count },
  { requiredKeys: ['input', 'output', 'cachedInput'] },
)

describe('whatever is counted', () => {
  it('is exact to 10^-12 USD: the sum of single tokens is the price of all', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PRICES), fc.nat(99_999), (price, input) => {
        const cost = costByPrice(price, { input, cachedInput: 0, output: 0 })
        expect(pico(cost)).toBe(BigInt(Math.round(price.rates.input * 1e6)) * BigInt(input))
      }),
    )
  })

  it('no token is paid twice and none is free, even where an emitter told more cached tokens than there were', () => {
    const flat: Price = { model: 'm', rates: { input: 1, cachedInput: 1, cacheWrite: 1, cacheWrite1h: 1, output: 1 } }
    fc.assert(
      fc.property(tokens, (told) => {
        expect(pico(costByPrice(flat, told))).toBe(BigInt(told.input + told.output) * 1_000_000n)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is never less than nothing, and 0 only where nothing was used or the vendor asks nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PRICES), tokens, fc.constantFrom('', ...SERVICE_TIERS), (price, told, tier) => {
        const cost = pico(costByPrice(price, told, { tier }))
        if (cost === null) return
        expect(cost >= 0n).toBe(true)
        if (cost === 0n) expect(told.input).toBe(0)
      }),
      { numRuns: 2_000 },
    )
  })
})

it('no rate of the table has more than six decimals', () => {
  const rates = PRICES.flatMap((price) => [price, ...Object.values(price.tiers ?? {})])
    .flatMap(({ rates, long }) => [rates, long ?? rates])
    .flatMap((plan) => Object.values(plan))
    .filter((rate) => rate !== undefined)
  for (const rate of rates) expect(Math.abs(rate * 1e6 - Math.round(rate * 1e6))).toBeLessThan(1e-6)
})
