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
        // parts of ten rows, each a byte
        const parts = Array.from({ length: Math.ceil(count / 10) }, (_, part) =>
          Uint8Array.from({ length: Math.min(10, count - part * 10) }, (_, row) => part * 10 + row),
        )
        const refused = await isolate(parts, {
          split: (data) => Array.from(data, (row) => Uint8Array.of(row)),
          insert: async (data) => {
            inserts++
            if (data.some((row) => bad.has(row))) throw new Error('refused')
            stored.push(...data)
          },
          isRefusal: () => true,
        })
        const all = Array.from({ length: count }, (_, index) => index)
        expect(stored.sort((a, b) => a - b)).toEqual(all.filter((row) => !bad.has(row)))
        expect(refused.map(({ data }) => data[0])).toEqual(all.filter((row) => bad.has(row)))
        expect(inserts).toBeLessThanOrEqual(2 + 2 * bad.size * (Math.ceil(Math.log2(count + 1)) + 2))
      }),
    )
  })

  it('blames no row for what is not a refusal', async () => {
    const rows = [1, 2, 3].map((row) => Uint8Array.of(row))
    await expect(
      isolate(rows, { split: (data) => [data], insert: () => Promise.reject(new Error('stopping')), isRefusal: () => false }),
    ).rejects.toThrow('stopping')
  })
})
