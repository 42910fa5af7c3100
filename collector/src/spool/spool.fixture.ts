// For tests: rows that can be told apart, a disk whose process can die, and faults at any call.
import { setImmediate } from 'node:timers/promises'
import type { Host } from './host.ts'
import type { MemoryDisk } from './memory-fs.fixture.ts'
import { memoryFs } from './memory-fs.fixture.ts'
import { type Block, openSpool, type Spool, type SpoolOptions } from './spool.ts'
import type { SpoolFs } from './spool-fs.ts'

export const DIR = '/data/spool'

/** A row is its number and a payload that follows from it. */
export const rowOf = (id: number): string => `${id}:${((id * 2654435761) % 2 ** 32).toString(36)};`
export const rowsOf = (ids: readonly number[]): Buffer => Buffer.from(ids.map(rowOf).join(''))

/** The numbers of the rows; throws for anything that was never given to the spool. */
export const idsOf = (data: Uint8Array): number[] =>
  Buffer.from(data)
    .toString('latin1')
    .split(';')
    .slice(0, -1)
    .map((row) => {
      const id = Number(row.split(':')[0])
      if (`${row};` !== rowOf(id)) throw new Error(`a row that nobody wrote: ${row}`)
      return id
    })

export const hostOf = (bootId = 'boot', processId = '1 1', running: string[] = []): Host => ({
  bootId,
  processId,
  isRunning: (id) => running.includes(id),
})

export const newDisk = (): MemoryDisk => new Map()

/** A spool in memory that seals at once, so that no test waits. */
export const openOn = (disk: MemoryDisk, options: Partial<SpoolOptions> = {}): Promise<Spool> =>
  openSpool({ dir: DIR, maxBytes: 1_000_000, sealAfterMs: 0, fs: memoryFs(disk), host: hostOf(), ...options })

/** All rows that the spool has to give, as if they were inserted. */
export const drain = async (spool: Spool, look: (block: Block) => void = () => undefined): Promise<number[]> => {
  const ids: number[] = []
  while (spool.stats().waiting.blocks > 0) {
    const block = await Promise.race([spool.nextBlock(), untilEmpty(spool)])
    if (!block) break
    look(block)
    ids.push(...idsOf(block.data))
    if (block.rows !== idsOf(block.data).length) throw new Error(`${block.rows} rows are said to be in ${block.data}`)
    await spool.inserted(block)
  }
  // in memory nothing else would ever let go of the thread
  await setImmediate()
  return ids
}

/** The last block may turn out to hold nothing. */
const untilEmpty = async (spool: Spool): Promise<null> => {
  do await setImmediate()
  while (spool.stats().waiting.blocks > 0)
  return null
}

type Decide = (call: keyof SpoolFs, args: unknown[]) => Error | 'short' | undefined

/** Asks before each call whether it fails, or falls short. */
export const withFaults = (fs: SpoolFs, decide: Decide): SpoolFs => {
  const wrapped = Object.entries(fs).map(([name, call]: [string, (...args: never[]) => Promise<unknown>]) => [
    name,
    async (...args: never[]) => {
      const fault = decide(name as keyof SpoolFs, args)
      if (fault === 'short' && name === 'write') {
        const [file, bytes, position] = args as unknown as [number, Uint8Array, number]
        return fs.write(file, bytes.subarray(0, Math.ceil(bytes.length / 2)), position)
      }
      if (fault instanceof Error) throw fault
      return call(...args)
    },
  ])
  return Object.fromEntries(wrapped)
}

export const errorOf = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code })

/** The process dies at the n-th call from now: that call and all later ones never come back. */
export const mortal = (fs: SpoolFs, onDeath: () => void): { fs: SpoolFs; dieAtCall(n: number): void } => {
  let callsLeft = Number.POSITIVE_INFINITY
  const forever = new Promise<never>(() => undefined)
  const calls = Object.entries(fs).map(([name, call]: [string, (...args: never[]) => Promise<unknown>]) => [
    name,
    async (...args: never[]) => {
      if (--callsLeft === 0) onDeath()
      if (callsLeft <= 0) return forever
      const result = await call(...args)
      return callsLeft <= 0 ? forever : result
    },
  ])
  return {
    fs: Object.fromEntries(calls),
    dieAtCall: (n) => {
      callsLeft = n
    },
  }
}
