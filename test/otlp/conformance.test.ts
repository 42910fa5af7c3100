// The conformance table of OTLP 1.11 over real HTTP and real gRPC, stored in the real engine and read back.
import { isDeepStrictEqual } from 'node:util'
import type { LogRecord, RecognizedSpan } from '@seamtrace/schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Case } from './cases.ts'
import { keyCases } from './cases-keys.ts'
import { limitCases } from './cases-limits.ts'
import { logCases, metricCases } from './cases-records.ts'
import { httpCases } from './cases-refused.ts'
import { spanCases } from './cases-spans.ts'
import { valueCases } from './cases-values.ts'
import { inTurns, startTestReceivers, type TestReceivers } from './receivers.fixture.ts'
import { type Answer, send, sendHttp, TRANSPORTS, type Transport } from './transports.ts'

type Checked = Case & { check?: (span: RecognizedSpan) => boolean }
const CASES: Checked[] = [...valueCases, ...spanCases, ...limitCases, ...keyCases, ...logCases, ...metricCases]
const TOLD: Case['answer'] = { status: 200, code: 0, rejected: 0, message: '' }

type Run = {
  it: Checked
  transport: Transport
  traceId: string
  gzip: boolean
  answer?: Answer
  spans: RecognizedSpan[]
  logs: LogRecord[]
}
const RUNS: Run[] = CASES.flatMap((one, index) =>
  TRANSPORTS.filter((transport) => !one.over || one.over.includes(transport)).map((transport, at) => {
    const traceId = (BigInt(`0x${'c0ffee'.padEnd(32, '0')}`) + BigInt(index * 10 + at + 1)).toString(16)
    return { it: one, transport, traceId, gzip: (index + at) % 2 === 1, spans: [], logs: [] }
  }),
)

let target: TestReceivers
beforeAll(async () => {
  target = await startTestReceivers()
  await inTurns(RUNS, 16, async (run) => {
    run.answer = await send(target, run.transport, run.it.signal ?? 'traces', run.it.request(run.traceId), run.gzip)
  })
  const ofTrace = new Map(RUNS.map((run) => [run.traceId, run]))
  for (let at = 0; at < RUNS.length; at += 60) {
    const ids = RUNS.slice(at, at + 60).map((run) => run.traceId)
    for (const span of await target.spansOf(ids)) ofTrace.get(span.traceId)?.spans.push(span)
    for (const log of await target.logsOf(ids)) ofTrace.get(log.traceId)?.logs.push(log)
  }
}, 120_000)
afterAll(() => target.close())

const matches = <T extends object>(stored: T, expected: Partial<T>): boolean =>
  Object.entries(expected).every(([key, value]) => isDeepStrictEqual(stored[key as keyof T], value))

/** Shows only what was asked for: a record of megabytes helps nobody. */
const shown = <T extends object>(stored: T[], expected: Partial<T>[]): unknown[] =>
  stored.map((record, index) => Object.fromEntries(Object.keys(expected[index] ?? {}).map((key) => [key, record[key as keyof T]])))

describe('the table', () => {
  it('has at least 150 cases', () => expect(CASES.length + httpCases.length).toBeGreaterThanOrEqual(150))

  it.each(RUNS.map((run) => [run.it.name.slice(0, 100), `${run.transport}${run.gzip ? ', gzip' : ''}`, run] as const))(
    '%s (%s)',
    (_name, _transport, run) => {
      const { message, ...rest } = { ...TOLD, ...(run.it.answer ? { message: /.*/s, ...run.it.answer } : {}) }
      expect(run.answer).toMatchObject(rest)
      if (typeof message === 'string') expect(run.answer?.message).toBe(message)
      else if (message) expect(run.answer?.message).toMatch(message)
      const { spans, logs, check } = run.it
      if (spans) {
        const byName = run.spans.toSorted((a, b) => (a.name < b.name ? -1 : 1))
        expect(byName).toHaveLength(spans.length)
        if (!byName.every((span, index) => matches(span, spans[index] ?? {}))) expect(shown(byName, spans)).toEqual(spans)
        if (check) expect(byName.some(check)).toBe(true)
      }
      if (logs) {
        expect(run.logs).toHaveLength(logs.length)
        if (!run.logs.every((log, index) => matches(log, logs[index] ?? {}))) expect(shown(run.logs, logs)).toEqual(logs)
      }
    },
  )

  it('did no harm to the prototypes', () => {
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('is counted', () => {
    const counts = target.counts()
    expect(counts.refused).toEqual([])
    expect(counts.acceptedSpans).toBe(RUNS.reduce((sum, run) => sum + run.spans.length, 0) + TRANSPORTS.length)
    expect(counts.truncated.map((entry) => entry.reason)).toContain('key or name of more than 1024 bytes: cut')
    expect(counts.skewedSpans).toBeGreaterThan(10)
    expect(counts.metrics.names).toContainEqual({ name: 's', points: 6 })
    expect(target.logged.filter((line) => line.startsWith('error'))).toEqual([])
  })
})

describe('over HTTP', () => {
  it.each(httpCases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const { message, ...rest } = one.answer
    const answer = await sendHttp(target, one.path ?? '/v1/traces', one.body, one.headers, one.method)
    expect(answer).toMatchObject(rest)
    if (message) expect(answer.message).toMatch(message)
  })
})
