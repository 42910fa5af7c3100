// How rows become blocks, and when there is room for more.
import { afterEach, expect, test, vi } from 'vitest'
import { memoryFs, namesIn } from './memory-fs.fixture.ts'
import { DIR, drain, idsOf, newDisk, openOn, rowsOf, withFaults } from './spool.fixture.ts'
import type { SpoolFs } from './spool-fs.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('rows come out as they went in, those of one table in their order', async () => {
  const spool = await openOn(newDisk(), { maxBlockRows: 3 })
  await Promise.all([spool.append(rowsOf([1, 2]), 2, 'spans'), spool.append(rowsOf([3]), 1, 'spans'), spool.append(rowsOf([4]), 1, 'logs')])
  await spool.append(rowsOf([5, 6, 7, 8]), 4, 'spans')
  const blocks = [await spool.nextBlock(), await spool.nextBlock(), await spool.nextBlock()]
  const contents = blocks.map((block) => [block?.table, block?.rows, idsOf(block?.data ?? Buffer.alloc(0))])
  expect(contents.filter(([table]) => table === 'spans')).toEqual([
    ['spans', 3, [1, 2, 3]],
    ['spans', 4, [5, 6, 7, 8]],
  ])
  expect(contents).toContainEqual(['logs', 1, [4]])
})

test('appends that wait share one write and one sync', async () => {
  const calls: string[] = []
  const fs = withFaults(memoryFs(newDisk()), (call) => void calls.push(call))
  const spool = await openOn(newDisk(), { fs })
  calls.length = 0
  await Promise.all(Array.from({ length: 50 }, (_, id) => spool.append(rowsOf([id]), 1, 'spans')))
  expect(calls).toEqual(['create', 'write', 'sync', 'syncFolder'])
  calls.length = 0
  await spool.append(rowsOf([51]), 1, 'spans')
  expect(calls).toEqual(['write', 'sync'])
})

test('an append is not acknowledged before it is synced', async () => {
  let letSync = (): void => undefined
  const disk = newDisk()
  const fs: SpoolFs = { ...memoryFs(disk), sync: () => new Promise((resolve) => (letSync = resolve)) }
  const spool = await openOn(disk, { fs })
  let isKept = false
  const append = spool.append(rowsOf([1]), 1, 'spans').then(() => {
    isKept = true
  })
  await vi.waitFor(() => expect(namesIn(disk, DIR).some((name) => name.endsWith('.open'))).toBe(true))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(isKept).toBe(false)
  letSync()
  await append
})

test('a file is sealed when it is old enough, or at a bound even if nobody asks', async () => {
  let nowMs = 1_000_000
  const disk = newDisk()
  const spool = await openOn(disk, { now: () => nowMs, sealAfterMs: 250, maxBlockRows: 10, maxBlockBytes: 400 })
  await spool.append(rowsOf([1]), 1, 'spans')
  let block: unknown = null
  const next = spool.nextBlock().then((given) => {
    block = given
  })
  nowMs += 249
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(block).toBeNull()
  nowMs += 1
  await next
  expect(block).toMatchObject({ rows: 1 })
  for (let id = 2; id < 12; id++) await spool.append(rowsOf([id]), 1, 'spans')
  await vi.waitFor(() => expect(namesIn(disk, DIR).filter((name) => name.endsWith('.sealed'))).toHaveLength(2))
  await spool.append(rowsOf(Array.from({ length: 9 }, (_, at) => 1e8 + at)), 9, 'spans')
  await spool.append(rowsOf(Array.from({ length: 9 }, (_, at) => 1e9 + at)), 9, 'spans')
  await vi.waitFor(() => expect(namesIn(disk, DIR).filter((name) => name.endsWith('.sealed'))).toHaveLength(3))
})

