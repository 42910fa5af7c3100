import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecognizedSpan, Run } from '@seamtrace/schema'
import { SEAMTRACE } from '@seamtrace/schema'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { failing, pipeline, spansOf, step, tool } from '../analyze/spans.fixture.ts'
import { insertSpans } from '../store/insert-spans.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'
import { readRows } from '../store/read.ts'
import { runOfDetail } from '../store/run-detail.ts'
import { toSpanRow } from '../store/span-row.ts'
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

const insert = (spans: readonly RecognizedSpan[]) =>
  insertSpans(
    store,
    spans.map((span) => toSpanRow('default', span)),
  )

const runs = async (): Promise<Run[]> => {
  const rows = await readRows<{ detail: string }>(store, 'SELECT detail FROM runs FINAL ORDER BY run_id')
  return rows.map(({ detail }) => runOfDetail(detail))
}

/** The loop looks at the store's own clock: waiting for its answer is the only way that is not a guess. */
const eventually = async (passes: (found: Run[]) => boolean): Promise<Run[]> => {
  for (;;) {
    const found = await runs()
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
