// Whatever came before, the cached text of bytes is the text that decoding them gives.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createTextCache } from './text-cache.ts'

const decode = (bytes: Buffer, start: number, end: number): string => bytes.toString('utf8', start, end)
const reader = () => {
  let made = 0
  const textOf = createTextCache((...part) => {
    made++
    return decode(...part)
  })
  return {
    read: (bytes: Buffer, start = 0, end = bytes.length): string =>
      textOf(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), start, end),
    made: () => made,
  }
}

it('gives every text as it stands in the bytes, known or not', () => {
  const { read } = reader()
  // few letters and few lengths, so that texts come again and differ in one place
  const nearlySame = fc.stringMatching(/^[ab]{0,6}$/)
  const hostile = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.array(fc.oneof(nearlySame, fc.string({ unit: 'grapheme', maxLength: 60 }), hostile), { maxLength: 40 }), (parts) => {
      const bytes = Buffer.concat([Buffer.from('x'), ...parts.map((part) => Buffer.from(part))])
      let start = 1
      for (const part of parts) {
        const end = start + Buffer.from(part).length
        expect(read(bytes, start, end)).toBe(decode(bytes, start, end))
        expect(read(bytes, start, end)).toBe(decode(bytes, start, end))
        start = end
      }
    }),
    { numRuns: 1_000 },
  )
})

it('makes a short text once', () => {
  const { read, made } = reader()
  for (let time = 0; time < 100; time++) for (const text of ['', 'a', 'gen_ai.operation.name', 'é'.repeat(24)]) read(Buffer.from(text))
  expect(made()).toBe(3)
})

it('makes long texts each time, and holds no more short ones than it has slots', () => {
  const { read, made } = reader()
  const long = Buffer.from('a'.repeat(49))
  read(long)
  read(long)
  expect(made()).toBe(2)
  for (let round = 0; round < 2; round++) for (let n = 0; n < 20_000; n++) expect(read(Buffer.from(`text ${n}`))).toBe(`text ${n}`)
  expect(made()).toBeGreaterThan(2 + 40_000 - 4_096 - 1)
})
