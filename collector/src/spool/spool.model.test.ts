// The spool against a model in memory: any order of appends, inserts, clean stops, kills and power cuts.
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterKill, afterPowerCut, type MemoryDisk, memoryFs, randomOf } from './memory-fs.fixture.ts'
import { hostOf, idsOf, mortal, newDisk, openOn, rowsOf } from './spool.fixture.ts'
import type { Block, Spool } from './spool.ts'

type Action =
  | { do: 'append'; table: 'spans' | 'logs'; counts: number[]; wait: boolean }
  | { do: 'take' | 'clean stop' }
  | { do: 'inserted' | 'quarantine'; which: number }
  | { do: 'kill' | 'power cut'; seed: number /** of the next appends and inserts */; atCall: number }

type World = {
  disk: MemoryDisk
  spool: Spool
  dieAtCall: (n: number) => void
  /** resolves with what the next life finds */
  death: Promise<MemoryDisk>
  deathIs: { how: 'kill' | 'power cut'; seed: number }
  boot: number
  lastId: number
  acknowledged: Set<number>
  stored: Set<number>
  /** inserted since the last unclean stop */
  storedForGood: Set<number>
  aside: Set<number>
  held: Block[]
  /** what this life must not hand out (any more) */
  done: Set<number>
  lastOfTable: Map<string, number>
}

const start = async (world: World): Promise<void> => {
  const { disk } = world
  let report = (_: MemoryDisk): void => undefined
  world.death = new Promise((resolve) => {
    report = resolve
  })
  const { fs, dieAtCall } = mortal(memoryFs(disk), () => {
    const { how, seed } = world.deathIs
    report(how === 'kill' ? afterKill(disk) : afterPowerCut(disk, randomOf(seed)))
  })
  world.spool = await openOn(disk, { fs, host: hostOf(`boot ${world.boot}`), maxBlockRows: 5 })
  world.dieAtCall = dieAtCall
  world.held = []
  world.lastOfTable.clear()
  const { missing, quarantined } = world.spool.stats()
  expect({ missing: missing.files, rows: quarantined.rows }).toEqual({ missing: 0, rows: world.aside.size })
}

const append = (world: World, { table, counts, wait }: Action & { do: 'append' }): Promise<unknown> => {
  const appends = counts.map((count) => {
    const ids = Array.from({ length: count }, () => ++world.lastId)
    return world.spool.append(rowsOf(ids), count, table).then(() => {
      for (const id of ids) world.acknowledged.add(id)
    })
  })
  return wait ? Promise.all(appends) : Promise.resolve()
}

const take = async (world: World): Promise<void> => {
  if (world.spool.stats().waiting.blocks === world.held.length) return
  const block = (await world.spool.nextBlock())!
  const ids = idsOf(block.data)
  expect(block.rows).toBe(ids.length)
  for (const id of ids) {
    expect(world.done.has(id), `row ${id} was handed out again`).toBe(false)
    expect(id, 'order within the table').toBeGreaterThan(world.lastOfTable.get(block.table) ?? 0)
    world.done.add(id)
    world.lastOfTable.set(block.table, id)
  }
  world.held.push(block)
}

const giveBack = async (world: World, { do: how, which }: Action & { do: 'inserted' | 'quarantine' }): Promise<void> => {
  const [block] = world.held.splice(which % Math.max(1, world.held.length), 1)
  if (!block) return
  const ids = idsOf(block.data)
  if (how === 'inserted') {
    for (const id of ids) world.stored.add(id)
    await world.spool.inserted(block)
    for (const id of ids) world.storedForGood.add(id)
  } else {
    await world.spool.quarantine(block, 'refused')
    for (const id of ids) world.aside.add(id)
  }
}

const die = async (world: World, { do: how, seed, atCall }: Action & { do: 'kill' | 'power cut' }): Promise<void> => {
  world.deathIs = { how, seed }
  world.dieAtCall(atCall)
  void append(world, { do: 'append', table: 'spans', counts: [1, 3, 2, 5, 1, 1, 2], wait: false })
  void append(world, { do: 'append', table: 'logs', counts: [1, 1], wait: false })
  const busy = async (): Promise<void> => {
    for (;;) {
      await take(world)
      await giveBack(world, { do: 'inserted', which: 0 })
      await append(world, { do: 'append', table: 'spans', counts: [2], wait: true })
    }
  }
  world.disk = await Promise.race([world.death, busy().then(() => newDisk())])
  // what the dead had already heard from the disk they may still act upon
  await setImmediate()
  if (how === 'power cut') world.boot++
  world.done = new Set(world.aside)
  world.storedForGood.clear()
  await start(world)
}

const stopCleanly = async (world: World): Promise<void> => {
  await world.spool.close()
  world.done = new Set([...world.storedForGood, ...world.aside])
  await start(world)
}

const perform = async (world: World, action: Action): Promise<void> => {
  if (action.do === 'append') await append(world, action)
  else if (action.do === 'take') await take(world)
  else if (action.do === 'clean stop') await stopCleanly(world)
  else if (action.do === 'inserted' || action.do === 'quarantine') await giveBack(world, action)
  else await die(world, action as Action & { do: 'kill' | 'power cut' })
}

const counts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 })
const actions = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('append' as const), table: fc.constantFrom('spans', 'logs'), counts, wait: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('inserted' as const), which: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clean stop' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('kill', 'power cut'), seed: fc.nat(), atCall: fc.integer({ min: 1, max: 60 }) }),
  },
) as fc.Arbitrary<Action>

test('nothing acknowledged is ever missing, nothing comes twice after a clean stop, all that is kept comes again after any other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(actions, { maxLength: 80, size: 'max' }), async (sequence) => {
      const world = { disk: newDisk(), boot: 0, lastId: 0, deathIs: { how: 'kill', seed: 0 } } as World
      for (const name of ['acknowledged', 'stored', 'storedForGood', 'aside', 'done'] as const) world[name] = new Set()
      world.lastOfTable = new Map()
      await start(world)
      for (const action of sequence) await perform(world, action)
      const acknowledged = [...world.acknowledged]
      world.disk = afterKill(world.disk)
      world.done = new Set()
      await start(world)
      while (world.spool.stats().waiting.blocks > world.held.length) await take(world)
      const missing = [...acknowledged, ...world.stored].filter((id) => !world.done.has(id))
      expect(missing).toEqual([])
    }),
    { numRuns: 400 },
  )
})
