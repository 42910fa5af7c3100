// Runs that go on, in the real store: shown before any of their spans has ended, lost when nothing more is heard, right again when it is.
import { type LogRecord, type RecognizedSpan, type Run, SEAMTRACE, SEAMTRACE_EVENTS, STARTED } from '@seamtrace/schema'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { pipeline, spansOf, step } from '../analyze/spans.fixture.ts'
import { type PlainValue, sentLog } from '../recognize/sent-log.fixture.ts'
import { insertLogs } from '../store/insert-logs.fixture.ts'
import { insertSpans } from '../store/insert-spans.fixture.ts'
import { readRows } from '../store/read.ts'
import { startDerive } from './derive.ts'
import { type Deriving, startDeriving } from './deriving.fixture.ts'

let deriving: Deriving
beforeAll(async () => {
  deriving = await startDeriving()
})
afterAll(() => deriving.close())

const LONG = { timeout: 60_000, interval: 100 }

const spansOfTrace = (trace: number): [root: RecognizedSpan, find: RecognizedSpan, answer: RecognizedSpan] => {
  const [root, find, answer] = spansOf(pipeline('support', {}, [step('find'), step('answer')]), { trace })
  if (!root || !find || !answer) throw new Error('cannot test: spans are missing')
  return [root, find, answer]
}

/** What the SDK sends of a run, so long after it started. */
const record = (root: RecognizedSpan, atMs: number, more: Record<string, PlainValue> = {}): LogRecord => ({
  ...sentLog({
    event: atMs === 0 ? SEAMTRACE_EVENTS.spanStarted : SEAMTRACE_EVENTS.heartbeat,
    traceId: root.traceId,
    spanId: root.spanId,
    attributes: {
      [SEAMTRACE.spanKind]: 'pipeline',
      [SEAMTRACE.pipelineName]: root.pipeline,
      [STARTED.startTime]: String(root.startTimeUnixNano),
      [SEAMTRACE.changedAt]: String(root.startTimeUnixNano),
      [SEAMTRACE.heartbeatMs]: 60_000,
      ...more,
    },
  }),
  timeUnixNano: root.startTimeUnixNano + BigInt(atMs) * 1_000_000n,
  resource: new Map([['service.name', 'support']]),
})

const runOf = async (project: string): Promise<Run | undefined> => {
  const runs = await deriving.runs(project)
  expect(runs.length).toBeLessThan(2)
  return runs[0]
}
const untilRun = (project: string, shape: object): Promise<void> =>
  vi.waitFor(async () => {
    await deriving.derive.look()
    expect(await runOf(project)).toMatchObject(shape)
  }, LONG)

it('shows a run that has started at once, with the steps that have ended and the one that it is in', { timeout: 120_000 }, async () => {
  const [root, find, answer] = spansOfTrace(0xa1)
  await insertLogs(deriving.store, 'running', [record(root, 0)])
  const runId = `${root.traceId}-${root.spanId}`
  await untilRun('running', {
    runId,
    outcome: 'running',
    provisional: true,
    pipeline: 'support',
    service: 'support',
    liveness: { step: '' },
  })
  await insertSpans(deriving.store, 'running', [find])
  await insertLogs(deriving.store, 'running', [record(root, 20, { [SEAMTRACE.stepName]: 'answer' })])
  await untilRun('running', { runId, outcome: 'running', liveness: { step: 'answer', stalledSince: null } })
  expect((await runOf('running'))?.steps.map(({ name }) => name)).toEqual(['find'])
  await insertSpans(deriving.store, 'running', [answer, root])
  await untilRun('running', { runId, outcome: 'success', provisional: false, liveness: null })
  expect((await runOf('running'))?.steps.map(({ name }) => name)).toEqual(['find', 'answer'])
})

