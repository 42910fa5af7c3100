// A disk damages spool files between stop and start: the collector starts, loses only what was damaged, counts it and shows it.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pause, until } from '../http.ts'
import { signal } from '../proc.ts'
import { ingestOf } from '../read-back.ts'
import { createRig, type Rig, takesAgain } from '../rig.ts'
import { type Context, expectThat, type Report, type Scenario } from '../scenario.ts'
import { type BlockFile, blocksIn, DAMAGES, damageBlock, swapBlocks } from '../spool-files.ts'

/** What is done to the files of a folder at rest; `rows` may be lost by it. */
type Harm = { name: string; isShown: boolean; shownMs?: number; inflict(blocks: BlockFile[], dataDir: string): { rows: number } | null }

/** A damaged block is found when it is its turn to be inserted. */
const SHOWN_MS = 60_000

/** One that was damaged before is counted already. */
const blockThatIs = (blocks: BlockFile[], wanted: BlockFile['state']): BlockFile | undefined =>
  blocks.find(({ state, rows, isIntact }) => state === wanted && rows > 0 && isIntact)
/** Acknowledged and not in the store. */
const waitingBlock = (blocks: BlockFile[]): BlockFile | undefined => blockThatIs(blocks, 'sealed')
const keptBlock = (blocks: BlockFile[]): BlockFile | undefined => blockThatIs(blocks, 'inserted')

const HARMS: Harm[] = [
  ...DAMAGES.map((damage) => ({
    name: damage,
    isShown: true,
    inflict: (blocks: BlockFile[]) => {
      const block = waitingBlock(blocks)
      // a hole in the order is seen only where the order goes on behind it
      if (!block || (damage === 'missing' && block === blocks.at(-1))) return null
      damageBlock(block, damage)
      return block
    },
  })),
  {
    name: 'flipped after its insert',
    isShown: true,
    inflict: (blocks) => {
      const block = keptBlock(blocks)
      if (block) damageBlock(block, 'flipped')
      return block ? { rows: 0 } : null
    },
  },
  {
    name: 'swapped',
    isShown: false,
    inflict: (blocks) => {
      const [one, other] = blocks.filter(({ state, rows, isIntact }) => state !== 'open' && rows > 0 && isIntact).slice(-2)
      if (!one || !other) return null
      swapBlocks(one, other)
      return { rows: 0 }
    },
  },
  {
    name: 'garbage as mark of a clean stop',
    isShown: false,
    inflict: (_blocks, dataDir) => {
      writeFileSync(join(dataDir, 'spool', 'clean-stop'), Buffer.alloc(300, '7\n{'))
      return { rows: 0 }
    },
  },
]

export const damage: Scenario = {
  name: 'damage',
  what: 'spool files are torn, zeroed, flipped, emptied, missing or swapped between stop and start',
  run: (context, report) => damageFiles(context, report, context.sized(1, 5), HARMS),
}

/** For a negative control: damage that is none, and so cannot be shown. */
export const damageNothing = (context: Context, report: Report): Promise<void> =>
  damageFiles(context, report, 1, [{ name: 'nothing', isShown: true, shownMs: 3_000, inflict: () => ({ rows: 0 }) }])

const damageFiles = async (context: Context, report: Report, rounds: number, harms: readonly Harm[]): Promise<void> => {
  // each start after a kill inserts again what is kept: of ten minutes, that would be the most of this scenario
  const rig = await createRig(context, report, { spool: { keepMs: 10_000 } })
  await rig.begin()
  const load = rig.load({ payloadsPerSecond: 10, maxPauseMs: 100 })
  let allowedLost = 0
  for (let round = 1; round <= rounds; round++) {
    for (const harm of harms) {
      context.progress(`${harm.name}, round ${round} of ${rounds}`)
      const rows = await harmOnce(rig, report, harm)
      if (rows === null) return expectThat(report, false, `${harm.name}: the spool holds no block to damage`)
      allowedLost += rows
    }
  }
  Object.assign(report.figures, { damages: harms.length * rounds, 'rows damaged': allowedLost })
  await takesAgain(rig.oracle)
  // with its spans a trace loses its place in the list of runs; and there are two totals
  await rig.judge(load, { allowedLost: allowedLost + Math.ceil(allowedLost / rig.oracle.shape.spans) + 2 })
}

const harmOnce = async (rig: Rig, report: Report, harm: Harm): Promise<number | null> => {
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = (await ingestOf(rig.life().api)).spool?.quarantined.files ?? 0
    await dieWithWaitingBlocks(rig)
    const harmed = harm.inflict(blocksIn(rig.dataDir), rig.dataDir)
    const { api } = await rig.begin()
    expectThat(report, await takesAgain(rig.oracle), `${harm.name}: nothing is acknowledged after the start`)
    if (!harmed) continue
    if (harm.isShown) expectThat(report, await isShown(api, before, harm.shownMs), `${harm.name}: the damage is not shown in /ingest`)
    return harmed.rows
  }
  return null
}

/** Each start counts anew what is missing or torn; what is quarantined stays until somebody has looked at it. */
const isShown = (api: string, quarantinedBefore: number, withinMs = SHOWN_MS): Promise<boolean> =>
  until(
    async () => {
      const { spool } = await ingestOf(api)
      return (spool?.quarantined.files ?? 0) > quarantinedBefore || (spool?.missing.files ?? 0) > 0
    },
    withinMs,
    100,
  )

/** While the engine stands still, what is acknowledged stays in the spool. */
const dieWithWaitingBlocks = async (rig: Rig): Promise<void> => {
  const life = rig.life()
  await until(() => life.engine() !== null, 10_000)
  // kept blocks that are inserted again come first: behind them a new one would not be sealed
  await until(async () => ((await ingestOf(life.api)).spool?.waiting.blocks ?? 0) <= 1, 10_000)
  const engine = life.engine()
  if (engine) signal(engine, 'SIGSTOP')
  for (let more = 0; more < 5; more++) await takesAgain(rig.oracle, 3_000)
  // as old as a block must be to be sealed
  await pause(400)
  await life.kill()
  if (engine) signal(engine, 'SIGCONT')
}
