// What is written is what was read: by our own reader, and by an independent one.
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { span as arbitrarySpan } from '../store/span.fixture.ts'
import { decodeTraces } from './decode-traces.ts'
import { encodeTraces } from './encode-traces.ts'
import { decodeMessage, spansToProtobuf } from './otlp.fixture.ts'

describe('encodeTraces', () => {
  it.each(['protobuf', 'json'] as const)('is undone by decodeTraces: %s', (encoding) => {
    fc.assert(
      fc.property(fc.array(arbitrarySpan, { maxLength: 3 }), (spans) => {
        const decoded = decodeTraces(encodeTraces(spans, encoding), encoding)
        expect(decoded.rejected).toEqual([])
        expect(isDeepStrictEqual(decoded.spans, spans)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('writes the protobuf that an independent writer writes', () => {
    fc.assert(
      fc.property(arbitrarySpan, (span) => {
        const read = (bytes: Buffer) => decodeMessage('ExportTraceServiceRequest', bytes)
        expect(isDeepStrictEqual(read(encodeTraces([span], 'protobuf')), read(spansToProtobuf([span])))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('puts spans of one resource and scope together', () => {
    const [one, other] = fc.sample(arbitrarySpan, { numRuns: 2, seed: 3 })
    if (!one || !other) throw new Error('no sample')
    const request = JSON.parse(
      encodeTraces([one, other, { ...one, spanId: 'ab'.repeat(8), resource: new Map(one.resource) }], 'json').toString(),
    )
    expect(request.resourceSpans.map((group: { scopeSpans: { spans: unknown[] }[] }) => group.scopeSpans[0]?.spans.length)).toEqual([2, 1])
  })
})
