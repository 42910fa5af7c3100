// Clients with clocks that are off by a day or by centuries, and spans that end before they start: all is stored as it came.
import { noFindings } from '../findings.ts'
import { inTurns, request, until } from '../http.ts'
import { spansOf } from '../payload.ts'
import { ingestOf, judgeSpanOf } from '../read-back.ts'
import { createRig, untilDrained } from '../rig.ts'
import { addFindings, expectThat, type Scenario } from '../scenario.ts'

// a little more than what is still taken for a clock that is right
const DAY = 90_000_000_000_000n
const NOW = BigInt(Date.now()) * 1_000_000n
// A 64-bit count of nanoseconds ends in the year 2554: there is no later time on the wire.
const MAX = 2n ** 64n - 1n

const TIMES: { start: bigint; end: bigint }[] = [
  { start: NOW + DAY + 1n, end: NOW + DAY + 2n },
  { start: NOW - DAY, end: NOW - DAY + 1_000n },
  { start: 0n, end: 0n },
  { start: 1n, end: NOW },
  { start: NOW, end: NOW - 5_000_000_000n },
  { start: NOW, end: 0n },
  { start: 2n ** 63n - 1n, end: 2n ** 63n },
  { start: MAX, end: MAX },
  { start: MAX, end: 0n },
]
const ROUNDS = 3

export const clocks: Scenario = {
  name: 'clocks',
  what: 'spans from a day ago and ahead, from 1970 and 2554, and ended before they started; each sent three times',
  run: async (context, report) => {
    const times = (trace: number): { start: bigint; end: bigint } => TIMES[trace % TIMES.length] ?? { start: NOW, end: NOW }
    const rig = await createRig(context, report, { shape: { spans: 3, times } })
    const { api, otlp } = await rig.begin()
    const { oracle } = rig
    const payloads = Array.from({ length: TIMES.length * context.sized(4, 100) }, () => oracle.claim())
    for (let round = 0; round < ROUNDS; round++) {
      await inTurns(payloads, 8, async (payload) => {
        const { bytes, headers } = oracle.bodyOf(payload)
        const { status } = await request(`${otlp}/v1/traces`, { method: 'POST', headers, body: bytes, timeoutMs: 30_000 })
        oracle.answered(payload, status)
        expectThat(report, status === 200, `a batch of times ${JSON.stringify(times(payload), (_, value) => String(value))} got ${status}`)
      })
    }
    const { acked, ackedSpans, resends } = oracle.counts()
    Object.assign(report.figures, { acked, spans: ackedSpans, resends })
    await untilDrained(api, 30_000)
    const isExact = await until(async () => (await ingestOf(api)).storedSpans === ackedSpans, 30_000, 200)
    expectThat(report, isExact, `/ingest shows ${(await ingestOf(api)).storedSpans} spans of ${ackedSpans}`)
    const { skewedSpans } = await ingestOf(api)
    report.figures.skewed = skewedSpans
    expectThat(report, skewedSpans === ackedSpans * ROUNDS, `${skewedSpans} spans are shown as skewed, of ${ackedSpans * ROUNDS}`)
    const findings = noFindings()
    for (const payload of payloads) for (const span of spansOf(oracle.shape, payload)) await judgeSpanOf(api, findings, span)
    addFindings(report, findings)
  },
}
