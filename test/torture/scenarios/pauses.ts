// Processes stand still for seconds, as under a hypervisor or a long collection of garbage, and go on.
import { pause } from '../http.ts'
import { signal } from '../proc.ts'
import { createRig, takesAgain } from '../rig.ts'
import { expectThat, type Scenario } from '../scenario.ts'

export const pauses: Scenario = {
  name: 'pauses',
  what: 'collector and engine are stopped and continued (SIGSTOP, SIGCONT) while clients lose patience',
  run: async (context, report) => {
    const rounds = context.sized(2, 10)
    const pauseMs = context.sized(2_000, 5_000)
    const rig = await createRig(context, report)
    const life = await rig.begin()
    // less patient than the pause is long: what is on its way is sent again while it is being taken
    const load = rig.load({ payloadsPerSecond: 15, timeoutMs: 500 })
    for (let round = 1; round <= rounds; round++) {
      for (const who of ['collector', 'engine', 'both']) {
        context.progress(`${who}, round ${round} of ${rounds}`)
        expectThat(report, await takesAgain(rig.oracle), `nothing is acknowledged before the pause of ${who}`)
        const engine = life.engine()
        if (who !== 'engine') life.signal('SIGSTOP')
        if (who !== 'collector' && engine) signal(engine, 'SIGSTOP')
        await pause(pauseMs)
        if (who !== 'engine') life.signal('SIGCONT')
        if (who !== 'collector' && engine) signal(engine, 'SIGCONT')
      }
    }
    expectThat(report, await takesAgain(rig.oracle), 'nothing is acknowledged after the pauses')
    expectThat(report, life.isAlive(), 'the collector ended')
    await rig.judge(load)
  },
}
