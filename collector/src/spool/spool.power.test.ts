// The power goes at any call: what was acknowledged by then is there at the next start, and nothing seems damaged.
import { expect, test } from 'vitest'
import { afterPowerCut, type MemoryDisk, memoryFs, randomOf } from './memory-fs.fixture.ts'
import { drain, hostOf, newDisk, openOn, rowsOf, withFaults } from './spool.fixture.ts'

type Moment = { disk: MemoryDisk; acknowledged: number[] }

/** Random work; at one call in ten the disk as a power cut would leave it then. */
const trace = async (seed: number): Promise<Moment[]> => {
  const random = randomOf(seed)
  const disk = newDisk()
  const acknowledged: number[] = []
  const moments: Moment[] = []
  const fs = withFaults(memoryFs(disk), () => {
    if (random() < 0.1) moments.push({ disk: afterPowerCut(disk, random), acknowledged: [...acknowledged] })
    return undefined
  })
  let id = 0
  for (let life = 0; life < 2; life++) {
    const spool = await openOn(disk, { fs, maxBlockRows: 2 + Math.floor(random() * 8), host: hostOf('first boot') })
    for (let step = 0; step < 8; step++) {
      const appends = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
        const ids = Array.from({ length: 1 + Math.floor(random() * 4) }, () => ++id)
        return spool.append(rowsOf(ids), ids.length, random() < 0.8 ? 'spans' : 'logs').then(() => acknowledged.push(...ids))
      })
      await Promise.all(appends)
      if (random() < 0.4) await spool.inserted((await spool.nextBlock())!)
    }
    if (random() < 0.5) await spool.close()
  }
  return moments
}

test('500 traces of work, a power cut at one call in ten', { timeout: 120_000 }, async () => {
  let cuts = 0
  for (let seed = 0; seed < 500; seed++)
    for (const { disk, acknowledged } of await trace(seed)) {
      if (!disk.has('/data/spool')) continue
      const spool = await openOn(disk, { host: hostOf('next boot') })
      const delivered = new Set(await drain(spool))
      cuts++
      expect(
        acknowledged.filter((id) => !delivered.has(id)),
        `seed ${seed}`,
      ).toEqual([])
      expect(spool.stats(), `seed ${seed}`).toMatchObject({ quarantined: { files: 0 }, missing: { files: 0 } })
      await spool.close()
    }
  expect(cuts).toBeGreaterThan(5_000)
})
