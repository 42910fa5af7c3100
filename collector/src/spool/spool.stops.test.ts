// What the next life of a spool finds, however the last one ended.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { contentOf, memoryFs, namesIn, setContent } from './memory-fs.fixture.ts'
import { DIR, drain, errorOf, hostOf, idsOf, newDisk, openOn, rowsOf, withFaults } from './spool.fixture.ts'
import { openSpool } from './spool.ts'

test.each([
  ['after a clean stop only what was not inserted is handed out again', 'clean', [2, 3]],
  ['after an unclean stop all kept blocks are', 'kill', [1, 2, 3]],
  ['a clean stop of an earlier boot counts as unclean', 'reboot', [1, 2, 3]],
  ['a damaged mark of a clean stop counts as unclean', 'mark', [1, 2, 3]],
])('%s', async (_, how, expected) => {
  const disk = newDisk()
  const spool = await openOn(disk, { maxBlockRows: 1 })
  for (const id of [1, 2]) await spool.append(rowsOf([id]), 1, 'spans')
  await spool.inserted((await spool.nextBlock())!)
  expect(idsOf((await spool.nextBlock())!.data)).toEqual([2])
  await spool.append(rowsOf([3]), 1, 'spans')
  if (how !== 'kill') await spool.close()
  if (how === 'mark') contentOf(disk, `${DIR}/clean-stop`).writeUInt8(0, 20)
  const again = await openOn(disk, { host: hostOf(how === 'reboot' ? 'next boot' : 'boot') })
  expect(await drain(again)).toEqual(expected)
  expect(again.stats()).toMatchObject({ missing: { files: 0 }, quarantined: { files: 0 }, kept: { blocks: 3 } })
})

test('the mark of a clean stop counts once', async () => {
  const disk = newDisk()
  const first = await openOn(disk)
  await first.append(rowsOf([1]), 1, 'spans')
  await drain(first)
  await first.close()
  await openOn(disk)
  expect(await drain(await openOn(disk))).toEqual([1])
})

test('close finishes what was appended, ends those who wait and takes nothing more', async () => {
  const disk = newDisk()
  const spool = await openOn(disk)
  const appends = [1, 2, 3].map((id) => spool.append(rowsOf([id]), 1, id < 3 ? 'spans' : 'logs'))
  await spool.close()
  await Promise.all(appends)
  expect(await spool.nextBlock()).toBeNull()
  expect(spool.hasRoom(1)).toBe(false)
  await expect(spool.append(rowsOf([4]), 1, 'spans')).rejects.toMatchObject({ code: 'unavailable' })
  expect(namesIn(disk, DIR).filter((name) => name.endsWith('.open'))).toEqual([])
  const empty = await openOn(newDisk())
  const next = empty.nextBlock()
  await empty.close()
  expect(await next).toBeNull()
})

test('what is not ours is left alone', async () => {
  const disk = newDisk()
  const names = ['notes.txt', 'spans-1.sealed', 'spans-0000000001-0123456789abcdef.sealed.bak', '.DS_Store']
  await openOn(disk).then((spool) => spool.close())
  for (const name of names) setContent(disk, `${DIR}/${name}`, Buffer.from('mine'))
  const spool = await openOn(disk)
  expect(await drain(spool)).toEqual([])
  expect(spool.stats().quarantined.files).toBe(0)
  expect(namesIn(disk, DIR)).toEqual(expect.arrayContaining(names))
})

test('an identity never comes again, neither after everything was removed nor after the clock was set back', async () => {
  const disk = newDisk()
  const ids = new Set<string>()
  for (let life = 0; life < 10; life++) {
    const spool = await openOn(disk, { now: () => 5_000_000 - life * 100_000, keepMs: 0, maxBlockRows: 1 })
    for (let id = 0; id < 5; id++) await spool.append(rowsOf([id]), 1, 'spans')
    for (let block = 0; block < 5; block++) {
      const given = (await spool.nextBlock())!
      ids.add(given.id)
      await spool.inserted(given)
    }
    if (life % 2) await spool.close()
  }
  expect(ids.size).toBe(50)
})

test('the order holds over lives in which the clock was set back', async () => {
  const disk = newDisk()
  for (let life = 0; life < 5; life++) {
    const spool = await openOn(disk, { now: () => 5_000_000 - life * 100_000 })
    await spool.append(rowsOf([life]), 1, 'spans')
  }
  const spool = await openOn(disk, { now: () => 1_000_000 })
  expect(spool.stats().oldestMs).toBe(0)
  expect(await drain(spool)).toEqual([0, 1, 2, 3, 4])
})

test('a block that vanished is counted: from a hole in the order, or from the mark of a clean stop', async () => {
  for (const [how, gone] of [
    ['kill', 2],
    ['clean', 0],
    ['clean', 3],
  ] as const) {
    const disk = newDisk()
    const spool = await openOn(disk, { maxBlockRows: 1 })
    for (let id = 0; id < 4; id++) await spool.append(rowsOf([id]), 1, 'spans')
    if (how === 'clean') await spool.close()
    setContent(disk, `${DIR}/${namesIn(disk, DIR).filter((name) => name.startsWith('spans'))[gone]}`, null)
    const again = await openOn(disk)
    expect(again.stats().missing.files).toBe(1)
    expect(await drain(again)).toEqual([0, 1, 2, 3].filter((id) => id !== gone))
  }
})

test('a file that cannot be read at the start does not prevent it, and has its turn later', async () => {
  const disk = newDisk()
  const first = await openOn(disk, { maxBlockRows: 1 })
  for (const id of [1, 2]) await first.append(rowsOf([id]), 1, 'spans')
  let isOpen = false
  const fs = withFaults(memoryFs(disk), (call, [path]) =>
    !isOpen && call === 'open' && String(path).includes('spans-0000000001') ? errorOf('EMFILE') : undefined,
  )
  const spool = await openOn(disk, { fs })
  isOpen = true
  expect(await drain(spool)).toEqual([1, 2])
})

test('a second spool on the folder is refused, in this process too, and is taken once the first is gone', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'spool-'))
  try {
    const first = await openSpool({ dir, maxBytes: 1e6 })
    await expect(openSpool({ dir, maxBytes: 1e6 })).rejects.toMatchObject({ code: 'data_folder_in_use' })
    await first.close()
    const second = await openSpool({ dir, maxBytes: 1e6 })
    await second.close()
    // process ids come again: this one runs, but it is not the one that wrote the file
    await writeFile(join(dir, 'owner'), `${process.pid} 1`)
    await (await openSpool({ dir, maxBytes: 1e6 })).close()
    expect(await readdir(dir)).toEqual(['clean-stop'])
  } finally {
    await rm(dir, { recursive: true })
  }
})
