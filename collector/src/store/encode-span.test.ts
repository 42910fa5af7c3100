// Rows of spans can be told apart again; that the engines read them as they were: test/engine/spans.test.ts.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSpanEncoder, splitEncodedSpans } from './encode-span.ts'
import { recognizedSpan } from './span.fixture.ts'

const encoder = createSpanEncoder()

const blockOf = (spans: Parameters<typeof encoder.add>[1][]): Buffer => {
  for (const span of spans) encoder.add('default', span)
  return encoder.take()
}
const hexOf = (blocks: Uint8Array[]): string[] => blocks.map((block) => Buffer.from(block).toString('hex'))

describe('splitEncodedSpans', () => {
  it('gives blocks back, then the rows of each, then the row itself', () => {
    fc.assert(
      fc.property(fc.array(recognizedSpan, { minLength: 2, maxLength: 5 }), (spans) => {
        const blocks = [blockOf(spans), blockOf(spans.slice(1).reverse())]
        expect(hexOf(splitEncodedSpans(Buffer.concat(blocks)))).toEqual(hexOf(blocks))
        const rows = spans.map((span) => blockOf([span]))
        expect(hexOf(splitEncodedSpans(blockOf(spans)))).toEqual(hexOf(rows))
        for (const row of rows) expect(hexOf(splitEncodedSpans(row))).toEqual(hexOf([row]))
      }),
    )
  })

  it('refuses bytes that end within a block', () => {
    fc.assert(
      fc.property(recognizedSpan, fc.double({ min: 0, max: 1, noNaN: true }), (span, share) => {
        const row = blockOf([span])
        const cut = 1 + Math.floor(share * (row.length - 2))
        expect(() => splitEncodedSpans(row.subarray(0, cut))).toThrow(/cannot read rows/)
      }),
    )
  })

  it('begins anew after a block, and after rows that nobody took', () => {
    fc.assert(
      fc.property(recognizedSpan, recognizedSpan, (first, second) => {
        const alone = createSpanEncoder()
        alone.add('default', second)
        encoder.add('default', first)
        encoder.clear()
        encoder.add('default', second)
        expect(encoder.rows()).toBe(1)
        expect(encoder.take().toString('hex')).toBe(alone.take().toString('hex'))
      }),
    )
  })
})
