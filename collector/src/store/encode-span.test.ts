// Rows of spans can be told apart again; that the engines read them as they were: test/engine/spans.test.ts.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeSpan, splitEncodedSpans } from './encode-span.ts'
import { createRowWriter } from './row-binary.ts'
import { recognizedSpan } from './span.fixture.ts'

const rowsOf = (spans: Parameters<typeof encodeSpan>[2][]): Buffer[] =>
  spans.map((span) => {
    const writer = createRowWriter()
    encodeSpan(writer, 'default', span)
    return Buffer.from(writer.take())
  })

describe('splitEncodedSpans', () => {
  it('gives back the rows', () => {
    fc.assert(
      fc.property(fc.array(recognizedSpan, { maxLength: 5 }), (spans) => {
        const rows = rowsOf(spans)
        expect(splitEncodedSpans(Buffer.concat(rows)).map((row) => Buffer.from(row).toString('hex'))).toEqual(
          rows.map((row) => row.toString('hex')),
        )
      }),
    )
  })

  it('refuses bytes that end within a row', () => {
    fc.assert(
      fc.property(recognizedSpan, fc.double({ min: 0, max: 1, noNaN: true }), (span, share) => {
        const [row] = rowsOf([span]) as [Buffer]
        const cut = 1 + Math.floor(share * (row.length - 2))
        expect(() => splitEncodedSpans(row.subarray(0, cut))).toThrow(/end within|longer than/)
      }),
    )
  })
})
