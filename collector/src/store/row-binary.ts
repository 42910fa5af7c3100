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
  string(value: string): void
  /** hex digits as FixedString(bytes); what is missing is filled with zeros */
  fixed(hex: string, bytes: number): void
  /** bytes that are already in the format */
  raw(bytes: Uint8Array): void
  /** bytes written so far */
  length(): number
  /** what was written; the writer begins anew and never touches these bytes again */
  take(): Buffer
}

const START_BYTES = 64 * 1024
// below this a loop over the characters is faster than the call into the runtime's encoder
const SHORT = 40

/** @param startBytes of its buffer, which then grows as it must */
export const createRowWriter = (startBytes: number = START_BYTES): RowWriter => {
  let buffer = Buffer.allocUnsafe(startBytes)
  let at = 0

  const room = (bytes: number): void => {
    if (at + bytes <= buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(buffer.length * 2, at + bytes))
    buffer.copy(grown, 0, 0, at)
    buffer = grown
  }

  const varint = (value: number): void => {
    let rest = value
    while (rest >= 0x80) {
      buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[at++] = rest
  }

  /** @returns false when a character is not ASCII; what it wrote is then overwritten */
  const ascii = (value: string): boolean => {
    const start = at
    buffer[at++] = value.length
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) {
        at = start
        return false
      }
      buffer[at++] = code
    }
    return true
  }

  return {
    uint8: (value) => {
      room(1)
      buffer[at++] = value
    },
    uint16: (value) => {
      room(2)
      at = buffer.writeUInt16LE(value, at)
    },
    uint32: (value) => {
      room(4)
      at = buffer.writeUInt32LE(value, at)
    },
    uint64: (value) => {
      room(8)
      at = buffer.writeBigUInt64LE(value, at)
    },
    float64: (value) => {
      room(8)
      at = buffer.writeDoubleLE(value, at)
    },
    count: (value) => {
      room(8)
      at = buffer.writeUInt32LE(value >>> 0, at)
      at = buffer.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at)
    },
    size: (value) => {
      room(5)
      varint(value)
    },
    string: (value) => {
      // UTF-8 takes three bytes for a UTF-16 unit at the most
      room(5 + value.length * 3)
      if (value.length <= SHORT && ascii(value)) return
      const bytes = Buffer.byteLength(value)
      varint(bytes)
      at += buffer.write(value, at, bytes, 'utf8')
    },
    fixed: (hex, bytes) => {
      room(bytes)
      const written = buffer.write(hex, at, bytes, 'hex')
      buffer.fill(0, at + written, at + bytes)
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
      buffer = Buffer.allocUnsafe(startBytes)
      at = 0
      return taken
    },
  }
}
