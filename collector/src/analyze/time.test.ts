import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isoTime } from './time.ts'

it('writes times as Date does, of any year', () => {
  const millis = fc.oneof(
    fc.integer({ min: -8.64e15, max: 8.64e15 }),
    fc.integer({ min: -1e12, max: 4e12 }),
    fc.constantFrom(0, -1, 86_399_999, 253_402_300_799_999, 253_402_300_800_000),
  )
  fc.assert(
    fc.property(millis, (ms) => {
      expect(isoTime(BigInt(ms) * 1_000_000n)).toBe(new Date(ms).toISOString())
    }),
    { numRuns: 5_000 },
  )
})
