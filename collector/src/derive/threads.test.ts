// Which traces of a session are analyzed together, on the real engine.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RecognizedSpan, type Run, SEAMTRACE } from '@seamtrace/schema'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Draft, pipeline, spansOf, step } from '../analyze/spans.fixture.ts'
import { insertSpans } from '../store/insert-spans.fixture.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'
import { readRows } from '../store/read.ts'
import { runOfDetail } from '../store/run-detail.ts'
import { type DeriveContext, deriveTraces, readBatch } from './derive-batch.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'seamtrace-threads-'))
let store: Store
let context: DeriveContext

beforeAll(async () => {
  store = await openStore({ dataDir })
  await migrate(store)
  const log = { info: () => {}, warn: () => {} }
  context = { store, log, disabledRules: new Set(), retentionMs: 30 * 86_400_000, shared: false, onLate: () => {} }
})
afterAll(async () => {
  await store.close()
  rmSync(dataDir, { recursive: true })
})

const asks = pipeline('refund', {}, [step('classify'), step('approve', { attributes: { [SEAMTRACE.outcome]: 'waiting' } })])
const acts = pipeline('refund', {}, [step('approve'), step('pay')])

/** Stores traces of one session, a minute apart, and tells where they are. */
const insert = async (project: string, drafts: readonly Draft[], session = 's-1') => {
  const traces = drafts.map((draft, index) =>
    spansOf(draft, { trace: index + 1, startMs: index * 60_000 }).map((span): RecognizedSpan => ({ ...span, sessionId: session })),
  )
  await insertSpans(store, project, traces.flat())
  return traces.map(([span]) => ({ project, traceId: span?.traceId ?? '' }))
}

const stored = async (project: string): Promise<string[]> => {
  const sql = 'SELECT detail FROM runs FINAL WHERE project = {project:String} ORDER BY start_time'
  const runs = (await readRows<{ detail: string }>(store, sql, { project })).map(({ detail }): Run => runOfDetail(detail))
  return runs.map(({ outcome, traceIds }) => `${outcome} ${traceIds.length}`)
}

it('finds the other part of a run also where both were read before either was stored', async () => {
  const [first, second] = (await insert('race', [asks, acts])).map((trace) => [trace])
  if (!first || !second) throw new Error('no traces')
  const [readFirst, readSecond] = await Promise.all([readBatch(context, first), readBatch(context, second)])
  await deriveTraces(context, first, Promise.resolve(readFirst))
  await deriveTraces(context, second, Promise.resolve(readSecond))
  expect(await stored('race')).toEqual(['success 2'])
})

it('keeps a run together when only its later part is told of again', async () => {
  const traces = await insert('again', [asks, acts])
  for (const trace of traces) await deriveTraces(context, [trace])
  await deriveTraces(context, traces.slice(1))
  expect(await stored('again')).toEqual(['success 2'])
})

it('reads no other trace of a session in which nothing waits', async () => {
  const turn = pipeline('chat', {}, [step('answer')])
  const traces = await insert('chat', [turn, turn, turn])
  for (const trace of traces) await deriveTraces(context, [trace])
  const { groups, sought } = await readBatch(context, traces.slice(1, 2))
  expect([groups.flat().length, sought.size]).toEqual([1, 1])
  expect(await stored('chat')).toEqual(['success 1', 'success 1', 'success 1'])
})

it('leaves runs alone whose spans may have expired, and ends where they have', async () => {
  const [first, second] = await insert('expired', [asks, acts])
  if (!first || !second) throw new Error('no traces')
  await deriveTraces(context, [first])
  await deriveTraces({ ...context, retentionMs: -1_000 }, [second])
  expect(await stored('expired')).toEqual(['waiting 1', 'success 1'])
  await store.client.command({
    query: `ALTER TABLE spans DELETE WHERE project = 'expired' AND trace_id = toFixedString(unhex('${first.traceId}'), 16) SETTINGS mutations_sync = 2`,
  })
  await deriveTraces(context, [second])
  expect(await stored('expired')).toEqual(['waiting 1', 'success 1'])
})
