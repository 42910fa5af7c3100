// The protobuf wire format, read in place: a cursor over bytes, and nothing about any message.
// https://protobuf.dev/programming-guides/encoding/
import { createTextCache } from './text-cache.ts'

/** `view` is on the same bytes: compiled code reads numbers from it without a call (7 ns for 64 bits, a Buffer takes 28). */
export type Cursor = { bytes: Buffer; view: DataView; at: number; end: number }

/** Wire types. */
export const VARINT = 0
export const FIXED64 = 1
export const LENGTH = 2
export const GROUP = 3
export const GROUP_END = 4
export const FIXED32 = 5

export const cursorOf = (bytes: Uint8Array): Cursor => ({
  bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  at: 0,
  end: bytes.byteLength,
})

/** Field number × 8 + wire type. */
export function readTag(cursor: Cursor): number {
  const tag = readSize(cursor)
  if (tag < 8) throw new Error('field number 0')
  return tag
}

/** A length, a tag, or any other unsigned number that must be small. */
export function readSize(cursor: Cursor): number {
  return isOneByte(cursor) ? readByte(cursor) : readLongSize(cursor)
}

function readLongSize(cursor: Cursor): number {
  let value = 0
  for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
    const byte = readByte(cursor)
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return value
  }
  throw new Error('length of more than 32 bits')
}

/** The low 32 bits as unsigned number: uint32, enums, bool. */
export function readUint32(cursor: Cursor): number {
  return isOneByte(cursor) ? readByte(cursor) : Number(BigInt.asUintN(32, readUint64(cursor)))
}

export function readUint64(cursor: Cursor): bigint {
  let low = 0
  for (let factor = 1; factor <= 2 ** 42; factor *= 128) {
    const byte = readByte(cursor)
    low += (byte & 0x7f) * factor
    if (byte < 0x80) return BigInt(low)
  }
  let value = BigInt(low)
  for (let shift = 49n; shift < 70n; shift += 7n) {
    const byte = readByte(cursor)
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return BigInt.asUintN(64, value)
  }
  throw new Error('varint of more than 10 bytes')
}

export function readInt64(cursor: Cursor): bigint {
  return isOneByte(cursor) ? BigInt(readByte(cursor)) : BigInt.asIntN(64, readUint64(cursor))
}

export function readFixed32(cursor: Cursor): number {
  return cursor.view.getUint32(advance(cursor, 4), true)
}

export function readFixed64(cursor: Cursor): bigint {
  return cursor.view.getBigUint64(advance(cursor, 8), true)
}

export function readDouble(cursor: Cursor): number {
  return cursor.view.getFloat64(advance(cursor, 8), true)
}

// one for all requests: it only remembers what the same bytes give anyway
const utf8 = createTextCache((bytes, start, end) => bytes.toString('utf8', start, end))

/** Invalid UTF-8 becomes U+FFFD: a broken text is no reason to lose a span. */
export const textBetween = (cursor: Cursor, start: number, end: number): string => utf8(cursor.bytes, cursor.view, start, end)

/** An id as hex. Of one that is too long only so much is read that it is still too long. */
export function readHex(cursor: Cursor): string {
  const size = readSize(cursor)
  const start = advance(cursor, size)
  return cursor.bytes.toString('hex', start, start + Math.min(size, 17))
}

/** A view into the request: whoever keeps it must copy it. */
export function readSlice(cursor: Cursor): Buffer {
  const size = readSize(cursor)
  const start = advance(cursor, size)
  return cursor.bytes.subarray(start, start + size)
}

/** The inside of a nested message. */
export function readMessage(cursor: Cursor): Cursor {
  const size = readSize(cursor)
  const at = advance(cursor, size)
  return { bytes: cursor.bytes, view: cursor.view, at, end: at + size }
}

/** Passes over the value of a field that nobody knows. */
export function skip(cursor: Cursor, tag: number): void {
  const wireType = tag & 7
  if (wireType === VARINT) readUint64(cursor)
  else if (wireType === FIXED64) advance(cursor, 8)
  else if (wireType === LENGTH) advance(cursor, readSize(cursor))
  else if (wireType === GROUP) skipGroup(cursor)
  else if (wireType === FIXED32) advance(cursor, 4)
  else throw new Error(`unexpected wire type ${wireType}`)
}

// Counted, not recursive: groups cost two bytes a level.
function skipGroup(cursor: Cursor): void {
  for (let depth = 1; depth > 0; ) {
    const tag = readTag(cursor)
    if ((tag & 7) === GROUP) depth++
    else if ((tag & 7) === GROUP_END) depth--
    else skip(cursor, tag)
  }
}

/** Most lengths and tags are, and most numbers: these need no loop. */
function isOneByte({ bytes, at, end }: Cursor): boolean {
  return at < end && (bytes[at] ?? 0) < 0x80
}

function readByte(cursor: Cursor): number {
  const byte = cursor.at < cursor.end ? cursor.bytes[cursor.at] : undefined
  if (byte === undefined) throw new Error('it ends in the middle of a field')
  cursor.at++
  return byte
}

/** Passes over so many bytes; gives where they begin. */
export function advance(cursor: Cursor, size: number): number {
  const start = cursor.at
  if (size > cursor.end - start) throw new Error('it ends in the middle of a field')
  cursor.at = start + size
  return start
}
