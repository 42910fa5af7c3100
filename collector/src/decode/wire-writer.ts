// Writes the protobuf wire format: one function a kind of field. Fields that have their default value are left out, as proto3 does.

/** The encoded fields of one message. */
export type Parts = Uint8Array[]

export const message = (parts: Parts): Buffer => Buffer.concat(parts)

const NOTHING: Parts = []

/** A length-delimited field that is written even when it is empty: nested messages, and values whose presence means something. */
export const bytesField = (number: number, bytes: Uint8Array): Parts => [varint(number * 8 + 2), varint(bytes.length), bytes]

export const textField = (number: number, text: string): Parts => (text === '' ? NOTHING : bytesField(number, Buffer.from(text)))
export const hexField = (number: number, hex: string): Parts => (hex === '' ? NOTHING : bytesField(number, Buffer.from(hex, 'hex')))
export const uintField = (number: number, value: number): Parts => (value === 0 ? NOTHING : varintField(number, BigInt(value)))

/** Written even when it is 0. Negative numbers are two's complement, as int64 has them. */
export const varintField = (number: number, value: bigint): Parts => [varint(number * 8), varint64(BigInt.asUintN(64, value))]

export const fixed32Field = (number: number, value: number): Parts => {
  if (value === 0) return NOTHING
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32LE(value)
  return [varint(number * 8 + 5), bytes]
}

export const fixed64Field = (number: number, value: bigint): Parts => {
  if (value === 0n) return NOTHING
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64LE(value)
  return [varint(number * 8 + 1), bytes]
}

/** Written even when it is 0. */
export const doubleField = (number: number, value: number): Parts => {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeDoubleLE(value)
  return [varint(number * 8 + 1), bytes]
}

/** A number below 2^53 as base-128 digits, the lowest first. */
const varint = (value: number): Uint8Array => {
  const digits: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) digits.push((rest % 128) | 0x80)
  return Uint8Array.from([...digits, rest])
}

const varint64 = (value: bigint): Uint8Array => {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return varint(Number(value))
  const digits: number[] = []
  let rest = value
  for (; rest > 0x7fn; rest >>= 7n) digits.push(Number(rest & 0x7fn) | 0x80)
  return Uint8Array.from([...digits, Number(rest)])
}
