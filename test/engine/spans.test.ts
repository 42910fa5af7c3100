// Spans in and out of the real engines: the embedded one and a ClickHouse server must do the same.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type RecognizedSpan, SEAMTRACE } from '@seamtrace/schema'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { insertSpans } from '../../collector/src/store/insert-spans.fixture.ts'
import { migrate, migrationOf, readMigrations } from '../../collector/src/store/migrate.ts'
import { openStore, type Store } from '../../collector/src/store/open.ts'
import { readRows } from '../../collector/src/store/read.ts'
import { spansOfTraces } from '../../collector/src/store/read-spans.ts'
import { recognizedSpan } from '../../collector/src/store/span.fixture.ts'
import { type ClickHouseServer, startClickHouseServer } from './clickhouse-server.ts'

const byId = (a: RecognizedSpan, b: RecognizedSpan) => (a.traceId + a.spanId < b.traceId + b.spanId ? -1 : 1)
const sample = (count: number, seed: number) => [
  ...new Map(fc.sample(recognizedSpan, { numRuns: count, seed }).map((span) => [span.traceId + span.spanId, span])).values(),
]
const plain = (): RecognizedSpan => ({
  ...sample(1, 7)[0]!,
  startTimeUnixNano: 1_763_600_000_000_000_000n,
  endTimeUnixNano: 1_763_600_001_000_000_000n,
})

describe.each(['chdb', 'server'] as const)('spans in %s', (engine) => {
  let folder: string
  let server: ClickHouseServer | undefined
  let store: Store

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seamtrace-spans-'))
    server = engine === 'server' ? await startClickHouseServer() : undefined
    store = await openStore(server ? { url: server.url } : { dataDir: folder })
    await migrate(store)
  }, 60_000)
  afterAll(async () => {
    await store.close()
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('keeps spans of any content exactly', async () => {
    const spans = sample(400, 1).sort(byId)
    await insertSpans(store, 'exact', spans)
    const read = await spansOfTraces(
      store,
      'exact',
      spans.map((span) => span.traceId),
    )
    expect(read).toHaveLength(spans.length)
    const changed = read.sort(byId).filter((span, index) => !isDeepStrictEqual(span, spans[index]))
    expect(changed).toEqual([])
  }, 60_000)

  it('takes spans of more days than one block may hold', async () => {
    const spans = Array.from({ length: 250 }, (_, day) => ({
      ...plain(),
      traceId: 'd'.repeat(28) + String(day).padStart(4, '0'),
      startTimeUnixNano: BigInt(1_600_000_000 + day * 86_400) * 1_000_000_000n,
    }))
    await insertSpans(store, 'days', spans)
    expect(await readRows(store, `SELECT count() AS spans FROM spans WHERE project = 'days'`)).toEqual([{ spans: 250 }])
  }, 60_000)

  it('gives the newest copy of a span that was sent twice, once', async () => {
    const first = { ...plain(), traceId: 'a'.repeat(32), statusMessage: 'first' }
    await insertSpans(store, 'twice', [first])
    await new Promise((resolve) => setTimeout(resolve, 5))
    const second = { ...first, statusMessage: 'second' }
    await insertSpans(store, 'twice', [second])
    expect(await spansOfTraces(store, 'twice', [first.traceId])).toEqual([second])
  })

  it('reads from our own keys what older rows were not recognized by', async () => {
    const rowOf = (spanId: string, type: string): string =>
      `SELECT 'older', toFixedString(unhex('${'f'.repeat(32)}'), 16), toFixedString(unhex('${spanId}'), 8), '${type}',
        map('${SEAMTRACE.handoffFrom}', 'plan', '${SEAMTRACE.handoffTo}', 'write', '${SEAMTRACE.checkResult}', 'fail'), '[]', '[]'`
    const rows = [rowOf('a'.repeat(16), 'handoff'), rowOf('b'.repeat(16), 'check')]
    await store.client.command({
      query: `INSERT INTO spans (project, trace_id, span_id, type, attributes, events, links) ${rows.join(' UNION ALL ')}`,
    })
    const read = await spansOfTraces(store, 'older', ['f'.repeat(32)])
    expect(read.map(({ handoffFrom, handoffTo, verdict }) => [handoffFrom, handoffTo, verdict]).sort()).toEqual([
      ['', '', 'fail'],
      ['plan', 'write', ''],
    ])
  })

  it('finds trace ids that end in zero bytes', async () => {
    const span = { ...plain(), traceId: `${'e'.repeat(28)}0000` }
    await insertSpans(store, 'zeros', [span])
    expect(await spansOfTraces(store, 'zeros', [span.traceId])).toHaveLength(1)
  })

  it('keeps projects apart and knows no other traces', async () => {
    await insertSpans(store, 'mine', [{ ...plain(), traceId: 'b'.repeat(32) }])
    expect(await spansOfTraces(store, 'yours', ['b'.repeat(32)])).toEqual([])
    expect(await spansOfTraces(store, 'mine', ['c'.repeat(32), "x' OR 1=1 --"])).toEqual([])
    expect(await spansOfTraces(store, 'mine', [])).toEqual([])
  })

  it('looks only at the days in which a trace ran', async () => {
    const rows = await readRows<{ parts: number }>(
      store,
      `SELECT count() AS parts FROM system.parts WHERE table = 'spans' AND active AND database = currentDatabase()`,
    )
    expect(rows[0]?.parts).toBeGreaterThan(100)
    const query = `EXPLAIN ESTIMATE SELECT span_id FROM spans WHERE project = 'twice' AND key_time >= toDateTime(1763600000, 'UTC') AND key_time <= toDateTime(1763600000, 'UTC')`
    const plan = await (await store.client.query({ query, format: 'JSONEachRow' })).json<{ parts: string }>()
    expect(plan.reduce((sum, row) => sum + Number(row.parts), 0)).toBeLessThan(5)
  })

  it('reads within limits, and says which way out there is when a query is too big', async () => {
    await expect(readRows(store, 'SELECT number FROM numbers(1000000)', {}, { maxRows: 10 })).rejects.toThrow('narrow the time window')
    await expect(
      readRows(store, 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1', {}, { maxSeconds: 1 }),
    ).rejects.toThrow('narrow the time window')
    await expect(
      readRows(store, 'SELECT groupArray(toString(number)) FROM numbers(1000000)', {}, { maxMemoryBytes: 1024 * 1024 }),
    ).rejects.toThrow('narrow the time window')
    await expect(readRows(store, 'SELECT nothing')).rejects.toThrow(/nothing/)
  }, 60_000)

  it('takes parameters of any content and gives numbers as numbers', async () => {
    const row = { t: "'; --", n: 3, list: ["a'b", 'c'], cost: 0.5 }
    expect(
      await readRows(store, `SELECT {t:String} AS t, {n:UInt64} AS n, {list:Array(String)} AS list, toDecimal64('0.5', 12) AS cost`, {
        t: row.t,
        n: 3,
        list: row.list,
      }),
    ).toEqual([row])
  })

  it('migrates once, and never over a newer or a changed schema', async () => {
    expect(await migrate(store)).toEqual([])
    const added = migrationOf(
      '9001_added.sql',
      'CREATE TABLE IF NOT EXISTS added {on_cluster} (a UInt8) ENGINE = {engine}MergeTree ORDER BY a',
    )
    expect(await migrate(store, { migrations: [...readMigrations(), added] })).toEqual(['9001_added.sql'])
    await expect(migrate(store)).rejects.toThrow('written by a newer release')
  })
})
