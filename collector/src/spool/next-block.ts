// Hands blocks to the inserter: the oldest first, each proved, as the bytes to insert.

import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseFileName } from './block-name.ts'
import { type Lane, sealSoon } from './lane.ts'
import { toQuarantine } from './quarantine.ts'
import { setDamageAside } from './recover.ts'
import { rowBytesOf, scan } from './scan.ts'
import { codeOf, readWhole } from './spool-fs.ts'
import type { SpoolState, StoredBlock } from './state.ts'

/** What one insert takes: neither merged with others nor split, also not after a restart. */
export type Block = StoredBlock & {
  /** the rows of all groups, one behind the other, as they were given */
  data: Uint8Array
}

/** Waits for a block; null once the spool is closed. */
export const nextBlock = async (state: SpoolState): Promise<Block | null> => {
  while (!state.closed) {
    const [lane] = lanesWithSealed(state)
    const dueInMs = sealDue(state)
    const stored = lane?.sealed.shift()
    const block = stored && (await load(state, stored))
    if (block) return block
    if (!stored) await untilWoken(state, dueInMs)
  }
  return null
}

/** The one first whose first block waits longest: a table with a long backlog must not hold up the others. */
const lanesWithSealed = ({ lanes }: SpoolState): Lane[] => {
  const sinceMs = ({ sealed }: Lane): number => sealed[0]?.createdAtMs ?? 0
  return [...lanes.values()].filter(({ sealed }) => sealed.length > 0).sort((a, b) => sinceMs(a) - sinceMs(b))
}

// Each insert leaves parts that have to be merged: with them a row takes the engine 23 µs in blocks of 7,000 rows, 11 in blocks of 25,000,
// 8 in blocks of 50,000. So a table into which much comes waits longer for its block.
const BUSY_ROWS_PER_SECOND = 10_000
const BUSY_FACTOR = 4

const sealAfterMs = ({ sealAfterMs: ms }: SpoolState['limits'], rows: number): number =>
  rows * 1_000 > BUSY_ROWS_PER_SECOND * ms ? ms * BUSY_FACTOR : ms

/** Has the open files sealed that are old enough, where nothing of their table is ahead of them; returns when the next one will be. */
const sealDue = ({ lanes, limits, now }: SpoolState): number => {
  let nextMs = Number.POSITIVE_INFINITY
  for (const lane of lanes.values()) {
    if (!lane.open || lane.sealed.length > 0) continue
    const dueInMs = lane.open.createdAtMs + sealAfterMs(limits, lane.open.rows) - now()
    if (dueInMs <= 0) sealSoon(lane)
    else nextMs = Math.min(nextMs, dueInMs)
  }
  return nextMs
}

const untilWoken = ({ waiting }: SpoolState, ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = Number.isFinite(ms) ? setTimeout(done, Math.ceil(ms)) : undefined
    waiting.add(done)
    function done(): void {
      clearTimeout(timer)
      waiting.delete(done)
      resolve()
    }
  })

const load = async (state: SpoolState, stored: StoredBlock): Promise<Block | null> => {
  state.inFlight.set(stored.path, stored)
  const bytes = await readPatiently(state, stored)
  const name = parseFileName(basename(stored.path))
  const result = bytes && name && scan(bytes, name)
  const intact = result && (await setDamageAside(state, stored.path, bytes.length, result))
  if (!intact) {
    state.inFlight.delete(stored.path)
    state.heldBytes -= stored.bytes
    return null
  }
  return { ...stored, rows: intact.rows, data: rowBytesOf(bytes, result.groups) }
}

/** Blocks are of one size at full load: asking for so much memory anew for each would keep the garbage collector busy. */
const memoryFor = ({ spare, limits }: SpoolState, size: number): Buffer => {
  const found = spare.findIndex((buffer) => buffer.length >= size)
  const [buffer] = found < 0 ? [] : spare.splice(found, 1)
  // somewhat more than a block: its last group may go beyond the bound
  return (buffer ?? Buffer.allocUnsafeSlow(size > limits.maxBlockBytes ? size : Math.min(size * 2, limits.maxBlockBytes))).subarray(0, size)
}

const MAX_SPARE = 2

/** To be called with the rows of a block that nobody looks at any more. */
export const reuse = ({ spare, limits }: SpoolState, data: Uint8Array): void => {
  if (spare.length < MAX_SPARE && data.buffer.byteLength <= limits.maxBlockBytes) spare.push(Buffer.from(data.buffer))
}

/** A moment's trouble (no free file handle, say) must not cost a block. */
const readPatiently = async (state: SpoolState, stored: StoredBlock): Promise<Buffer | null> => {
  for (let tries = 1; ; tries++) {
    try {
      return await readWhole(state.fs, stored.path, (size) => memoryFor(state, size))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') {
        state.missing.files++
        state.missing.rows += stored.rows
        return null
      }
      if (tries === 5) {
        const reason = `cannot be read: ${codeOf(error)}`
        await toQuarantine(state.fs, state.quarantine, { ...stored, reason, atMs: state.now(), whole: true })
        return null
      }
      await sleep(100 * tries)
    }
  }
}
