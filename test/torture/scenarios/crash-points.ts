// SIGKILL at each named point of the spool: the moments that random kills seldom hit.
import { CRASH_POINTS, type CrashPoint } from '../../../collector/src/spool/state.ts'
import { pause, until } from '../http.ts'
import { EndedEarly } from '../life.ts'
import { createRig, type Rig, takesAgain } from '../rig.ts'
import { expectThat, type Scenario } from '../scenario.ts'
import { blocksIn, damageBlock } from '../spool-files.ts'

const REACHED_MS = 15_000

/** Reached as the process starts, stops, or finds damage; all others under load. */
const isAtStart = (point: CrashPoint): boolean => ['marker-removed', 'leftover-sealed', 'quarantined'].includes(point)

export const crashPoints: Scenario = {
  name: 'crash-points',
  what: 'the collector is killed at each named point of the spool',
  run: async (context, report) => {
    const passes = context.sized(3, 20)
    // blocks expire fast, so that their removal is under load too
    const rig = await createRig(context, report, { spool: { keepMs: 800 } })
    await rig.begin()
    const load = rig.load({ payloadsPerSecond: 12, maxPauseMs: 100 })
    await takesAgain(rig.oracle)
    let kills = 0
    for (const point of CRASH_POINTS) {
      for (let pass = 1; pass <= passes; pass++) {
        context.progress(`${point} ${pass} of ${passes}`)
        let isReached = false
        // whether a kill leaves an open or a damaged file to stumble over is a matter of moments
        for (let attempt = 0; attempt < 4 && !isReached; attempt++) {
          isReached = isAtStart(point) ? await crashAtStart(rig, point) : await crashUnderLoad(rig, point, pass)
        }
        expectThat(report, isReached, `crash point ${point} is not reached in 4 lives of ${REACHED_MS} ms`)
        if (!isReached) break
        kills++
      }
    }
    report.figures.kills = kills
    await rig.begin()
    await takesAgain(rig.oracle)
    await rig.judge(load)
  },
}

/** Ends this life uncleanly, and the next one as it starts. */
const crashAtStart = async (rig: Rig, point: CrashPoint): Promise<boolean> => {
  if (!rig.life().isAlive()) await rig.begin()
  await takesAgain(rig.oracle)
  await rig.life().kill()
  if (point === 'quarantined' && !damageInserted(rig.dataDir)) return false
  const ended = await rig.begin({ crash: { point, pass: 1 } }).then(
    (life) => Promise.race([life.ended, pause(REACHED_MS)]),
    (error: unknown) => (error instanceof EndedEarly ? 'SIGKILL' : Promise.reject(error)),
  )
  return ended === 'SIGKILL'
}

/** What is in it is stored: the damage costs nothing. */
const damageInserted = (dataDir: string): boolean => {
  const block = blocksIn(dataDir).find(({ state, rows, isIntact }) => state === 'inserted' && rows > 0 && isIntact)
  if (block) damageBlock(block, 'flipped')
  return block !== undefined
}

const crashUnderLoad = async (rig: Rig, point: CrashPoint, pass: number): Promise<boolean> => {
  if (rig.life().isAlive()) await rig.life().kill()
  // passed for the first time soon after the start, and later in the middle of the work
  const life = await rig.begin({ crash: { point, pass: 1 + (pass - 1) * (point === 'kept-removed' ? 1 : 3) } }).catch((error: unknown) => {
    if (error instanceof EndedEarly) return null
    throw error
  })
  if (life === null) return true
  if (point === 'marker-written') {
    await takesAgain(rig.oracle)
    life.signal('SIGTERM')
  }
  return until(() => !life.isAlive(), REACHED_MS)
}
