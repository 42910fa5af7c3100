// SIGTERM under load: it ends in time, and nothing that was acknowledged is lost.
import { pause } from '../http.ts'
import { createRig, takesAgain } from '../rig.ts'
import { expectThat, type Scenario } from '../scenario.ts'

/** What orchestrators give at the least before they kill. */
const EXIT_MS = 10_000

export const sigterm: Scenario = {
  name: 'sigterm',
  what: 'the collector is told to stop under load',
  run: async (context, report) => {
    const cycles = context.sized(5, 30)
    const rig = await createRig(context, report)
    const tookMs: number[] = []
    await rig.begin()
    const load = rig.load({ payloadsPerSecond: 20, maxPauseMs: 100 })
    for (let cycle = 1; cycle <= cycles; cycle++) {
      context.progress(`stop ${cycle} of ${cycles}`)
      expectThat(report, await takesAgain(rig.oracle), `nothing is acknowledged after start ${cycle}`)
      await pause(context.random() * 700)
      const stopped = await rig.life().stop()
      expectThat(report, stopped.code === 0, `exit code ${stopped.code} after SIGTERM: ${rig.life().told().slice(-300)}`)
      expectThat(report, stopped.tookMs <= EXIT_MS, `${stopped.tookMs} ms from SIGTERM to the end, more than ${EXIT_MS}`)
      tookMs.push(stopped.tookMs)
      await rig.begin()
    }
    report.figures['exit max ms'] = Math.max(...tookMs)
    await rig.judge(load)
  },
}
