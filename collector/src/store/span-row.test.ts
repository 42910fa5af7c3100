// A span survives its row; through the engines: test/engine/spans.test.ts.
import { isDeepStrictEqual } from 'node:util'
import type { RecognizedSpan } from '@seamtrace/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recognizedSpan } from './span.fixture.ts'
import { fromSpanRow, toSpanRow } from './span-row.ts'

const plain = (): RecognizedSpan => ({
  ...fc.sample(recognizedSpan, { numRuns: 1, seed: 7 })[0]!,
  startTimeUnixNano: 1_763_600_000_000_000_000n,
})

describe('toSpanRow and fromSpanRow', () => {
  it('give back the same span', () => {
    fc.assert(
      fc.property(recognizedSpan, (span) => {
        expect(isDeepStrictEqual(fromSpanRow(JSON.parse(JSON.stringify(toSpanRow('default', span)))), span)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('bring every value into the range of its column', () => {
    const row = toSpanRow('default', {
      ...plain(),
      attempt: 70_000,
      resends: -1,
      inputTokens: Number.NaN,
      outputTokens: 1.5,
      costUsd: '1e-7',
      kind: 4_294_967_295,
      name: 'cut \ud83d',
    })
    expect(row).toMatchObject({
      attempt: 65_535,
      resends: 0,
      input_tokens: 0,
      output_tokens: 1,
      cost_usd: null,
      kind: 255,
      name: 'cut \ufffd',
    })
    expect(toSpanRow('default', { ...plain(), costUsd: '0.0012500' }).cost_usd).toBe('0.00125')
    expect(toSpanRow('default', { ...plain(), costUsd: '1000000' }).cost_usd).toBeNull()
  })
})
