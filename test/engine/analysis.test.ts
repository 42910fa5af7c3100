// What the analysis reads and writes, through the real engines: Native rows, lean spans, touches, and the rows of runs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AttributeValue, GEN_AI, type RecognizedSpan, type Run, SEAMTRACE } from '@seamtrace/schema'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyze } from '../../collector/src/analyze/analyze.ts'
import { ANALYZED_KEYS, analyzedAttributes } from '../../collector/src/analyze/analyzed-keys.ts'
import { failing, handoff, model, pipeline, spansOf, step, tool } from '../../collector/src/analyze/spans.fixture.ts'
import { createSchedule, dueTraces, noteDerived } from '../../collector/src/derive/schedule.ts'
import { createWatch, lookAtTouches, throughOf } from '../../collector/src/derive/touch-watch.ts'
import { insertSpans } from '../../collector/src/store/insert-spans.fixture.ts'
import { migrate } from '../../collector/src/store/migrate.ts'
import * as native from '../../collector/src/store/native.ts'
import { openStore, type Store } from '../../collector/src/store/open.ts'
import { readBlocks, readRows } from '../../collector/src/store/read.ts'
import { readLeanTraces } from '../../collector/src/store/read-lean-traces.ts'
import { spansOfTraces } from '../../collector/src/store/read-spans.ts'
import { runOfDetail } from '../../collector/src/store/run-detail.ts'
import { createRunRows } from '../../collector/src/store/runs.ts'
import { runsOfSessions, type SessionRef } from '../../collector/src/store/runs-of-sessions.ts'
import { storedRuns, tracesOfRuns } from '../../collector/src/store/runs-of-traces.ts'
import { recognizedSpan } from '../../collector/src/store/span.fixture.ts'
import { engineNowMs, rangesOfTraces, readProgress, writeProgress } from '../../collector/src/store/touched-traces.ts'
import { MOST_TRACE_IDS } from '../../collector/src/store/trace-ids.ts'
import { type ClickHouseServer, startClickHouseServer } from './clickhouse-server.ts'

const byId = (a: RecognizedSpan, b: RecognizedSpan) => (a.traceId + a.spanId < b.traceId + b.spanId ? -1 : 1)
const sample = (count: number, seed: number) => [
  ...new Map(fc.sample(recognizedSpan, { numRuns: count, seed }).map((span) => [span.traceId + span.spanId, span])).values(),
]
const plenty = () => ({ spans: 1_000_000, bytes: 2 ** 30 })

const leanLinks = ({ type, links }: RecognizedSpan): RecognizedSpan['links'] =>
  type === 'step' || type === 'agent'
    ? links.map((link) => ({ ...link, traceState: '', flags: 0, attributes: new Map(), droppedAttributesCount: 0 }))
    : []

/** A span as the analysis has it: without what it does not look at. */
const lean = (span: RecognizedSpan): RecognizedSpan => ({
  ...span,
  ...{ traceState: '', kind: 0, statusMessage: '', events: [], links: leanLinks(span) },
  ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  ...{ resource: new Map(), resourceSchemaUrl: '', scopeName: '', scopeVersion: '', scopeAttributes: new Map(), scopeSchemaUrl: '' },
  attributes: analyzedAttributes(span.attributes),
})

const stateAttributes = (size: number): [string, AttributeValue][] => [
  [SEAMTRACE.stateSize, BigInt(size)],
  [SEAMTRACE.stateKeys, ['a', 'b']],
]

