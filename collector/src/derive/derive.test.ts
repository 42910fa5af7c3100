import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecognizedSpan, Run } from '@seamtrace/schema'
import { SEAMTRACE } from '@seamtrace/schema'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { analyze } from '../analyze/analyze.ts'
import { failing, pipeline, spansOf, step, tool } from '../analyze/spans.fixture.ts'
import { insertSpans } from '../store/insert-spans.fixture.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'
import { readRows } from '../store/read.ts'
import { runOfDetail } from '../store/run-detail.ts'
import { createRunRows } from '../store/runs.ts'
import { type Derive, startDerive } from './derive.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'seamtrace-derive-'))
const log = { info: () => {}, warn: (message: string) => warnings.push(message) }
const warnings: string[] = []
let store: Store
let derive: Derive

beforeAll(async () => {
  store = await openStore({ dataDir })
  await migrate(store)
  derive = await startDerive({ store, log, intervalMs: 50 })
})
afterAll(async () => {
  await derive.stop()
  await store.close()
  rmSync(dataDir, { recursive: true })
})

const insert = (spans: readonly RecognizedSpan[], project = 'default') => insertSpans(store, project, spans)

const runs = async (project = 'default'): Promise<Run[]> => {
  const sql = 'SELECT detail FROM runs FINAL WHERE project = {project:String} ORDER BY run_id'
  const rows = await readRows<{ detail: string }>(store, sql, { project })
  return rows.map(({ detail }) => runOfDetail(detail))
}

/** The loop looks at the store's own clock: waiting for its answer is the only way that is not a guess. */
const eventually = async (passes: (found: Run[]) => boolean, project = 'default'): Promise<Run[]> => {
  for (;;) {
    const found = await runs(project)
    if (passes(found)) return found
    await derive.look()
  }
}

it('turns quiet traces into runs, replaces provisional ones, and joins the traces of one run', async () => {
  const timeout = failing('TimeoutError', 'timed out')
  const whole = spansOf(pipeline('refund', timeout, [step('a'), step('b', timeout, [tool('t', timeout)])]), { trace: 0xa })
  const [root, ...below] = whole.map((span) => ({ ...span, pipeline: 'refund' })) as [RecognizedSpan, ...RecognizedSpan[]]
  await insert(below)
  const [provisional] = await eventually((found) => found.length > 0)
  // its spans are older than an hour: nothing will be heard of it, until its root comes after all
  expect(provisional).toMatchObject({ provisional: true, outcome: 'unknown', pipeline: 'refund' })

  await insert([root, ...below])
  const complete = await eventually((found) => found.some((run) => !run.provisional))
  expect(complete).toHaveLength(1)
  expect(complete[0]).toMatchObject({ outcome: 'failure', attributedTo: { seam: 'b→t', kind: 'tool_timeout' } })

  const waiting = { attributes: { [SEAMTRACE.runId]: 'order-7', [SEAMTRACE.outcome]: 'waiting' } }
  await insert(spansOf(pipeline('approve', waiting, [step('ask', { attributes: { [SEAMTRACE.outcome]: 'waiting' } })]), { trace: 0xb }))
  await eventually((found) => found.some((run) => run.runId === 'order-7' && run.outcome === 'waiting'))
  await insert(
    spansOf(pipeline('approve', { attributes: { [SEAMTRACE.runId]: 'order-7' } }, [step('ask'), step('act')]), {
      trace: 0xc,
      startMs: 5000,
    }),
  )
  const joined = await eventually((found) => found.some((run) => run.runId === 'order-7' && run.outcome === 'success'))
  expect(joined).toHaveLength(2)
  expect(joined.find((run) => run.runId === 'order-7')?.traceIds).toHaveLength(2)
  expect(warnings).toEqual([])
})

it('starts again where it was without losing or doubling a run', async () => {
  await derive.stop()
  await insert(spansOf(pipeline('later', {}, [step('a')]), { trace: 0xd }))
  derive = await startDerive({ store, log, intervalMs: 50 })
  const found = await eventually((all) => all.some((run) => run.pipeline === 'later'))
  expect(found).toHaveLength(3)
})

