// SIGKILL at any moment: of the collector, of its engine.
import type { Settings } from '../collector-process.ts'
import { pause } from '../http.ts'
import { signal } from '../proc.ts'
import { createRig, takesAgain } from '../rig.ts'
import { type Context, expectThat, type Report, type Scenario } from '../scenario.ts'

export const kills: Scenario = {
  name: 'kills',
  alone: true,
  what: 'the collector is killed at random moments under load',
  run: (context, report) => killUnderLoad(context, report, context.sized(15, 300)),
}

export const killUnderLoad = async (context: Context, report: Report, cycles: number, extra?: Partial<Settings>): Promise<void> => {
  const rig = await createRig(context, report)
  await rig.begin(extra)
  const load = rig.load({ payloadsPerSecond: 20, maxPauseMs: 100 })
  for (let cycle = 1; cycle <= cycles; cycle++) {
    context.progress(`kill ${cycle} of ${cycles}`)
    expectThat(report, await takesAgain(rig.oracle), `nothing is acknowledged after start ${cycle}`)
    await pause(context.random() * 700)
    await rig.life().kill()
    await rig.begin(extra)
  }
  await takesAgain(rig.oracle)
  report.figures.kills = cycles
  await rig.judge(load)
}

export const engineKills: Scenario = {
  name: 'engine-kills',
  what: 'the child process that holds the embedded engine is killed under load',
  run: async (context, report) => {
    const cycles = context.sized(5, 60)
    const rig = await createRig(context, report)
    await rig.begin()
    const load = rig.load({ payloadsPerSecond: 15, maxPauseMs: 200 })
    for (let cycle = 1; cycle <= cycles; cycle++) {
      context.progress(`kill ${cycle} of ${cycles}`)
      expectThat(report, await takesAgain(rig.oracle), `nothing is acknowledged after kill ${cycle - 1}`)
      await pause(200 + context.random() * 800)
      const engine = rig.life().engine()
      // while it restarts there is none; its next life is as good
      if (engine === null || !signal(engine, 'SIGKILL')) cycle--
      expectThat(report, rig.life().isAlive(), 'the collector ended with its engine')
      if (!rig.life().isAlive()) return
    }
    report.figures.kills = cycles
    await takesAgain(rig.oracle)
    await rig.judge(load)
  },
}
