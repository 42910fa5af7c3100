// History after a change of rules, on the real engine: what older rules did not know is recognized, and its runs are made anew.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Attributes, attributeText, type RecognizedSpan, type Run, SEAMTRACE } from '@seamtrace/schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyze } from '../analyze/analyze.ts'
import { pipeline, spansOf, step } from '../analyze/spans.fixture.ts'
import { RULES_VERSION, recognize } from '../recognize/recognize.ts'
import { insertSpans } from '../store/insert-spans.fixture.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'
import { readRows } from '../store/read.ts'
import { spansOfTraces } from '../store/read-spans.ts'
import { runOfDetail } from '../store/run-detail.ts'
import { createRunRows } from '../store/runs.ts'
import { engineNowMs } from '../store/touched-traces.ts'
import { type Derive, startDerive } from './derive.ts'
import { reanalyzeBatch } from './reanalyze.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'seamtrace-reanalyze-'))
let store: Store
let derive: Derive
const DAY_MS = 86_400_000

beforeAll(async () => {
  store = await openStore({ dataDir })
  await migrate(store)
  derive = await startDerive({ store, log: { info: () => {}, warn: () => {} }, intervalMs: 50 })
})
afterAll(async () => {
  await derive.stop()
  await store.close()
  rmSync(dataDir, { recursive: true })
})

/** As rules that knew nothing of their emitter left them. */
const byOldRules = (spans: readonly RecognizedSpan[]): RecognizedSpan[] =>
  spans.map((span) => ({ ...span, type: 'other', emitter: 'otel', step: '', agent: '', tool: '', pipeline: '', rulesVersion: 1 }))

const OI = 'openinference.span.kind'
const foreign = (attributes: Record<string, string>): Attributes => new Map(Object.entries(attributes))

/** A chain of OpenInference around so many steps, a second apart. */
const sent = (trace: number, steps: number): RecognizedSpan[] => {
  const names = Array.from({ length: steps }, (_, index) => step(`s${index}`, { ms: 1_000 }))
  return spansOf(pipeline('answer', {}, names), { trace }).map((span) =>
    recognize({
      ...span,
      name: attributeText(span.attributes, SEAMTRACE.stepName) || 'answer',
      scopeName: 'my.program',
      attributes: foreign({ [OI]: 'CHAIN' }),
    }),
  )
}

const reanalyze = (project: string, cursor: string, retentionMs = 30 * DAY_MS) =>
  reanalyzeBatch({ store, recognize, rulesVersion: RULES_VERSION, retentionMs }, project, cursor)

const reanalyzeAll = async (project: string): Promise<number> => {
  let spans = 0
  for (let cursor: string | null = ''; cursor !== null; ) {
    const batch: Awaited<ReturnType<typeof reanalyze>> = await reanalyze(project, cursor)
    spans += batch.spans
    cursor = batch.next
  }
  return spans
}

const runsOf = async (project: string): Promise<Run[]> => {
  const sql = 'SELECT detail FROM runs FINAL WHERE project = {project:String} ORDER BY run_id'
  return (await readRows<{ detail: string }>(store, sql, { project })).map(({ detail }) => runOfDetail(detail))
}

const eventually = async (project: string, passes: (found: Run[]) => boolean): Promise<Run[]> => {
  for (;;) {
    const found = await runsOf(project)
    if (passes(found)) return found
    await derive.look()
  }
}

const arrivals = (project: string) =>
  readRows<{ ms: number }>(
    store,
    `SELECT toUnixTimestamp64Milli(max(inserted_at)) AS ms FROM spans WHERE project = {project:String} GROUP BY span_id ORDER BY span_id`,
    { project },
  )

describe('reanalysis', () => {
  it('gives history the runs that today’s rules see, and keeps what was sent and when it came', async () => {
    const now = sent(0xa1, 3)
    await insertSpans(store, 'history', byOldRules(now))
    expect((await eventually('history', (found) => found.length > 0))[0]).toMatchObject({ pipeline: 'other' })
    const before = await arrivals('history')

    expect(await reanalyzeAll('history')).toBe(4)
    expect(await spansOfTraces(store, 'history', [now[0]!.traceId])).toEqual(now)
    expect(await arrivals('history')).toEqual(before.map(({ ms }) => ({ ms: ms + 1 })))
    const [run] = await eventually('history', (found) => found[0]?.pipeline === 'answer')
    expect(run?.steps.map(({ name }) => name)).toEqual(['s0', 's1', 's2'])
  }, 60_000)

  it('goes on where it was stopped, and finds nothing when all is done', async () => {
    // several minutes with some 60 spans each, and one minute with more than a batch
    await insertSpans(store, 'stopped', byOldRules([...sent(0xb1, 240), ...sent(0xb2, 10), ...sent(0xb3, 10)]))
    const many = spansOf(
      pipeline(
        'p',
        {},
        Array.from({ length: 700 }, (_, index) => step(`s${index}`)),
      ),
      { trace: 0xb4 },
    )
    await insertSpans(store, 'stopped', byOldRules(many))
    let [first, cursor] = [0, '']
    for (let batch = 0; batch < 2; batch++) {
      const { spans, next } = await reanalyze('stopped', cursor)
      first += spans
      cursor = next ?? ''
    }
    expect(first).toBeGreaterThan(0)
    // whoever was stopped has lost its place
    expect(first + (await reanalyzeAll('stopped'))).toBe(241 + 11 + 11 + 701)
    expect(await reanalyzeAll('stopped')).toBe(0)
  }, 60_000)

  it('leaves the projects of others and spans of today’s rules alone', async () => {
    const spans = sent(0xc1, 2)
    await insertSpans(store, 'mine', spans)
    await insertSpans(store, 'yours', byOldRules(spans))
    const before = await arrivals('yours')
    expect(await reanalyzeAll('mine')).toBe(0)
    expect(await arrivals('yours')).toEqual(before)
  })

  it('leaves runs alone of which spans have expired, and says of how many spans', async () => {
    const spans = byOldRules(sent(0xd1, 2))
    const at = await engineNowMs(store)
    const rows = createRunRows(at - DAY_MS)
    for (const analyzed of analyze(spans, { nowUnixNano: BigInt(at) * 1_000_000n })) rows.add('frozen', analyzed)
    await rows.flush(store)
    // late spans of a run that was analyzed a day ago, where nothing is kept for as long
    await insertSpans(store, 'frozen', spans)
    expect(await reanalyze('frozen', '', DAY_MS / 2)).toMatchObject({ spans: 0, frozenSpans: 3 })
    expect((await spansOfTraces(store, 'frozen', [spans[0]!.traceId])).map(({ rulesVersion }) => rulesVersion)).toEqual([1, 1, 1])
  })
})
