// Disks that are full, fail or forget, and blocks that nobody can use.
import { expect, test, vi } from 'vitest'
import { contentOf, memoryFs, namesIn, setContent } from './memory-fs.fixture.ts'
import { DIR, drain, errorOf, idsOf, newDisk, openOn, rowsOf, withFaults } from './spool.fixture.ts'

test('a full disk refuses appends, loses nothing acknowledged, and is over when there is space again', async () => {
  const disk = newDisk()
  let isFull = false
  let nowMs = 1_000_000
  const fs = withFaults(memoryFs(disk), (call) => {
    if (isFull && ['write', 'create', 'makeFolder'].includes(call)) return errorOf('ENOSPC')
  })
  const spool = await openOn(disk, { fs, now: () => nowMs })
  const acknowledged: number[] = []
  for (let cycle = 0; cycle < 20; cycle++) {
    for (const id of [cycle * 10, cycle * 10 + 1]) {
      await spool.append(rowsOf([id]), 1, 'spans')
      acknowledged.push(id)
    }
    isFull = true
    await expect(spool.append(rowsOf([-1]), 1, 'spans')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ENOSPC'),
    })
    expect(spool.hasRoom(1)).toBe(false)
    // what waits can be inserted on a full disk too
    if (cycle % 3 === 0) expect(idsOf((await spool.nextBlock())!.data)).toEqual(acknowledged.slice(cycle ? -6 : 0))
    isFull = false
    nowMs += 500
    expect(spool.hasRoom(1)).toBe(true)
  }
  const again = await openOn(disk)
  expect((await drain(again)).sort((a, b) => a - b)).toEqual(acknowledged)
  expect(again.stats().quarantined.files).toBe(0)
})

test('a write that falls short is gone on with; one that fails in between leaves no trace', async () => {
  const disk = newDisk()
  let writes = 0
  const fs = withFaults(memoryFs(disk), (call) => {
    if (call !== 'write') return
    writes++
    return writes % 29 === 28 ? errorOf('EIO') : 'short'
  })
  const spool = await openOn(disk, { fs })
  const acknowledged: number[] = []
  for (let id = 0; id < 50; id++)
    await spool.append(rowsOf([id]), 1, 'spans').then(
      () => acknowledged.push(id),
      () => undefined,
    )
  expect(acknowledged.length).toBeGreaterThan(10)
  const open = namesIn(disk, DIR).find((name) => name.endsWith('.open'))!
  expect(contentOf(disk, `${DIR}/${open}`).length).toBe(spool.stats().waiting.bytes)
  expect(await drain(await openOn(disk))).toEqual(acknowledged)
})

test('a torn write that cannot be cut off ends its file, and is no damage', async () => {
  const disk = newDisk()
  let calls: string[] | null = null
  const fs = withFaults(memoryFs(disk), (call) => {
    if (!calls) return undefined
    calls.push(call)
    return calls.length === 1 ? 'short' : errorOf('EIO')
  })
  const spool = await openOn(disk, { fs })
  await spool.append(rowsOf([1]), 1, 'spans')
  calls = []
  await expect(spool.append(rowsOf([2, 3, 4, 5, 6, 7, 8, 9]), 8, 'spans')).rejects.toMatchObject({ code: 'unavailable' })
  expect(calls.slice(0, 3)).toEqual(['write', 'write', 'truncate'])
  calls = null
  await spool.append(rowsOf([10]), 1, 'spans')
  await spool.close()
  const again = await openOn(disk)
  expect(await drain(again)).toEqual([1, 10])
  expect(again.stats()).toMatchObject({ quarantined: { files: 0 }, torn: { files: 1 } })
})

test('a first write that fails leaves no file behind: a full disk is asked again and again', async () => {
  const disk = newDisk()
  let isFull = false
  const fs = withFaults(memoryFs(disk), (call) => (isFull && call === 'write' ? errorOf('ENOSPC') : undefined))
  const spool = await openOn(disk, { fs })
  isFull = true
  for (let tries = 0; tries < 3; tries++) await expect(spool.append(rowsOf([1]), 1, 'spans')).rejects.toMatchObject({ code: 'unavailable' })
  expect(namesIn(disk, DIR)).toEqual(['owner'])
})