it('calls a run unknown by itself when its program falls silent, and success when its spans come after all', {
  timeout: 120_000,
}, async () => {
  const [root, find, answer] = spansOfTrace(0xa2)
  await insertLogs(deriving.store, 'killed', [record(root, 0, { [SEAMTRACE.heartbeatMs]: 100, [SEAMTRACE.stepName]: 'answer' })])
  await untilRun('killed', { outcome: 'running' })
  // nobody looks but the loop itself
  await vi.waitFor(async () => expect(await runOf('killed')).toMatchObject({ outcome: 'unknown', liveness: { step: 'answer' } }), LONG)
  await insertLogs(deriving.store, 'killed', [record(root, 5_000, { [SEAMTRACE.stepName]: 'answer' })])
  await untilRun('killed', { outcome: 'running' })
  await insertSpans(deriving.store, 'killed', [root, find, answer])
  await untilRun('killed', { outcome: 'success', liveness: null })
})

it('says since when nothing has begun or ended in a run whose program is there', { timeout: 120_000 }, async () => {
  const [root] = spansOfTrace(0xa3)
  const stall = { [SEAMTRACE.stalledAfterMs]: 30_000 }
  await insertLogs(deriving.store, 'stalled', [record(root, 0, stall), record(root, 20_000, stall)])
  await untilRun('stalled', { outcome: 'running', liveness: { stalledSince: null } })
  await insertLogs(deriving.store, 'stalled', [record(root, 30_000, stall)])
  await untilRun('stalled', { outcome: 'running', liveness: { stalledSince: '2026-09-21T14:13:20.000Z' } })
  expect((await runOf('stalled'))?.story).toContain('Stalled')
})

it('changes nothing for a record that comes again, or out of order', { timeout: 120_000 }, async () => {
  const [root] = spansOfTrace(0xa4)
  const records = [record(root, 0), record(root, 20, { [SEAMTRACE.stepName]: 'find' })]
  await insertLogs(deriving.store, 'again', records)
  await untilRun('again', { liveness: { step: 'find' } })
  const before = await runOf('again')
  const touchesOf = async (): Promise<number> =>
    (await readRows<{ n: number }>(deriving.store, `SELECT sum(touches) AS n FROM trace_touch WHERE project = 'again'`))[0]?.n ?? 0
  const touches = await touchesOf()
  await insertLogs(deriving.store, 'again', records.toReversed())
  await vi.waitFor(async () => expect(await touchesOf()).toBeGreaterThan(touches), LONG)
  await untilRun('again', { outcome: 'running' })
  expect(await runOf('again')).toEqual(before)
})

it('joins a run that goes on in a trace of which no span has ended to its earlier part', { timeout: 120_000 }, async () => {
  const own = { [SEAMTRACE.runId]: 'claim-7' }
  const extra = { attributes: { ...own, [SEAMTRACE.outcome]: 'waiting' } }
  const all = spansOf(pipeline('claims', extra, [step('check')]), { trace: 0xa5 })
  const [first] = all
  if (!first) throw new Error('cannot test: spans are missing')
  await insertSpans(deriving.store, 'resumed', all)
  await untilRun('resumed', { runId: 'claim-7', outcome: 'waiting' })
  const later = { ...first, traceId: 'a6'.padStart(32, '0'), startTimeUnixNano: first.endTimeUnixNano + 10_000_000_000n }
  await insertLogs(deriving.store, 'resumed', [record(later, 0, own)])
  await untilRun('resumed', { runId: 'claim-7', outcome: 'running', traceIds: [first.traceId, later.traceId] })
  expect((await runOf('resumed'))?.steps.map(({ name }) => name)).toEqual(['check'])
})

it('has one row of each run, however many derivers there are', { timeout: 120_000 }, async () => {
  const log = { info: () => {}, warn: () => {} }
  const other = await startDerive({ store: deriving.store, log, intervalMs: 50 })
  const [root, find, answer] = spansOfTrace(0xa7)
  await insertLogs(deriving.store, 'two', [record(root, 0, { [SEAMTRACE.heartbeatMs]: 100 })])
  await vi.waitFor(async () => expect(await runOf('two')).toMatchObject({ outcome: 'unknown' }), LONG)
  await insertSpans(deriving.store, 'two', [find, answer, root])
  await vi.waitFor(async () => expect(await runOf('two')).toMatchObject({ outcome: 'success' }), LONG)
  await other.stop()
})
