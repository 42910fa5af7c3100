import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isolate } from './isolate.ts'

describe('isolate', () => {
  it('stores every good row once and names every bad one, with few inserts', async () => {
    const cases = fc.tuple(fc.integer({ min: 1, max: 200 }), fc.uniqueArray(fc.nat(199), { maxLength: 5 }))
    await fc.assert(
      fc.asyncProperty(cases, async ([count, badOnes]) => {
        const bad = new Set(badOnes)
        const stored: number[] = []
        let inserts = 0
        const refused = await isolate(
          Array.from({ length: count }, (_, index) => Uint8Array.of(index)),
          async (data) => {
            inserts++
            if (data.some((row) => bad.has(row))) throw new Error('refused')
            stored.push(...data)
          },
          () => true,
        )
        const all = Array.from({ length: count }, (_, index) => index)
        expect(stored.sort((a, b) => a - b)).toEqual(all.filter((row) => !bad.has(row)))
        expect(refused.map(({ data }) => data[0])).toEqual(all.filter((row) => bad.has(row)))
        expect(inserts).toBeLessThanOrEqual(2 + 2 * bad.size * (Math.ceil(Math.log2(count + 1)) + 1))
      }),
    )
  })

  it('blames no row for what is not a refusal', async () => {
    const rows = [1, 2, 3].map((row) => Uint8Array.of(row))
    await expect(
      isolate(
        rows,
        () => Promise.reject(new Error('stopping')),
        () => false,
      ),
    ).rejects.toThrow('stopping')
  })
})