test('where many rows come, a file waits longer for more of them', async () => {
  let nowMs = 1_000_000
  const spool = await openOn(newDisk(), { now: () => nowMs, sealAfterMs: 250 })
  await spool.append(rowsOf(Array.from({ length: 2_600 }, (_, id) => id)), 2_600, 'spans')
  nowMs += 999
  let block: unknown = null
  const next = spool.nextBlock().then((given) => {
    block = given
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(block).toBeNull()
  nowMs += 1
  await next
  expect(block).toMatchObject({ rows: 2_600 })
})

test('a table with a long backlog does not hold up the others', async () => {
  const spool = await openOn(newDisk(), { maxBlockRows: 1 })
  for (let id = 0; id < 5; id++) await spool.append(rowsOf([id]), 1, 'spans')
  await new Promise((resolve) => setTimeout(resolve, 3))
  await spool.append(rowsOf([5]), 1, 'logs')
  await new Promise((resolve) => setTimeout(resolve, 3))
  for (let id = 6; id < 10; id++) await spool.append(rowsOf([id]), 1, 'spans')
  expect(await drain(spool)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('appends that never pause do not hold up the inserter', async () => {
  const spool = await openOn(newDisk())
  let appends = 0
  let isDone = false
  const busy = async (): Promise<void> => {
    while (!isDone && appends < 5_000) await spool.append(rowsOf([appends++]), 1, 'spans')
  }
  const writing = Promise.all([busy(), busy()])
  expect((await spool.nextBlock())?.rows).toBeGreaterThan(0)
  isDone = true
  await writing
  expect(appends).toBeLessThan(100)
})

test('a full spool says so before a body is read and refuses what comes all the same', async () => {
  const spool = await openOn(newDisk(), { maxBytes: 1_000, maxBlockRows: 1 })
  await spool.append(Buffer.alloc(800), 1, 'spans')
  expect(spool.hasRoom(50)).toBe(true)
  expect(spool.hasRoom(200)).toBe(false)
  await expect(spool.append(Buffer.alloc(200), 1, 'spans')).rejects.toMatchObject({ code: 'unavailable' })
  const block = (await spool.nextBlock())!
  await spool.inserted(block)
  expect(spool.hasRoom(200)).toBe(true)
})

test('kept blocks make room for new rows, the oldest first, and never fill more than half', async () => {
  const disk = newDisk()
  const spool = await openOn(disk, { maxBytes: 2_000, maxBlockRows: 1 })
  for (let id = 0; id < 4; id++) {
    await spool.append(Buffer.alloc(300, 'x'), 1, 'spans')
    await spool.inserted((await spool.nextBlock())!)
  }
  expect(spool.stats().kept).toMatchObject({ blocks: 2 })
  await spool.append(Buffer.alloc(1_200), 1, 'spans')
  expect(spool.stats().kept.blocks).toBe(1)
  expect(spool.stats().kept.bytes + spool.stats().waiting.bytes).toBeLessThanOrEqual(2_000)
  await spool.append(Buffer.alloc(300), 1, 'spans')
  expect(spool.stats().kept.blocks).toBe(0)
  expect(namesIn(disk, DIR).filter((name) => name.endsWith('.inserted'))).toEqual([])
})

test('inserted blocks are kept for keepMs, then removed, also when nothing else happens', async () => {
  vi.useFakeTimers()
  const disk = newDisk()
  const spool = await openOn(disk, { keepMs: 60_000, now: Date.now })
  await spool.append(rowsOf([1]), 1, 'spans')
  await spool.inserted((await spool.nextBlock())!)
  await vi.advanceTimersByTimeAsync(59_000)
  expect(namesIn(disk, DIR).filter((name) => name.endsWith('.inserted'))).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(namesIn(disk, DIR).filter((name) => name.endsWith('.inserted'))).toHaveLength(0)
  expect(spool.stats().kept).toEqual({ blocks: 0, rows: 0, bytes: 0 })
})

test('no block is larger than the bounds, unless one append is', async () => {
  const sizes = async (options: { maxBlockRows?: number; maxBlockBytes?: number }, together: boolean): Promise<number[]> => {
    const spool = await openOn(newDisk(), options)
    for (const ids of [[1, 2], [3, 4], [5], [6, 7, 8, 9], [10]]) {
      const append = spool.append(rowsOf(ids), ids.length, 'spans')
      if (!together) await append
    }
    await spool.append(rowsOf([11]), 1, 'spans')
    const rows: number[] = []
    while (spool.stats().waiting.blocks > rows.length) rows.push((await spool.nextBlock())!.rows)
    return rows
  }
  for (const together of [true, false]) {
    expect(await sizes({ maxBlockRows: 3 }, together)).toEqual([2, 3, 4, 2])
    // header, and two groups of two rows
    expect(await sizes({ maxBlockBytes: 64 + 2 * (24 + rowsOf([3, 4]).length) }, together)).toEqual([4, 1, 4, 2])
  }
})

test('it tells what it holds and how long syncing takes', async () => {
  let nowMs = 1_000_000
  const spool = await openOn(newDisk(), { now: () => nowMs })
  await Promise.all([spool.append(rowsOf([1, 2]), 2, 'spans'), spool.append(rowsOf([3]), 1, 'logs')])
  nowMs += 700
  expect(spool.stats()).toMatchObject({
    waiting: { blocks: 2, rows: 3 },
    oldestMs: 700,
    kept: { blocks: 0 },
    appended: { groups: 2, rows: 3, bytes: rowsOf([1, 2, 3]).length },
    sync: { p50Ms: expect.any(Number) },
  })
  const block = (await spool.nextBlock())!
  expect(spool.stats().waiting.blocks).toBe(2)
  await spool.inserted(block)
  await spool.inserted(block)
  expect(spool.stats()).toMatchObject({ waiting: { blocks: 1 }, kept: { blocks: 1 } })
})
