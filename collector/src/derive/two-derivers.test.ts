// Two derivers on the same traces, one held up at each of its calls in turn: the runs are those of all spans, each once.
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RecognizedSpan, type Run, SEAMTRACE } from '@seamtrace/schema'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { analyze } from '../analyze/analyze.ts'
import { attempt, failing, model, pipeline, retry, spansOf, step, tool } from '../analyze/spans.fixture.ts'
import { insertSpans } from '../store/insert-spans.fixture.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'
import { readRows } from '../store/read.ts'
import { runOfDetail } from '../store/run-detail.ts'
import { startLoop } from './loop.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'seamtrace-two-derivers-'))
const QUIET_MS = 1_000
const warnings: string[] = []
const log = { info: () => {}, warn: (message: string) => void warnings.push(message) }
let store: Store

beforeAll(async () => {
  store = await openStore({ dataDir })
  await migrate(store)
})
afterAll(async () => {
  await store.close()
  rmSync(dataDir, { recursive: true })
})

/** The store behind a client that waits before each call: `pause` is told which one it is, counted from 1. */
const heldUp = ({ client, ...rest }: Store, pause: (call: number) => Promise<unknown>): Store => {
  let calls = 0
  const get = (target: Store['client'], key: PropertyKey): unknown => {
    const member: unknown = Reflect.get(target, key)
    if (typeof member !== 'function') return member
    return async (...args: unknown[]): Promise<unknown> => {
      await pause(++calls)
      return Reflect.apply(member, target, args)
    }
  }
  return { ...rest, client: new Proxy(client, { get }) }
}

const program = (seed: number): RecognizedSpan[] => {
  const timeout = failing('TimeoutError', 'timed out')
  const joined = { attributes: { [SEAMTRACE.runId]: `order-${seed}` } }
  const drafts = [
    pipeline('refund', {}, [step('classify', {}, [model()]), step('refund', {}, [tool('bank')])]),
    pipeline('refund', timeout, [step('classify', {}, [model()]), step('refund', timeout, [tool('bank', timeout)])]),
    pipeline('brief', {}, [step('write', {}, [retry('write', {}, [attempt(1, timeout), attempt(2)])])]),
    pipeline('approve', joined, [step('ask')]),
    pipeline('approve', joined, [step('act', {}, [tool('mail')])]),
  ]
  return drafts.flatMap((draft, index) =>
    spansOf(draft, { startMs: index * 1_000 }).map((span) => ({ ...span, traceId: hash('md5', `${seed} ${index}`) })),
  )
}

const liveRuns = async (project: string): Promise<Run[]> => {
  const rows = await readRows<{ detail: string }>(store, 'SELECT detail FROM runs FINAL WHERE project = {project:String} ORDER BY run_id', {
    project,
  })
  return rows.map(({ detail }) => runOfDetail(detail))
}

type Deriver = { look(): Promise<void>; pending(project: string): number; stop(): Promise<void> }

/** The loop in this thread, so that its calls can be held up. */
const begin = (held: Pick<Store, 'client'>): Deriver => {
  const stopping = new AbortController()
  let pending = new Map<string, number>()
  const onPending = (counts: Map<string, number>): void => {
    pending = counts
  }
  const loop = startLoop({
    store: held,
    log,
    disabledRules: new Set(),
    retentionMs: 86_400_000,
    shared: true,
    onLate: () => {},
    turn: async () => {},
    intervalMs: 20,
    idleMs: 20,
    signal: stopping.signal,
    onPending,
  })
  return {
    look: loop.look,
    pending: (project) => pending.get(project) ?? 0,
    stop: async () => {
      stopping.abort()
      await loop.ended
    },
  }
}

// of one look at traces of which some are new, with room to spare
const CALLS = 12

const twoDerivers = async (heldCall: number): Promise<void> => {
  const project = `held-${heldCall}`
  const random = fc.sample(fc.double({ min: 0, max: 1, noNaN: true }), { numRuns: 2_000, seed: heldCall })
  const next = (): number => random.pop() ?? 0.5
  const spans = program(heldCall)
  const [first = [], ...later] = Map.groupBy(spans, () => Math.floor(next() * 3)).values()
  const insert = (part: readonly RecognizedSpan[]) => insertSpans(store, project, part)
  await insert(first)
  await sleep(QUIET_MS)

  const held = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const pause = (): Promise<void> => sleep(next() * 40)
  const holds = heldUp(store, (call) => {
    if (call !== heldCall) return pause()
    held.resolve()
    return released.promise
  })
  const slow = begin(holds)
  const quick = begin(heldUp(store, pause))
  await held.promise
  for (const part of later) {
    await sleep(QUIET_MS * next())
    await insert(part)
  }
  await sleep(QUIET_MS)
  do await quick.look()
  while (quick.pending(project) > 0)

  // the held one ends what it has begun, with what it had read by then, and never looks again
  const ended = slow.stop()
  released.resolve()
  await Promise.all([ended, quick.stop()])

  const expected = analyze(spans, { nowUnixNano: BigInt(Date.now()) * 1_000_000n }).map(({ run }) => run)
  const found = await liveRuns(project)
  expect(found, `held at call ${heldCall}`).toEqual(JSON.parse(JSON.stringify(expected.sort((a, b) => (a.runId < b.runId ? -1 : 1)))))
}

it('leave one live row a run, with the analysis of all its spans', { timeout: 300_000 }, async () => {
  // one after the other: each deriver looks after all projects
  for (let heldCall = 1; heldCall <= CALLS; heldCall++) await twoDerivers(heldCall)
  expect(warnings).toEqual([])
})