test('after a sync that failed nothing more is written to that file', async () => {
  const disk = newDisk()
  let fails = false
  const written: string[] = []
  const fs = withFaults(memoryFs(disk), (call, [file]) => {
    if (call === 'sync' && fails) return errorOf('EIO')
    if (call === 'write') written.push(String(file))
    return undefined
  })
  const spool = await openOn(disk, { fs })
  written.length = 0
  await spool.append(rowsOf([1]), 1, 'spans')
  const [first] = written
  fails = true
  await expect(spool.append(rowsOf([2]), 1, 'spans')).rejects.toMatchObject({ code: 'unavailable' })
  fails = false
  written.length = 0
  await spool.append(rowsOf([3]), 1, 'spans')
  expect(written).not.toContain(first)
  expect(await drain(spool)).toEqual([1, 3])
})

test('a refused block goes to quarantine with its reason, is counted, and stays there', async () => {
  const disk = newDisk()
  const spool = await openOn(disk, { maxBlockRows: 2 })
  await spool.append(rowsOf([1, 2]), 2, 'spans')
  await spool.append(rowsOf([3]), 1, 'spans')
  await spool.quarantine((await spool.nextBlock())!, 'the store refused it: too many columns')
  const known = { files: 1, rows: 2, lastReason: 'the store refused it: too many columns' }
  expect(spool.stats().quarantined).toMatchObject(known)
  const again = await openOn(disk)
  expect(again.stats()).toMatchObject({ quarantined: known, missing: { files: 0 } })
  expect(await drain(again)).toEqual([3])
  expect(namesIn(disk, `${DIR}/quarantine`)).toHaveLength(2)
})

test('a block that is partly damaged and then refused is not handed out again', async () => {
  const disk = newDisk()
  const first = await openOn(disk)
  await Promise.all([first.append(rowsOf([1]), 1, 'spans'), first.append(rowsOf([2]), 1, 'spans')])
  await first.close()
  const [name] = namesIn(disk, DIR).filter((file) => file.endsWith('.sealed'))
  contentOf(disk, `${DIR}/${name}`).writeUInt8(0, 64 + 24)
  const spool = await openOn(disk)
  const block = (await spool.nextBlock())!
  expect(idsOf(block.data)).toEqual([2])
  await spool.quarantine(block, 'refused')
  expect(await drain(await openOn(disk))).toEqual([])
  expect(namesIn(disk, `${DIR}/quarantine`)).toHaveLength(2)
})

test('a block that vanishes while it waits is counted and holds up nothing', async () => {
  const disk = newDisk()
  const spool = await openOn(disk, { maxBlockRows: 1 })
  for (let id = 0; id < 3; id++) await spool.append(rowsOf([id]), 1, 'spans')
  await vi.waitFor(() => expect(namesIn(disk, DIR).filter((name) => name.endsWith('.sealed'))).toHaveLength(3))
  setContent(disk, `${DIR}/${namesIn(disk, DIR).filter((name) => name.startsWith('spans'))[1]}`, null)
  expect(await drain(spool)).toEqual([0, 2])
  expect(spool.stats().missing).toEqual({ files: 1, rows: 1 })
})

test('a block that cannot be read for a moment is not lost; one that never can goes to quarantine', async () => {
  const disk = newDisk()
  let failing = 0
  const fs = withFaults(memoryFs(disk), (call) => (call === 'read' && failing-- > 0 ? errorOf('EIO') : undefined))
  const spool = await openOn(disk, { fs })
  await spool.append(rowsOf([1]), 1, 'spans')
  failing = 2
  expect(await drain(spool)).toEqual([1])
  await spool.append(rowsOf([2]), 1, 'spans')
  await spool.append(rowsOf([3]), 1, 'logs')
  failing = 5
  expect(await drain(spool)).toEqual([3])
  expect(spool.stats().quarantined).toMatchObject({ files: 1, rows: 1, lastReason: 'cannot be read: EIO' })
})