it('stores whatever a run says, and a run that cannot be analyzed keeps no other from its place', async () => {
  const cut = failing('Error', `${'x'.repeat(499)}😀`)
  const nonsense = { attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.cost': '900000' } }
  const costly = { ...nonsense, name: 'chat', children: [] }
  await insert(spansOf(pipeline('cut', cut, [step('a', cut)]), { trace: 0x11 }))
  await insert(spansOf(pipeline('costly', {}, [costly, costly]), { trace: 0x12 }))
  await insert(spansOf(pipeline('healthy', {}, [step('a')]), { trace: 0x13 }))
  const found = await eventually((all) => ['cut', 'costly', 'healthy'].every((name) => all.some((run) => run.pipeline === name)))
  expect(found.find((run) => run.pipeline === 'cut')?.outcome).toBe('failure')
  expect(warnings).toEqual([])
})

it('leaves no ghost of what a trace seemed to be before all of it had come', async () => {
  const agent = {
    name: 'invoke_agent boss',
    children: [pipeline('inner', {}, [step('a')])],
    attributes: { 'gen_ai.operation.name': 'invoke_agent' },
  }
  const [root, ...below] = spansOf(agent, { trace: 0x14 }) as [RecognizedSpan, ...RecognizedSpan[]]
  await insert([root])
  await eventually((all) => all.some((run) => run.pipeline === 'boss'))
  await insert(below)
  const found = await eventually((all) => all.some((run) => run.pipeline === 'inner'))
  expect(found.map((run) => run.pipeline)).not.toContain('boss')
})

it('takes every project for itself, with the same trace and run ids', async () => {
  const attributes = { [SEAMTRACE.runId]: 'shared' }
  await insert(spansOf(pipeline('here', { attributes }, [step('a')]), { trace: 0x21 }), 'first')
  await insert(spansOf(pipeline('there', { attributes }, [step('a')]), { trace: 0x21 }), 'second')
  const [first] = await eventually((all) => all.length > 0, 'first')
  const [second] = await eventually((all) => all.length > 0, 'second')
  expect([first, second].map((run) => [run?.runId, run?.pipeline])).toEqual([
    ['shared', 'here'],
    ['shared', 'there'],
  ])
  expect(derive.pendingTraces('first') + derive.pendingTraces('second')).toBe(0)
})

it('ends at once, and a second deriver beside it does no harm', async () => {
  const other = await startDerive({ store, log, intervalMs: 50 })
  const before = await runs()
  await insert(spansOf(pipeline('both', {}, [step('a')]), { trace: 0x51 }))
  await eventually((all) => all.some((run) => run.pipeline === 'both'))
  await other.look()
  const stoppedAt = performance.now()
  await other.stop()
  expect(performance.now() - stoppedAt).toBeLessThan(3_000)
  expect(await runs()).toHaveLength(before.length + 1)
  expect(warnings).toEqual([])
})

it('puts off a trace that cannot be read, and takes those beside it', async () => {
  const beside = spansOf(pipeline('beside', {}, [step('a')]), { trace: 0x32 })
  await store.client.command({
    query: `INSERT INTO spans (project, trace_id, span_id, start_unix_nano, name, error_message)
      SELECT 'default', unhex(leftPad('31', 32, '0')), unhex('0000000000000001'), {start:UInt64}, 'n', repeat(repeat('x', 1000000), 60)`,
    query_params: { start: beside[0]?.startTimeUnixNano.toString() },
  })
  await insert(beside)
  await eventually((all) => all.some((run) => run.pipeline === 'beside'))
  // the loop may still be at the other half
  while (warnings.length === 0) await derive.look()
  expect(warnings).toEqual([expect.stringMatching(/cannot analyze trace 0+31: .*; it is put off/)])
  expect(derive.pendingTraces()).toBe(1)
  warnings.length = 0
})

it('goes on when the engine was away', async () => {
  const [, pid] = /PID: (\d+)/.exec(readFileSync(join(dataDir, 'engine', 'status'), 'utf8')) ?? []
  process.kill(Number(pid), 'SIGKILL')
  for (;;) {
    const inserted = await insert(spansOf(pipeline('after', {}, [step('a')]), { trace: 0x41 })).then(
      () => true,
      () => false,
    )
    if (inserted) break
  }
  for (;;) {
    const found = await runs().catch(() => [])
    if (found.some((run) => run.pipeline === 'after')) break
    await derive.look().catch(() => {})
  }
  warnings.length = 0
})

it('leaves a run as it is when spans come long after the others of it have expired, and counts them', async () => {
  const spans = spansOf(pipeline('frozen', {}, [step('a'), step('b')]), { trace: 0x21 })
  await insert(spans)
  const [before] = (await eventually((all) => all.some((run) => run.pipeline === 'frozen'))).filter((run) => run.pipeline === 'frozen')
  const longAgo = Date.now() - 31 * 86_400_000
  // as it would be after 31 days: its row is of then, its spans are gone
  const sql = `INSERT INTO runs SELECT * REPLACE(toUInt64(${longAgo}) AS version, now() AS derived_at) FROM runs FINAL WHERE pipeline = 'frozen'`
  await store.client.command({ query: `CREATE TABLE kept AS runs` })
  await store.client.command({ query: sql.replace('INTO runs', 'INTO kept') })
  const settings = 'SETTINGS mutations_sync = 2'
  await store.client.command({ query: `ALTER TABLE runs DELETE WHERE pipeline = 'frozen' ${settings}` })
  await store.client.command({ query: 'INSERT INTO runs SELECT * FROM kept' })
  await store.client.command({
    query: `ALTER TABLE spans DELETE WHERE trace_id = toFixedString(unhex('${spans[0]?.traceId}'), 16) ${settings}`,
  })
  const [last] = spans.slice(-1) as [RecognizedSpan]
  await insert([{ ...last, spanId: 'f'.repeat(16) }])
  await expect.poll(() => derive.lateSpans('default'), { timeout: 20_000 }).toBe(1)
  expect((await runs()).find((run) => run.pipeline === 'frozen')).toEqual(before)
})

it('looks again at runs that still run although nothing was heard of them for an hour', async () => {
  const spans = spansOf(pipeline('silent', {}, [step('a')]), { trace: 0x61 })
  await insert(spans)
  await eventually((all) => all.some((run) => run.pipeline === 'silent'))
  await derive.stop()
  const [analyzed] = analyze(spans)
  if (!analyzed) throw new Error('no run')
  const rows = createRunRows(Date.now())
  rows.add('default', { ...analyzed, run: { ...analyzed.run, outcome: 'running' } })
  await rows.flush(store)
  // touched long ago: only the search for silent runs can find it
  await store.client.command({ query: 'TRUNCATE TABLE trace_touch' })
  await store.client.command({
    query: `INSERT INTO trace_touch (project, trace_id, first_key_time, last_key_time, touched_at, touches) SELECT project, trace_id, min(key_time), max(key_time), now64(3) - INTERVAL 2 HOUR, 1 FROM spans GROUP BY project, trace_id`,
  })
  const outcomeOf = (all: Run[]) => all.find((run) => run.pipeline === 'silent')?.outcome
  expect(outcomeOf(await runs())).toBe('running')
  derive = await startDerive({ store, log, intervalMs: 50 })
  await eventually((all) => outcomeOf(all) === 'success')
})

it('is started again when its thread dies, and can be stopped meanwhile', async () => {
  const told: string[] = []
  const access = { settings: { url: 'no address' } }
  const broken = await startDerive({ store: { access }, log: { info: () => {}, warn: (message) => told.push(message) } })
  await expect(broken.look()).rejects.toThrow()
  await vi.waitUntil(() => told.length === 2, 10_000)
  await expect(broken.look()).rejects.toThrow()
  expect(told).toEqual([1, 2].map(() => expect.stringMatching(/^the analysis ended \(.*\): starting it again$/)))
  await broken.stop()
})
