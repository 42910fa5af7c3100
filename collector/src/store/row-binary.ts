// Writes values as ClickHouse's RowBinary format has them: little endian, lengths as LEB128, nothing between rows.
// https://clickhouse.com/docs/interfaces/formats/RowBinary

/** A growing buffer of rows. */
export type RowWriter = {
  uint8(value: number): void
  uint16(value: number): void
  uint32(value: number): void
  uint64(value: bigint): void
  float64(value: number): void
  /** a safe integer ≥ 0 as UInt64 */
  count(value: number): void
  /** a length, as arrays and maps begin with one */
  size(value: number): void
  /** as UTF-8; half a surrogate pair becomes U+FFFD */
  string(value: string): void
  /** hex digits as FixedString(bytes); what is missing is filled with zeros */
  fixed(hex: string, bytes: number): void
  /** bytes that are already in the format */
  raw(bytes: Uint8Array): void
  /** bytes written so far */
  length(): number
  /** what was written; the writer begins anew and never touches these bytes again */
  take(): Buffer
  /** what was written, until the next write */
  written(): Buffer
  /** begins anew in the same memory, unless that has become large */
  clear(): void
}

const START_BYTES = 64 * 1024
// what one long value needed is not held for ever
const LARGE_BYTES = 1024 * 1024
// below this a loop over the characters is faster than the call into the runtime's encoder
const SHORT = 40

/** The value of a hex digit by its character code, −1 for all else; behind the end of a text the code is NaN, which is looked up as 0. */
const HEX_DIGIT = new Int8Array(0x1_0000).fill(-1)
for (const digit of '0123456789abcdefABCDEF') HEX_DIGIT[digit.charCodeAt(0)] = Number.parseInt(digit, 16)
const hexDigit = (hex: string, index: number): number => HEX_DIGIT[hex.charCodeAt(index) | 0] as number

/** Hex digits as so many bytes; from what is no digit on, zeros. */
const writeHex = (buffer: Buffer, at: number, hex: string, bytes: number): void => {
  for (let index = 0; index < bytes; index++) {
    const byte = (hexDigit(hex, index * 2) << 4) | hexDigit(hex, index * 2 + 1)
    if (byte < 0) return void buffer.fill(0, at + index, at + bytes)
    buffer[at + index] = byte
  }
}

/** Writes a short text with its length before it; gives where it ends, 0 when a character is not ASCII: what was written is then overwritten. */
const writeAscii = (into: Buffer, at: number, value: string): number => {
  const start = at + 1
  const { length } = value
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index)
    if (code > 0x7f) return 0
    into[start + index] = code
  }
  into[at] = length
  return start + length
}

const varintBytes = (value: number): number => (value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5)

/** @param startBytes of its buffer, which then grows as it must and is never part of a pool: it can be handed to another thread */
export const createRowWriter = (startBytes: number = START_BYTES): RowWriter => {
  let buffer = Buffer.allocUnsafeSlow(startBytes)
  // on the same bytes: numbers go through it without a call
  let view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
  let at = 0

  const replace = (next: Buffer<ArrayBuffer>): void => {
    buffer = next
    view = new DataView(next.buffer, next.byteOffset, next.byteLength)
  }

  const room = (bytes: number): void => {
    if (at + bytes <= buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, at + bytes))
    buffer.copy(grown, 0, 0, at)
    replace(grown)
  }

  const varint = (value: number): void => {
    let rest = value
    while (rest >= 0x80) {
      buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[at++] = rest
  }

  const ascii = (value: string): boolean => {
    const end = writeAscii(buffer, at, value)
    if (end > 0) at = end
    return end > 0
  }

  const utf8 = (value: string): void => {
    // for ASCII the length in bytes is known beforehand, and counting it takes longer than writing; else the bytes may have to move
    const expected = varintBytes(value.length)
    const start = at + expected
    const bytes = buffer.write(value, start, 'utf8')
    const needed = varintBytes(bytes)
    if (needed > expected) buffer.copyWithin(at + needed, start, start + bytes)
    varint(bytes)
    at += bytes
  }

  return {
    uint8: (value) => {
      room(1)
      buffer[at++] = value
    },
    uint16: (value) => {
      room(2)
      view.setUint16(at, value, true)
      at += 2
    },
    uint32: (value) => {
      room(4)
      view.setUint32(at, value, true)
      at += 4
    },
    uint64: (value) => {
      room(8)
      view.setBigUint64(at, value, true)
      at += 8
    },
    float64: (value) => {
      room(8)
      view.setFloat64(at, value, true)
      at += 8
    },
    count: (value) => {
      room(8)
      view.setUint32(at, value >>> 0, true)
      view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true)
      at += 8
    },
    size: (value) => {
      room(5)
      varint(value)
    },
    string: (value) => {
      // UTF-8 takes three bytes for a UTF-16 unit at the most
      room(5 + value.length * 3)
      if (value.length > SHORT || !ascii(value)) utf8(value)
    },
    fixed: (hex, bytes) => {
      room(bytes)
      writeHex(buffer, at, hex, bytes)
      at += bytes
    },
    raw: (bytes) => {
      room(bytes.length)
      buffer.set(bytes, at)
      at += bytes.length
    },
    length: () => at,
    take: () => {
      const taken = buffer.subarray(0, at)
      replace(Buffer.allocUnsafeSlow(startBytes))
      at = 0
      return taken
    },
    written: () => buffer.subarray(0, at),
    clear: () => {
      if (buffer.length > Math.max(LARGE_BYTES, startBytes)) replace(Buffer.allocUnsafeSlow(startBytes))
      at = 0
    },
  }
}
