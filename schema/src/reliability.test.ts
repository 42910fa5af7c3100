import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gapWaterfall, independentStepsRate, productOfRates, twoProportionZ, wilsonInterval } from './reliability.ts'

describe('productOfRates', () => {
  it('gives the figures of the model', () => {
    expect(productOfRates(Array(6).fill(0.97))).toBeCloseTo(0.833, 3)
    expect(productOfRates([0.98, 0.95, 0.97, 0.96, 0.97, 0.98])).toBeCloseTo(0.824, 3)
    expect(productOfRates(Array(6).fill(0.96))).toBeCloseTo(0.783, 3)
    expect(productOfRates(Array(6).fill(0.98))).toBeCloseTo(0.886, 3)
    expect(productOfRates(Array(4).fill(0.97))).toBeCloseTo(0.885, 3)
  })
})

describe('wilsonInterval', () => {
  it('gives the published figures', () => {
    // 29 of 30 and 0 of 20: computed by hand from Wilson's formula with z = 1.96
    expect(wilsonInterval(29, 30).low).toBeCloseTo(0.8333, 3)
    expect(wilsonInterval(29, 30).high).toBeCloseTo(0.9941, 3)
    expect(1 - wilsonInterval(20, 20).low).toBeCloseTo(0.161, 3)
  })

  it('knows nothing of no runs', () => expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 }))

  it('holds the rate and stays within 0 and 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const k = Math.round(n * share)
        const { low, high } = wilsonInterval(k, n)
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        expect(low).toBeLessThanOrEqual(k / n)
        expect(high).toBeGreaterThanOrEqual(k / n)
      }),
    )
  })
})

describe('gapWaterfall', () => {
  const counts = fc
    .tuple(fc.array(fc.nat(500), { maxLength: 12 }), fc.nat(5000), fc.nat(200))
    .map(([charged, successes, unattributed]) => ({
      charged,
      successes,
      unattributed,
      n: charged.reduce((a, b) => a + b, 0) + successes + unattributed,
    }))

  it('falls from N to the successes, exactly', () => {
    fc.assert(
      fc.property(counts, ({ charged, successes, unattributed, n }) => {
        const fall = gapWaterfall(
          n,
          successes,
          charged.map((count, index) => ({ step: `s${index}`, charged: count })),
        )
        expect(successes + charged.reduce((a, b) => a + b, 0) + fall.unattributed).toBe(n)
        expect(fall.unattributed).toBe(unattributed)
        expect(fall.bars.map(({ from, to }) => from - to)).toEqual(charged)
        expect(fall.bars[0]?.from ?? n).toBe(n)
      }),
    )
  })

  it('refuses more charges than failures', () => {
    expect(() => gapWaterfall(10, 9, [{ step: 'a', charged: 2 }])).toThrow('2 charged of 1 failed runs')
  })
})

describe('independentStepsRate', () => {
  it('weighs a branch as rarely as it is taken', () => {
    const rate = independentStepsRate(
      [
        { steps: ['a'], runs: 90 },
        { steps: ['a', 'b'], runs: 10 },
      ],
      (step) => (step === 'a' ? 0.9 : 0.5),
    )
    expect(rate).toBeCloseTo(0.9 * 0.9 + 0.1 * 0.45, 12)
  })

  it('says nothing without runs', () => expect(independentStepsRate([], () => 1)).toBeNull())
})

describe('twoProportionZ', () => {
  it('is the textbook value', () => expect(twoProportionZ(97, 100, 85, 100)).toBeCloseTo(2.965, 2))
  it('is 0 when nothing can be told', () => expect([twoProportionZ(0, 0, 5, 9), twoProportionZ(5, 5, 9, 9)]).toEqual([0, 0]))
})
