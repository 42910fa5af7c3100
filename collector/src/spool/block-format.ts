// The bytes of a block's file: a header, groups of rows, and a trailer once it is sealed. Each part proves itself.
import { crc32 } from 'node:zlib'
import type { BlockIdentity } from './block-name.ts'

/*
 * header   64  "STSPOOL1" · nonce 8 · sequence 6+2 · created ms 6+2 · table 28 · crc 4
 * group    24  nonce 8 · length 4 · rows 4 · crc of the rows 4 · crc of these 20 bytes 4, then the rows of one append as they came
 * trailer  32  nonce 8 · "SEALED\0\0" · groups 4 · rows 4 · crc over all group headers 4 · crc of these 28 bytes 4
 *
 * The nonce marks where a group begins, so that those behind a damaged one are found. It is random per file and never leaves
 * the folder: no span text can pretend to be a group.
 */
export const HEADER_BYTES = 64
export const GROUP_BYTES = 24
export const TRAILER_BYTES = 32
/** Below what the marker of a trailer would read as. */
export const MAX_GROUP_BYTES = 1024 ** 3

const MAGIC = 'STSPOOL1'
const SEALED = 'SEALED\0\0'

export type Header = BlockIdentity & { createdAtMs: number }
export type Group = { /** of the rows, in the file */ start: number; length: number; rows: number }
export type Trailer = { groups: number; rows: number; headersCrc: number }

const closeWithCrc = (part: Buffer): Buffer => {
  part.writeUInt32LE(crc32(part.subarray(0, -4)), part.length - 4)
  return part
}

const proves = (part: Buffer): boolean => crc32(part.subarray(0, -4)) === part.readUInt32LE(part.length - 4)

export const writeHeader = (to: Buffer, { table, sequence, nonce, createdAtMs }: Header): void => {
  const part = to.subarray(0, HEADER_BYTES).fill(0)
  part.write(MAGIC, 0, 'latin1')
  part.write(nonce, 8, 'hex')
  part.writeUIntLE(sequence, 16, 6)
  part.writeUIntLE(Math.max(0, Math.trunc(createdAtMs)), 24, 6)
  part.write(table, 32, 'latin1')
  closeWithCrc(part)
}

export const readHeader = (bytes: Buffer): Header | null => {
  const part = bytes.subarray(0, HEADER_BYTES)
  if (part.length < HEADER_BYTES || part.toString('latin1', 0, 8) !== MAGIC || !proves(part)) return null
  const table = part.toString('latin1', 32, 60)
  return {
    nonce: part.toString('hex', 8, 16),
    sequence: part.readUIntLE(16, 6),
    createdAtMs: part.readUIntLE(24, 6),
    table: table.slice(0, table.indexOf('\0') < 0 ? undefined : table.indexOf('\0')),
  }
}

/** Writes the group and returns the checksum over all group headers so far. */
export const writeGroup = (to: Buffer, nonce: string, rows: Uint8Array, count: number, headersCrc: number): number => {
  const part = to.subarray(0, GROUP_BYTES)
  part.write(nonce, 0, 'hex')
  part.writeUInt32LE(rows.length, 8)
  part.writeUInt32LE(count, 12)
  part.writeUInt32LE(crc32(rows), 16)
  closeWithCrc(part)
  to.set(rows, GROUP_BYTES)
  return crc32(part, headersCrc)
}

/** What the group's header at this place says, if there is one. Whether its rows are intact is another question. */
export const readGroup = (bytes: Buffer, at: number, nonce: Buffer): Group | null => {
  const part = bytes.subarray(at, at + GROUP_BYTES)
  if (part.length < GROUP_BYTES || !part.subarray(0, 8).equals(nonce) || !proves(part)) return null
  return { start: at + GROUP_BYTES, length: part.readUInt32LE(8), rows: part.readUInt32LE(12) }
}

export const rowsAreIntact = (bytes: Buffer, { start, length }: Group): boolean =>
  start + length <= bytes.length && crc32(bytes.subarray(start, start + length)) === bytes.readUInt32LE(start - 8)

export const writeTrailer = (nonce: string, { groups, rows, headersCrc }: Trailer): Buffer => {
  const part = Buffer.alloc(TRAILER_BYTES)
  part.write(nonce, 0, 'hex')
  part.write(SEALED, 8, 'latin1')
  part.writeUInt32LE(groups, 16)
  part.writeUInt32LE(rows, 20)
  part.writeUInt32LE(headersCrc, 24)
  return closeWithCrc(part)
}

export const readTrailer = (bytes: Buffer, at: number, nonce: Buffer): Trailer | null => {
  const part = bytes.subarray(at, at + TRAILER_BYTES)
  const looksRight = part.length === TRAILER_BYTES && part.subarray(0, 8).equals(nonce) && part.toString('latin1', 8, 16) === SEALED
  if (!looksRight || !proves(part)) return null
  return { groups: part.readUInt32LE(16), rows: part.readUInt32LE(20), headersCrc: part.readUInt32LE(24) }
}
