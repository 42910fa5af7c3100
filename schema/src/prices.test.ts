import fc from 'fast-check'
import { expect, it } from 'vitest'
import { costOfCall, PRICES, priceOf } from './prices.ts'

it('knows dated snapshots of a model, and no variants of another price', () => {
  expect(priceOf('gpt-4o-mini-2024-07-18')?.model).toBe('gpt-4o-mini')
  expect(priceOf('gpt-4o-2024-08-06')?.model).toBe('gpt-4o')
  for (const model of ['some-model-of-ours', 'gpt-5-pro', 'gpt-4o-realtime-preview']) expect(priceOf(model)).toBeNull()
})

it('agrees with an invoice computed by hand', () => {
  // 1,200 input of which 1,000 cached, 300 output on gpt-4o-mini: 200×0.15 + 1000×0.075 + 300×0.60 = 285 USD per million
  expect(costOfCall('gpt-4o-mini', { input: 1200, cachedInput: 1000, output: 300 })).toBe('0.000285000000')
  expect(costOfCall('gpt-5', { input: 1_000_000, cachedInput: 0, output: 1_000_000 })).toBe('11.250000000000')
})

it('never prices an unknown model at 0', () => expect(costOfCall('unknown', { input: 1, cachedInput: 0, output: 1 })).toBeNull())

it('is exact to 10^-12 USD: the sum of single tokens is the price of all', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PRICES), fc.nat(10_000_000), ({ model, input }, tokens) => {
      const cost = costOfCall(model, { input: tokens, cachedInput: 0, output: 0 }) ?? ''
      expect(BigInt(cost.replace('.', ''))).toBe(BigInt(Math.round(input * 1e6)) * BigInt(tokens))
    }),
  )
})
