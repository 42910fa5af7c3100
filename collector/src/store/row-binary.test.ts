// The bytes of RowBinary, against the plainest way to write each of them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRowWriter, type RowWriter } from './row-binary.ts'

const written = (write: (writer: RowWriter) => void): Buffer => {
  const writer = createRowWriter()
  write(writer)
  return writer.take()
}

const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)])
const plainString = (text: string): Buffer => {
  const bytes = Buffer.from(text.toWellFormed())
  return Buffer.concat([Buffer.from(varint(bytes.length)), bytes])
}

describe('a string', () => {
  const unit = fc.constantFrom('a', 'b', 'é', '漢', '😀', '\ud83d', '\ude00')
  it('of any characters is its length and its UTF-8', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ unit, maxLength: 60 }), fc.string({ maxLength: 60 }))), (texts) => {
        const bytes = written((writer) => texts.forEach((text) => void writer.string(text)))
        expect(bytes.equals(Buffer.concat(texts.map(plainString)))).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  // where the length takes another byte, and where one way of writing ends
  it.each([0, 1, 24, 25, 42, 43, 63, 64, 127, 128, 5_461, 5_462, 16_383, 16_384, 700_000, 2_097_152])('of %i characters too', (length) => {
    for (const text of ['a'.repeat(length), 'é'.repeat(length), `${'a'.repeat(Math.max(0, length - 1))}漢`]) {
      const bytes = written((writer) => {
        writer.string(text)
        writer.string('next')
      })
      expect(bytes.equals(Buffer.concat([plainString(text), plainString('next')]))).toBe(true)
    }
  })
})

describe('an id', () => {
  it.each([
    ['00ff7f80', 4, '00ff7f80'],
    ['ABCDEF', 3, 'abcdef'],
    ['', 2, '0000'],
    ['ab', 2, 'ab00'],
    ['abc', 2, 'ab00'],
    ['abxy12', 3, 'ab0000'],
    ['abcd', 1, 'ab'],
    ['a漢cd', 2, '0000'],
  ])('%s in %i bytes is %s', (hex, bytes, expected) => {
    // whatever stood in the buffer before
    expect(written((writer) => writer.fixed(hex, bytes)).toString('hex')).toBe(expected)
  })
})

it('numbers are little endian', () => {
  const bytes = written((writer) => {
    writer.uint8(255)
    writer.uint16(0x0102)
    writer.uint32(0xfffefdfc)
    writer.uint64(0xfffefdfcfbfaf9f8n)
    writer.count(Number.MAX_SAFE_INTEGER)
    writer.size(300)
  })
  expect(bytes.toString('hex')).toBe(['ff', '0201', 'fcfdfeff', 'f8f9fafbfcfdfeff', 'ffffffffffff1f00', 'ac02'].join(''))
})

it('a writer grows, keeps what it has, and leaves alone what was taken', () => {
  const writer = createRowWriter()
  for (let row = 0; row < 50_000; row++) writer.uint64(BigInt(row))
  const taken = writer.take()
  writer.string('x'.repeat(1_000_000))
  expect(writer.length()).toBe(1_000_003)
  expect(Array.from({ length: 50_000 }, (_, row) => taken.readBigUInt64LE(row * 8)).every((value, row) => value === BigInt(row))).toBe(true)
})
