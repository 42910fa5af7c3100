// Negative controls: a defence is off, or the data is wrong, and the check that is there for it must find out.
import { startFaultProxy } from './fault-proxy.ts'
import type { Fault } from './findings.ts'
import { pause, request } from './http.ts'
import { signal } from './proc.ts'
import { createRig, NO_LOAD, startFaultyServer, takesAgain } from './rig.ts'
import { type Context, expectThat, newReport, type Report, type Scenario } from './scenario.ts'
import { damageNothing } from './scenarios/damage.ts'
import { killUnderLoad } from './scenarios/kills.ts'
import { sendMalformed } from './scenarios/malformed.ts'
import { tearParts } from './scenarios/torn-parts.ts'

type Run = (context: Context, report: Report) => Promise<void>

/** Succeeds when the run inside fails for the very reason. */
const control = (name: string, what: string, expected: Fault | RegExp, run: Run): Scenario => ({
  name: `control-${name}`,
  what,
  run: async (context, report) => {
    const inner = newReport()
    await run(context, inner)
    const found =
      typeof expected === 'string' ? Number(inner.figures[expected] ?? 0) : inner.failures.filter((text) => expected.test(text)).length
    report.figures[typeof expected === 'string' ? expected : 'found'] = found
    expectThat(report, found > 0, `the defect was not found: ${what}; ${inner.failures.join(' · ').slice(0, 600)}`)
  },
})

export const CONTROLS: Scenario[] = [
  control('early-ack', 'acknowledged a second before it is on disk: kills must lose something', 'lost', (context, report) =>
    killUnderLoad(context, report, 3, { defect: 'late', spool: { sealAfterMs: 5_000 } }),
  ),
  control('no-replay', 'blocks of an earlier life are not found at the start', 'lost', async (context, report) => {
    const rig = await createRig(context, report)
    const life = await rig.begin()
    const load = rig.load({ payloadsPerSecond: 50, maxPauseMs: 100 })
    await takesAgain(rig.oracle)
    const engine = life.engine()
    if (engine) signal(engine, 'SIGSTOP')
    for (let more = 0; more < 5; more++) await takesAgain(rig.oracle, 3_000)
    await life.kill()
    if (engine) signal(engine, 'SIGCONT')
    await rig.begin({ defect: 'no-replay' })
    await rig.judge(load)
  }),
  control('no-kept', 'inserted blocks are not kept for what the engine loses with the power', 'lost', (context, report) =>
    tearParts(context, report, 2, { defect: 'no-kept' }),
  ),
  control('raw-rows', 'rows are counted without taking out those that came twice', 'doubled', countRawRows),
  control('corrupted', 'a character changes on the way in', 'corrupted', async (context, report) => {
    await sendThrough(context, report, (body) => Buffer.from(body.toString('latin1').replace('torture.flag', 'torture.flaw'), 'latin1'))
  }),
  control('spurious', 'a trace that nobody claimed is stored', 'spurious', async (context, report) => {
    const rig = await createRig(context, report)
    const { otlp } = await rig.begin()
    const claimed = rig.oracle.claim()
    // near enough to be within the window of the list
    for (const payload of [claimed, claimed + 5]) {
      const { bytes, headers } = rig.oracle.bodyOf(payload)
      const { status } = await request(`${otlp}/v1/traces`, { method: 'POST', headers, body: bytes })
      if (payload === claimed) rig.oracle.answered(payload, status)
    }
    await rig.judge(NO_LOAD, { settleMs: 10_000 })
  }),
  control('dropped', 'an acknowledgement for what never arrived', 'lost', async (context, report) => {
    const rig = await createRig(context, report)
    await rig.begin()
    rig.oracle.answered(rig.oracle.claim(), 200)
    const load = rig.load({ payloadsPerSecond: 20 })
    await takesAgain(rig.oracle)
    await rig.judge(load, { settleMs: 10_000 })
  }),
  control('silent-damage', 'damage that /ingest does not show', /not shown in \/ingest/, damageNothing),
  control('server-error', 'a client is answered with 500', /no client must get/, (context, report) =>
    sendMalformed(context, report, 200, async (otlp) => {
      const proxy = await startFaultProxy(otlp)
      context.defer(proxy.close)
      await proxy.set({ kind: 'error', status: 500 })
      return proxy.url
    }),
  ),
]

/** The collector's own questions reach the server without what takes duplicates out. */
async function countRawRows(context: Context, report: Report): Promise<void> {
  const { proxy, direct } = await startFaultyServer(context)
  const rig = await createRig(context, report, { clickhouseUrl: proxy.url })
  const { otlp } = await rig.begin()
  // a merge would take them out before anybody has counted
  await request(direct, { method: 'POST', body: Buffer.from('SYSTEM STOP MERGES') })
  const payloads = Array.from({ length: 5 }, () => rig.oracle.claim())
  for (let round = 0; round < 3; round++) {
    for (const payload of payloads) {
      const { bytes, headers } = rig.oracle.bodyOf(payload)
      rig.oracle.answered(
        payload,
        await request(`${otlp}/v1/traces`, { method: 'POST', headers, body: bytes }).then(({ status }) => status),
      )
    }
    // blocks of their own: within one insert the engine itself takes duplicates out
    await pause(600)
  }
  const raw = (body: Buffer): Buffer =>
    Buffer.from(
      body
        .toString('latin1')
        .replaceAll(/\bFINAL\b/g, '')
        .replaceAll(/LIMIT 1 BY trace_id, span_id/g, ''),
      'latin1',
    )
  await proxy.set({ kind: 'rewrite', change: raw })
  await rig.judge(NO_LOAD, { settleMs: 10_000 })
}

const sendThrough = async (context: Context, report: Report, change: (body: Buffer) => Buffer): Promise<void> => {
  let url = ''
  const rig = await createRig(context, report, { through: () => url, shape: { plain: true } })
  const { otlp } = await rig.begin()
  const proxy = await startFaultProxy(otlp)
  context.defer(proxy.close)
  url = proxy.url
  await proxy.set({ kind: 'rewrite', change })
  const load = rig.load({ payloadsPerSecond: 20 })
  await takesAgain(rig.oracle)
  await rig.judge(load, { settleMs: 10_000 })
}
