// Answers get lost between collector and client: everything comes again, and counts once.
import { startFaultProxy } from '../fault-proxy.ts'
import { pause } from '../http.ts'
import { createRig } from '../rig.ts'
import { expectThat, type Scenario } from '../scenario.ts'

export const ackLoss: Scenario = {
  name: 'ack-loss',
  what: 'three of ten answers are lost after the request was done; clients send again',
  run: async (context, report) => {
    const least = context.sized(100, 1_000)
    let url = ''
    const rig = await createRig(context, report, { through: () => url })
    const { otlp } = await rig.begin()
    const proxy = await startFaultProxy(otlp, context.random)
    context.defer(proxy.close)
    url = proxy.url
    await proxy.set({ kind: 'lost-ack', probability: 0.3 })
    const load = rig.load({ payloadsPerSecond: context.sized(40, 15), parallel: 16, maxPauseMs: 100 })
    const untilMs = Date.now() + context.sized(10_000, 300_000)
    while (Date.now() < untilMs) {
      context.progress(`${rig.oracle.counts().resends} resends`)
      await pause(1_000)
    }
    await proxy.set({ kind: 'pass' })
    await rig.judge(load)
    expectThat(
      report,
      proxy.counts.faults >= least,
      `only ${proxy.counts.faults} answers were lost, fewer than ${least}: nothing is proved`,
    )
  },
}