describe.each(['chdb', 'server'] as const)('the analysis on %s', (engine) => {
  let folder: string
  let server: ClickHouseServer | undefined
  let store: Store

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seamtrace-analysis-'))
    server = engine === 'server' ? await startClickHouseServer() : undefined
    store = await openStore(server ? { url: server.url } : { dataDir: folder })
    await migrate(store)
  }, 60_000)
  afterAll(async () => {
    await store.close()
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const insert = (project: string, spans: readonly RecognizedSpan[]) => insertSpans(store, project, spans)
  const readLean = async (project: string, traceIds: readonly string[], budget = plenty()) => {
    const refs = [...new Set(traceIds)].map((traceId) => ({ project, traceId }))
    return readLeanTraces(store, (await rangesOfTraces(store, refs)).ranges, ANALYZED_KEYS, budget)
  }

  it('asks for as many traces and runs at once as a batch may have', async () => {
    const refs = Array.from({ length: MOST_TRACE_IDS }, (_, index) => ({ project: 'many', traceId: index.toString(16).padStart(32, '0') }))
    expect((await rangesOfTraces(store, refs)).ranges).toEqual([])
    const own = refs.map(({ project, traceId }) => ({ project, runId: `order '${traceId}'` }))
    expect(await storedRuns(store, refs, own, 0)).toEqual([])
    const sessions = refs.map(({ project, traceId }) => ({ project, sessionId: `chat '${traceId}'` }))
    expect(await runsOfSessions(store, sessions, sessions, 0)).toEqual([])
  })

  describe('rows in Native format', () => {
    const columns = {
      n: native.uint64,
      s: native.text,
      low: native.lowText,
      h: native.hex(4),
      u8: native.uint8,
      u16: native.uint16,
      u32: native.uint32,
      c: native.count,
      at: native.millis,
      d: native.decimal(18, 12),
      list: native.textList,
      map: native.textMap,
    }
    // long ones have a length of two bytes; some are no ASCII
    const sqlOf = (rows: number, kinds: number) => `
      SELECT toUInt64(18446744073709551615 - number) AS n,
        multiIf(number % 5 = 0, '', number % 5 = 1, repeat('x', 200), number % 7 = 0, 'å🧵\n', toString(number)) AS s,
        toLowCardinality(concat('k', toString(number % ${kinds}))) AS low,
        toFixedString(unhex(leftPad(hex(number), 8, '0')), 4) AS h,
        toUInt8(number % 256) AS u8, toUInt16(number % 65536) AS u16, toUInt32(4294967295 - number) AS u32,
        toUInt64(number * 4294967296) AS c, toUnixTimestamp64Milli(fromUnixTimestamp64Milli(1763600000000 + toInt64(number))) AS at,
        CAST(if(number % 3 = 0, NULL, toDecimal64(number, 12) / 1000000), 'Nullable(Decimal(18, 12))') AS d,
        arrayMap(i -> toString(i), range(number % 4)) AS list,
        CAST(if(number % 4 = 0, map(), map('a', toString(number), '__proto__', 'å')), 'Map(LowCardinality(String), String)') AS map
      FROM numbers(${rows})`

    it.each([
      [0, 1],
      [1, 1],
      [1_000, 300],
      [70_000, 70_000],
    ])('are what JSON tells: %i rows, %i texts', async (rows, kinds) => {
      const query = sqlOf(rows, kinds)
      const blocks = await readBlocks(store, columns, query, {}, { maxRows: 100_000 })
      const found = blocks.flatMap(({ rows: count, columns: of }) =>
        Array.from({ length: count }, (_, row) => ({
          n: String(of.n(row)),
          s: of.s(row),
          low: of.low(row),
          h: of.h(row),
          small: [of.u8(row), of.u16(row), of.u32(row), of.c(row), of.at(row)],
          d: of.d(row) === null ? null : String(of.d(row)),
          list: of.list(row),
          map: [...(of.map(row) ?? [])].sort(),
        })),
      )
      const told = await readRows<Record<string, unknown>>(
        store,
        `SELECT toString(n) AS n, s, low, lower(hex(h)) AS h, [u8, u16, u32, c, at] AS small, toString(reinterpretAsInt64(d)) AS d, list,
          arraySort(arrayZip(mapKeys(map), mapValues(map))) AS map FROM (${query})`,
        {},
        { maxRows: 100_000 },
      )
      expect(found).toHaveLength(rows)
      const order = (a: { n?: unknown }, b: { n?: unknown }) => (String(a.n) < String(b.n) ? -1 : 1)
      expect(found.sort(order)).toEqual(told.sort(order))
    })

    it('are refused when they are others, cut off, or an error in words', async () => {
      const { stream } = await store.client.exec({ query: "SELECT 'abc' AS s, toUInt8(number) AS u8 FROM numbers(3) FORMAT Native" })
      const bytes = Buffer.concat(await stream.toArray())
      const read = (from: Buffer) => [...native.readNative(from, { s: native.text, u8: native.uint8 })].map(({ rows }) => rows)
      expect(read(bytes)).toEqual([3])
      for (let length = 1; length < bytes.length; length++) expect(() => read(bytes.subarray(0, length))).toThrow(/cannot read rows/)
      expect(() => [...native.readNative(bytes, { s: native.text, other: native.uint8 })]).toThrow(
        'a column u8 of UInt8, not other of UInt8',
      )
      expect(() => read(Buffer.from('Code: 241. DB::Exception: Memory limit exceeded'))).toThrow(/cannot read rows/)
    })
  })

  describe('lean spans', () => {
    it('are the whole spans without what the analysis does not look at', async () => {
      const spans = sample(300, 5).map((span, index) => ({
        ...span,
        attributes: new Map<string, AttributeValue>([
          ...span.attributes,
          [GEN_AI.requestModel, 'gpt-🧵'],
          ...(index % 2 ? stateAttributes(index) : []),
          // of 500 bytes and of 504
          ['input.value', '🧵'.repeat(index % 3 ? 125 : 126)],
          ['gen_ai.prompt', BigInt(index)],
        ]),
      }))
      await insert('lean', spans)
      const traceIds = spans.map(({ traceId }) => traceId)
      const whole = await spansOfTraces(store, 'lean', traceIds)
      const found = (await readLean('lean', traceIds)).flatMap((trace) => trace.spans())
      expect(found.sort(byId)).toEqual(whole.sort(byId).map(lean))
    })

    it('are the newest copies, of this project', async () => {
      const [span] = spansOf(pipeline('p', {}, [])) as [RecognizedSpan]
      await insert('twice', [{ ...span, step: 'old' }])
      await insert('other', [{ ...span, step: 'of another project' }])
      await new Promise((resolve) => setTimeout(resolve, 5))
      await insert('twice', [{ ...span, step: 'new' }])
      const found = await readLean('twice', [span.traceId])
      expect(found.map((trace) => [trace.project, trace.spans().map(({ step: of }) => of)])).toEqual([['twice', ['new']]])
    })

    it('come in pages where one trace is more than an answer holds, and within the budget', async () => {
      const traceId = 'ab'.repeat(16)
      await store.client.command({
        query: `INSERT INTO spans (project, trace_id, span_id, start_unix_nano, name, error_message)
          SELECT 'large', unhex('${traceId}'), unhex(leftPad(hex(number + 1), 16, '0')), 1763600000000000000 + number, 'n', if(number < 100000, repeat('x', 700), '')
          FROM numbers(160000)`,
      })
      const [trace] = await readLean('large', [traceId])
      expect(trace?.spanCount).toBe(160_000)
      await expect(readLean('large', [traceId], { spans: 20_000, bytes: 2 ** 30 })).rejects.toMatchObject({ code: 'too_large' })
      await expect(readLean('large', [traceId], { spans: 160_000, bytes: 2 ** 20 })).rejects.toMatchObject({ code: 'too_large' })
    }, 60_000)
  })

  describe('runs', () => {
    const timeout = failing('TimeoutError', 'timed out')
    const runIn = (trace: number, extra = {}) =>
      analyze(
        spansOf(
          pipeline('refund', { ...timeout, ...extra }, [
            step('a', {}, [model(), handoff('h', 'a', 'b')]),
            step('b', timeout, [tool('t', timeout)]),
          ]),
          { trace },
        ),
      )[0]!

    it('have every column that lists and sums are made of', async () => {
      const analyzed = runIn(0x51)
      const rows = createRunRows(1_763_600_000_000)
      rows.add('runs', { ...analyzed, costPico: 10n ** 30n, wastedPico: -1n, attributedMessage: 'cut \ud83d' })
      await rows.flush(store)
      const [row] = await readRows<Record<string, unknown>>(store, `SELECT * FROM runs FINAL WHERE project = 'runs'`)
      expect(row).toMatchObject({
        run_id: analyzed.run.runId,
        trace_ids: analyzed.run.traceIds,
        pipeline: 'refund',
        environment: 'default',
        service: 'test',
        outcome: 'failure',
        recovered: false,
        duration_ms: analyzed.run.durationMs,
        input_tokens: 1000,
        output_tokens: 100,
        cost_usd: 1_000_000,
        wasted_usd: 0,
        n_steps: 2,
        n_retries: 0,
        attributed_seam: 'b→t',
        attributed_seam_kind: 'tool',
        attributed_gap: 'tool',
        attributed_certain: true,
        attributed_message: 'cut \ufffd',
        first_loss_step: 'b',
        path: ['a', 'b'],
        'steps.name': ['a', 'b'],
        'steps.operations': [1, 1],
        'steps.failed': [0, 1],
        'steps.first_try': [1, 0],
        'seams.seam': analyzed.crossings.map(({ seam }) => seam),
        'seams.source': analyzed.crossings.map(({ from }) => from),
        'seams.crossings': analyzed.crossings.map(({ crossings }) => crossings),
        layer_operations: Object.fromEntries(analyzed.layerOperations),
        story: analyzed.run.story,
        version: 1_763_600_000_000,
        is_deleted: 0,
      })
      expect(String(row?.end_time)).toBe(
        new Date(Number(analyzed.endUnixNano / 1_000_000n)).toISOString().replace('T', ' ').replace('Z', '000000'),
      )
      expect(runOfDetail(String(row?.detail))).toEqual(analyzed.run)
    })

    it('are found by their traces until they are taken away', async () => {
      const [mine, own] = [runIn(0x52), runIn(0x53, { attributes: { [SEAMTRACE.runId]: 'order 7' } })]
      const [first, second] = [mine.run.traceIds[0]!, own.run.traceIds[0]!]
      const find = async (traceIds: string[], runIds: string[], since = 0) => {
        const found = await storedRuns(
          store,
          traceIds.map((traceId) => ({ project: 'found', traceId })),
          runIds.map((runId) => ({ project: 'found', runId })),
          since,
        )
        return found.map(({ runId }) => runId)
      }
      const rows = createRunRows(Date.now())
      for (const run of [mine, own, runIn(0x54)]) rows.add('found', run)
      rows.add('elsewhere', mine)
      await rows.flush(store)
      expect(await find([second, first], [])).toEqual([mine.run.runId])
      expect((await find([first, second], ['order 7', 'unknown'])).sort()).toEqual([mine.run.runId, 'order 7'].sort())
      expect(await find([first], [], 4_000_000_000)).toEqual([])
      const later = createRunRows(Date.now() + 1)
      later.remove({ project: 'found', runId: mine.run.runId })
      await later.flush(store)
      expect(await find([first], [])).toEqual([])
      expect(
        await readRows(store, `SELECT run_id FROM runs FINAL WHERE project = 'found' AND run_id = {id:String}`, { id: mine.run.runId }),
      ).toEqual([])
    })

    it('of a session are found where they wait, and all of them where a trace at hand waits', async () => {
      const session = { project: 'talks', sessionId: "it's \\ 9" }
      const of = (trace: number, outcome: Run['outcome']) => {
        const analyzed = runIn(trace)
        return { ...analyzed, run: { ...analyzed.run, outcome, sessionId: session.sessionId } }
      }
      const [waiting, done] = [of(0x71, 'waiting'), of(0x72, 'success')]
      const rows = createRunRows(Date.now())
      for (const run of [waiting, done]) rows.add('talks', run)
      await rows.flush(store)
      const find = async (atHand: SessionRef[], since = 0) =>
        (await runsOfSessions(store, [session], atHand, since)).map(({ runId, traceIds }) => [runId, traceIds.length])
      expect(await find([])).toEqual([[waiting.run.runId, 1]])
      expect(new Set((await find([session])).map(([runId]) => runId))).toEqual(new Set([waiting.run.runId, done.run.runId]))
      expect(await find([session], 4_000_000_000)).toEqual([])
      const gone = createRunRows(Date.now() + 1)
      gone.remove({ project: 'talks', runId: waiting.run.runId })
      await gone.flush(store)
      expect(await find([])).toEqual([])
    })

    it('tell the traces they are spread over', async () => {
      const attributes = { [SEAMTRACE.runId]: "it's \\ 8" }
      for (const trace of [0x61, 0x62]) await insert('spread', spansOf(pipeline('p', { attributes }, []), { trace }))
      await insert('spread 2', spansOf(pipeline('p', { attributes }, []), { trace: 0x63 }))
      const found = await tracesOfRuns(store, [
        { project: 'spread', runId: "it's \\ 8" },
        { project: 'spread 2', runId: 'other' },
      ])
      expect(found.map(({ project, traceId }) => [project, traceId.slice(-2)]).sort()).toEqual([
        ['spread', '61'],
        ['spread', '62'],
      ])
    })
  })

  describe('touched traces', () => {
    const traceId = (index: number) => index.toString(16).padStart(32, '0')
    const touch = (values: [index: number, atMs: number][]) =>
      store.client.insert({
        table: 'trace_touch',
        values: values.map(([index, atMs]) => ({
          project: 'touch',
          trace_id: Buffer.from(traceId(index), 'hex').toString('latin1'),
          first_key_time: 0,
          last_key_time: 0,
          touched_at: (atMs / 1000).toFixed(3),
          touches: 1,
        })),
        format: 'JSONEachRow',
      })
    const indexes = (found: { traceId: string }[]) => found.map((trace) => Number.parseInt(trace.traceId, 16)).sort((a, b) => a - b)

    beforeAll(() => store.client.command({ query: 'TRUNCATE TABLE trace_touch' }))

    it('are noted bit by bit over a long backlog, with what came late', async () => {
      const nowMs = await engineNowMs(store)
      const day = 86_400_000
      await touch([
        [1, nowMs - 20 * day],
        [2, nowMs - 20 * day + 30_000],
        [3, nowMs - 2 * day],
        [4, nowMs - 5_000],
        [5, nowMs - 5_000],
      ])
      const [schedule, watch] = [createSchedule(), createWatch(0)]
      let looks = 1
      while (await lookAtTouches(store, watch, schedule, nowMs)) looks++
      expect(looks).toBeGreaterThan(2)
      expect(indexes(dueTraces(schedule, nowMs))).toEqual([1, 2, 3, 4, 5])
      noteDerived(schedule, dueTraces(schedule, nowMs), nowMs)
      expect(throughOf(watch, schedule, nowMs)).toBe(nowMs - 1_000)

      // one that is new, and one that was stamped before but is visible only now
      await touch([[6, nowMs + 500]])
      await lookAtTouches(store, watch, schedule, nowMs + 2_000)
      expect(indexes(dueTraces(schedule, nowMs + 2_000))).toEqual([6])
      noteDerived(schedule, dueTraces(schedule, nowMs + 2_000), nowMs + 2_000)
      await touch([[4, nowMs - 8_000]])
      await lookAtTouches(store, watch, schedule, nowMs + 20_000)
      expect(indexes(dueTraces(schedule, nowMs + 20_000))).toEqual([4])
    })

    it('are not more at a time than may wait, and none is passed over', async () => {
      const nowMs = await engineNowMs(store)
      const own = Array.from({ length: 40 }, (_, index) => 80 + index)
      // as many as this at one moment
      await touch(own.map((index) => [index, nowMs - 4_000]))
      const [schedule, watch] = [createSchedule(), createWatch(nowMs - 3_000, { dirty: 12, page: 5 })]
      const seen: number[] = []
      for (let look = 0; look < 20; look++) {
        const more = await lookAtTouches(store, watch, schedule, nowMs)
        const due = dueTraces(schedule, nowMs)
        expect(due.length).toBeLessThan(12 + 5)
        seen.push(...indexes(due))
        noteDerived(schedule, due, nowMs)
        if (!more) break
      }
      expect([...new Set(seen)].filter((index) => index >= 80).sort((a, b) => a - b)).toEqual(own)
      expect(watch.wasCut).toBe(false)
    })

    it('remember how far the analysis has come', async () => {
      await writeProgress(store, 1_763_600_000_123)
      expect(await readProgress(store)).toBe(1_763_600_000_123)
      await writeProgress(store, 5_000)
      expect(await readProgress(store)).toBe(1_763_600_000_123)
    })
  })
})
