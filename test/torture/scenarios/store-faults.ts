// The store fails in every way behind the collector: acknowledgements go on, and all of it is stored once the store is back.
import type { FaultMode } from '../fault-proxy.ts'
import { pause, until } from '../http.ts'
import { ingestOf } from '../read-back.ts'
import { createRig, startFaultyServer, takesAgain } from '../rig.ts'
import { expectThat, type Scenario } from '../scenario.ts'

const MODES: [name: string, mode: FaultMode][] = [
  ['refuse', { kind: 'refuse' }],
  ['hang', { kind: 'hang' }],
  ['reset', { kind: 'reset' }],
  ['500', { kind: 'error', status: 500 }],
  ['252 too many parts', { kind: 'error', status: 500, code: 252 }],
  ['241 memory limit', { kind: 'error', status: 500, code: 241 }],
  ['half answers', { kind: 'half' }],
  ['cut answers', { kind: 'cut' }],
  ['lost answers', { kind: 'lost-ack', probability: 0.7 }],
  ['latency', { kind: 'latency', ms: 1_500 }],
]

/** One insert at a time with growing pauses, and a few questions beside it: more than this is a storm. */
const MAX_TRIES_PER_SECOND = 40
const SPANS = 20

export const storeFaults: Scenario = {
  name: 'store-faults',
  what: 'a ClickHouse server refuses, hangs, resets, answers with errors or half, under 1,000 spans/s',
  run: async (context, report) => {
    const faultMs = context.sized(8_000, 60_000)
    const spansPerSecond = context.sized(600, 1_000)
    const { proxy } = await startFaultyServer(context)
    const rig = await createRig(context, report, { clickhouseUrl: proxy.url, shape: { spans: SPANS } })
    const { api } = await rig.begin()
    const load = rig.load({ payloadsPerSecond: spansPerSecond / SPANS, parallel: 32 })
    expectThat(report, await takesAgain(rig.oracle), 'nothing is acknowledged before the first fault')
    const recoveriesMs: number[] = []
    let least = Number.POSITIVE_INFINITY
    for (const [name, mode] of MODES) {
      context.progress(name)
      const [before, requests] = [rig.oracle.counts().acked, proxy.counts.requests]
      await proxy.set(mode)
      await pause(faultMs)
      const acked = rig.oracle.counts().acked - before
      const triesPerSecond = ((proxy.counts.requests - requests) / faultMs) * 1000
      await proxy.set({ kind: 'pass' })
      const backMs = Date.now()
      const isDrained = await until(async () => (await waitingRows(api)) < spansPerSecond, 60_000, 200)
      recoveriesMs.push(Date.now() - backMs)
      least = Math.min(least, acked)
      expectThat(report, acked > 0, `${name}: nothing was acknowledged in ${faultMs} ms of it`)
      expectThat(report, isDrained, `${name}: the queue is not drained 60 s after it`)
      expectThat(report, triesPerSecond <= MAX_TRIES_PER_SECOND, `${name}: ${Math.round(triesPerSecond)} requests/s to the store, a storm`)
      expectThat(report, rig.life().isAlive(), `${name}: the collector ended`)
    }
    Object.assign(report.figures, {
      faults: proxy.counts.faults,
      'least acked in a fault': least,
      'drained max ms': Math.max(...recoveriesMs),
    })
    await rig.judge(load, { details: 500 })
  },
}

const waitingRows = async (api: string): Promise<number> => (await ingestOf(api, 60_000)).spool?.waiting.rows ?? 0
