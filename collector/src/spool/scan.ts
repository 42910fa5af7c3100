// Reads a block's file as it is found: which groups are intact, what is damaged, and what is only a torn end.
import { crc32 } from 'node:zlib'
import type { Group, Header, Trailer } from './block-format.ts'
import { GROUP_BYTES, HEADER_BYTES, readGroup, readHeader, readTrailer, rowsAreIntact, TRAILER_BYTES } from './block-format.ts'
import type { BlockIdentity, BlockState } from './block-name.ts'

export type Damage = { reason: string /** rows that are lost by it, as far as is known */; rows: number }

export type Scan = {
  header: Header | null
  /** intact, in the order of the file */
  groups: Group[]
  rows: number
  headersCrc: number
  trailer: Trailer | null
  /** where the last intact group ends */
  end: number
  /** bytes behind it that a stop in the middle of a write explains: nobody was told that they are kept */
  tornBytes: number
  damages: Damage[]
}

export const scan = (bytes: Buffer, name: BlockIdentity & { state: BlockState }): Scan => {
  const header = readHeader(bytes)
  const nonce = Buffer.from(header?.nonce ?? name.nonce, 'hex')
  const found: Scan = { header, groups: [], rows: 0, headersCrc: 0, trailer: null, end: HEADER_BYTES, tornBytes: 0, damages: [] }
  let at = HEADER_BYTES
  while (at < bytes.length && !found.trailer) {
    found.trailer = readTrailer(bytes, at, nonce)
    const group = found.trailer ? null : readGroup(bytes, at, nonce)
    if (found.trailer) at += TRAILER_BYTES
    else if (group && rowsAreIntact(bytes, group)) at = take(found, bytes, group)
    else at = passDamage(found, bytes, at, nonce, name.state)
  }
  judgeWhole(found, bytes, at, name.state)
  return found
}

/** The rows alone, insertable as they are. They are moved together in the given bytes. */
export const rowBytesOf = (bytes: Buffer, groups: readonly Group[]): Buffer => {
  let end = 0
  for (const { start, length } of groups) {
    bytes.copyWithin(end, start, start + length)
    end += length
  }
  return bytes.subarray(0, end)
}

const take = (found: Scan, bytes: Buffer, group: Group): number => {
  found.groups.push(group)
  found.rows += group.rows
  found.headersCrc = crc32(bytes.subarray(group.start - GROUP_BYTES, group.start), found.headersCrc)
  found.end = group.start + group.length
  return found.end
}

/** Notes what is wrong here and returns where reading goes on. */
const passDamage = (found: Scan, bytes: Buffer, at: number, nonce: Buffer, state: BlockState): number => {
  const next = findNext(bytes, at + 1, nonce)
  const group = readGroup(bytes, at, nonce)
  if (next < 0 && state === 'open' && isTornEnd(bytes, at, group)) {
    found.tornBytes = bytes.length - at
    return bytes.length
  }
  const until = next < 0 ? bytes.length : next
  const what = group ? 'the rows of a group do not match their checksum' : 'a group has no valid header'
  found.damages.push({ reason: `${what} (bytes ${at}–${until})`, rows: group?.rows ?? 0 })
  return until
}

/** The next place where an intact group or the trailer begins, or -1. */
const findNext = (bytes: Buffer, from: number, nonce: Buffer): number => {
  for (let at = bytes.indexOf(nonce, from); at >= 0; at = bytes.indexOf(nonce, at + 1)) {
    const group = readGroup(bytes, at, nonce)
    if ((group && rowsAreIntact(bytes, group)) || readTrailer(bytes, at, nonce)) return at
  }
  return -1
}

/** A write that was cut short leaves a beginning, or zeros where the length was known before the content. */
const isTornEnd = (bytes: Buffer, at: number, group: Group | null): boolean =>
  group ? group.start + group.length > bytes.length : bytes.length - at < TRAILER_BYTES || isZero(bytes.subarray(at))

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0)

const judgeWhole = (found: Scan, bytes: Buffer, at: number, state: BlockState): void => {
  const { header, trailer, damages } = found
  if (!header && state === 'open' && found.groups.length === 0 && (bytes.length < HEADER_BYTES || isZero(bytes))) {
    found.tornBytes = bytes.length
    found.damages = []
    return
  }
  if (!header) damages.push({ reason: 'the file has no valid header', rows: 0 })
  if (trailer && at < bytes.length) damages.push({ reason: `${bytes.length - at} foreign bytes follow the trailer`, rows: 0 })
  // An inserted file may lack it: when the disk was full as it should have been sealed.
  if (!trailer && (state === 'sealed' || (state === 'inserted' && found.groups.length === 0)))
    damages.push({ reason: 'the trailer is missing: the end of the file may be lost', rows: 0 })
  if (trailer && (trailer.groups !== found.groups.length || trailer.headersCrc !== found.headersCrc)) {
    const known = damages.reduce((sum, { rows }) => sum + rows, 0)
    damages.push({ reason: 'fewer groups than the trailer says', rows: Math.max(0, trailer.rows - found.rows - known) })
  }
}
