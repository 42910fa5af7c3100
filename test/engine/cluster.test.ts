// Two servers as two shards, a collector at each: nothing is lost or doubled, and every run is what one node makes of it.
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RecognizedSpan, type Run, SEAMTRACE } from '@seamtrace/schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  attempt,
  check,
  type Draft,
  failing,
  handoff,
  model,
  pipeline,
  retry,
  spansOf,
  step,
  tool,
} from '../../collector/src/analyze/spans.fixture.ts'
import { type Collector, startCollector, urlOf } from '../../collector/src/collector.ts'
import { spansToProtobuf } from '../../collector/src/decode/otlp.fixture.ts'
import { insertSpans } from '../../collector/src/store/insert-spans.fixture.ts'
import { migrate, migrationOf, readMigrations } from '../../collector/src/store/migrate.ts'
import type { ClusterStore } from '../../collector/src/store/migrate-cluster.ts'
import { openStore } from '../../collector/src/store/open.ts'
import { isOutage, refusesRows } from '../../collector/src/store/outage.ts'
import { readRows } from '../../collector/src/store/read.ts'
import { tracesOfRuns } from '../../collector/src/store/runs-of-traces.ts'
import { CLUSTER, startTestCluster, type TestCluster } from './cluster.fixture.ts'

let cluster: TestCluster
let nodes: [ClusterStore, ClusterStore]

beforeAll(async () => {
  cluster = await startTestCluster()
  nodes = await cluster.open()
  await migrate(nodes[0], { nodes })
})
afterAll(() => cluster.close())

const traceIdOf = (name: string): string => hash('md5', name)
const withTrace = (spans: readonly RecognizedSpan[], traceId: string): RecognizedSpan[] => spans.map((span) => ({ ...span, traceId }))

/** The shard of each trace, 0 or 1, by the rule of the Distributed tables. */
const shardsOf = async (traceIds: readonly string[]): Promise<number[]> => {
  const rows = await readRows<{ shard: number }>(
    nodes[0],
    'SELECT cityHash64(toFixedString(unhex(arrayJoin({traceIds:Array(String)})), 16)) % 2 AS shard',
    { traceIds },
  )
  return rows.map(({ shard }) => shard)
}

/** Rows of every table whose key lies on more than one shard: FINAL would count them twice. */
const keysOnTwoShards = async (store: ClusterStore): Promise<string[]> => {
  const tables = await readRows<{ name: string; key: string }>(
    store,
    `SELECT name, sorting_key AS key FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree'`,
    { database: store.cluster.localDatabase },
  )
  const found = await Promise.all(
    tables.map(async ({ name, key }) => {
      const [row] = await readRows<{ keys: number }>(
        store,
        `SELECT count() AS keys FROM (SELECT 1 FROM ${name} GROUP BY ${key.replace(/^\((.*)\)$/, '$1')} HAVING uniqExact(_shard_num) > 1)`,
      )
      return (row?.keys ?? 0) > 0 ? [name] : []
    }),
  )
  return found.flat()
}

describe('migrations of a cluster', () => {
  // spans, trace_touch with its view, run_traces with its view: enough to see what becomes of tables and views
  const migrations = readMigrations().slice(0, 5)

  it('are applied on every node, once, and the second collector finds nothing to do', async () => {
    expect(await migrate(nodes[1])).toEqual([])
    for (const { cluster: at } of nodes) {
      const answer = await at.local.query({
        query: `SELECT countIf(engine LIKE '%MergeTree') AS locals, countIf(engine = 'Distributed') AS spread FROM system.tables WHERE database IN ('${at.database}', '${at.localDatabase}')`,
        format: 'JSONEachRow',
      })
      const [{ locals = 0, spread = -1 } = {}] = await answer.json<{ locals: number; spread: number }>()
      expect(spread).toBe(locals)
    }
  })

  it('are finished by running again when they were cut off between two nodes', async () => {
    const [first, second] = await cluster.open('cut_off')
    const cutAfter = (statements: number): ClusterStore => {
      let left = statements
      const local = Object.assign(Object.create(second.cluster.local), {
        command: (asked: { query: string }) => (left-- > 0 ? second.cluster.local.command(asked) : Promise.reject(new Error('cut off'))),
      }) as ClusterStore['cluster']['local']
      return { ...second, cluster: { ...second.cluster, local } }
    }
    await expect(migrate(first, { migrations, nodes: [first, cutAfter(0)] })).rejects.toThrow('cut off')
    await expect(migrate(first, { migrations, nodes: [first, cutAfter(3)] })).rejects.toThrow('cannot apply 0003')
    const names = migrations.map(({ name }) => name)
    expect(await migrate(second, { migrations, nodes: [first, second] })).toEqual(names.slice(2))
    expect(await migrate(first, { migrations })).toEqual([])
  })

  it('bring a changed table to every node and to its Distributed table, and move rows once over all shards', async () => {
    const [first, second] = await cluster.open('changed')
    const more = [
      migrationOf(
        '9001_added.sql',
        'CREATE TABLE IF NOT EXISTS added {on_cluster} (id UInt32, b String) ENGINE = {engine}MergeTree ORDER BY id',
      ),
      migrationOf('9002_filled.sql', `INSERT INTO added SELECT number, 'x' FROM numbers(100)`),
      migrationOf('9003_column.sql', `ALTER TABLE added {on_cluster} ADD COLUMN IF NOT EXISTS c String DEFAULT 'c'`),
      migrationOf('9004_renamed.sql', 'RENAME TABLE added TO kept {on_cluster}'),
    ]
    await migrate(first, { nodes: [first, second], migrations: more })
    expect(
      await readRows(second, 'SELECT count() AS rows, uniqExact(id) AS ids, any(c) AS c, uniqExact(_shard_num) AS shards FROM kept'),
    ).toEqual([{ rows: 100, ids: 100, c: 'c', shards: 2 }])
    await expect(readRows(second, 'SELECT 1 FROM added')).rejects.toThrow(/added/)
  })

  it('are refused where rows would be lost from sight or counted twice', async () => {
    const [url] = cluster.urls
    await expect(migrate(await openStore({ url }))).rejects.toThrow('it is spread over a cluster; name that in CLICKHOUSE_CLUSTER')
    await expect(migrate(await openStore({ url, cluster: 'nowhere' }))).rejects.toThrow(/cannot use cluster nowhere: .*not found/)

    const [first, second] = await cluster.open('moved')
    await first.client.command({ query: 'CREATE DATABASE IF NOT EXISTS alone' })
    const alone = await openStore({ url: `${url}/alone` })
    await migrate(alone, { migrations })
    const aloneInCluster = await cluster.open('alone')
    await expect(migrate(aloneInCluster[0], { migrations, nodes: aloneInCluster })).rejects.toThrow(
      'database alone has a table schema_migrations of its own',
    )
    expect(await migrate(alone, { migrations })).toEqual([])
    await alone.close()

    await first.client.command({ query: 'CREATE TABLE of_somebody_else (a UInt8) ENGINE = Memory' })
    await migrate(first, { migrations, nodes: [first, second] })
    await second.cluster.local.command({ query: 'DROP TABLE trace_touch_mv SYNC' })
    await expect(migrate(first, { migrations })).rejects.toThrow(/has no table moved_local.trace_touch_mv like that of/)
    await first.client.insert({
      table: 'schema_migrations',
      columns: ['name', 'checksum'],
      values: [{ name: 'shards', checksum: '[(1,1)]' }],
      format: 'JSONEachRow',
    })
    await expect(migrate(first, { migrations })).rejects.toThrow(
      'it is spread over the shards (number, weight) [(1,1)], and cluster pair now has [(1,1),(2,1)]',
    )
  })
})

describe('a block of spans', () => {
  it('is stored when the insert is answered, and sent again through the other node it lies where it lay', async () => {
    const [first, second] = await cluster.open('again')
    await migrate(first, { nodes: [first, second] })
    const spans = Array.from({ length: 200 }, (_, index) =>
      withTrace(spansOf(pipeline('p', {}, [step('a')])), traceIdOf(`again ${index}`)),
    ).flat()
    const count = () =>
      readRows(
        first,
        `SELECT _shard_num AS shard, count() AS spans, uniqExact(trace_id) AS traces FROM spans FINAL GROUP BY shard ORDER BY shard`,
      )
    await insertSpans(first, 'default', spans)
    const before = await count()
    expect(before).toHaveLength(2)
    await insertSpans(second, 'default', spans)
    expect(await count()).toEqual(before)
    expect(await readRows(first, 'SELECT count() AS spans FROM spans FINAL')).toEqual([{ spans: spans.length }])
    expect(await keysOnTwoShards(first)).toEqual([])
  })
})

describe('two collectors', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-cluster-'))
  const started: Collector[] = []
  const warnings: unknown[] = []
  const log = {
    info: () => {},
    warn: (...said: unknown[]) => void warnings.push(said),
    error: (...said: unknown[]) => void warnings.push(said),
  }

  const startOne = async (name: string, place: { clickhouseUrl?: string; clickhouseCluster?: string } = {}): Promise<Api> => {
    const dataDir = join(folder, name)
    const collector = await startCollector({ host: '127.0.0.1', port: 0, otlpHttpPort: 0, otlpGrpcPort: 0, dataDir, ...place }, log)
    started.push(collector)
    const api = urlOf('127.0.0.1', collector.ports.api)
    return {
      send: async (spans) => {
        const url = `${urlOf('127.0.0.1', collector.ports.otlpHttp)}/v1/traces`
        const answer = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/x-protobuf' },
          body: Uint8Array.from(spansToProtobuf(spans)),
        })
        expect(answer.status).toBe(200)
      },
      get: async (path) => (await fetch(`${api}/api/v1${path}`)).json(),
    }
  }
  type Api = { send(spans: readonly RecognizedSpan[]): Promise<void>; get(path: string): Promise<unknown> }
  type Stored = { storedSpans: number; storedRuns: number; pendingTraces: number }

  afterAll(async () => {
    for (const collector of started) await collector.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('lose nothing, double nothing, and make of every run what one node makes of it', { timeout: 90_000 }, async () => {
    const traces = await program()
    const spans = traces.flat()
    const runIds = [...new Set(traces.flatMap(([root]) => (root ? [root.runId || `${root.traceId}-${root.spanId}`] : [])))]

    const alone = await startOne('alone')
    await alone.send(spans)
    const expected = await settled(alone, runIds, spans.length)

    const pair = await Promise.all(
      cluster.urls.map((clickhouseUrl, shard) => startOne(`at-${shard}`, { clickhouseUrl, clickhouseCluster: CLUSTER })),
    )
    const [first, second] = pair
    if (!first || !second) throw new Error('cannot start two collectors')
    // the spans of a trace alternate, the last ones first, and every third comes to the other one as well
    const turns = spans.toReversed().map((span, index) => ({ span, to: index % 2 === 0 ? first : second, also: index % 3 === 0 }))
    for (let at = 0; at < turns.length; at += 24) {
      const part = turns.slice(at, at + 24)
      await Promise.all([first, second].map((to) => to.send(part.filter((turn) => turn.to === to || turn.also).map(({ span }) => span))))
    }

    for (const api of pair) {
      await expect.poll(() => settled(api, runIds, spans.length), { timeout: 40_000, interval: 500 }).toEqual(expected)
      await expect
        .poll(() => api.get('/ingest') as Promise<Stored>, { timeout: 10_000 })
        .toMatchObject({ storedSpans: spans.length, storedRuns: runIds.length, pendingTraces: 0 })
    }
    expect(await readRows(nodes[1], 'SELECT count() AS rows, uniqExact(trace_id, span_id) AS spans FROM spans FINAL')).toEqual([
      { rows: spans.length, spans: spans.length },
    ])
    expect(await readRows(nodes[0], 'SELECT count() AS rows, uniqExact(run_id) AS runs FROM runs FINAL')).toEqual([
      { rows: runIds.length, runs: runIds.length },
    ])
    expect(await keysOnTwoShards(nodes[0])).toEqual([])
    expect(warnings).toEqual([])
  })

  const settled = async (api: Api, runIds: readonly string[], spans: number): Promise<Run[]> => {
    const bound = Date.now() + 40_000
    for (;;) {
      const { storedSpans, storedRuns, pendingTraces } = (await api.get('/ingest')) as Stored
      if ((storedSpans === spans && storedRuns >= runIds.length && pendingTraces === 0) || Date.now() > bound) break
      await new Promise((wake) => setTimeout(wake, 200))
    }
    return Promise.all(runIds.map((runId) => api.get(`/runs/${encodeURIComponent(runId)}`) as Promise<Run>))
  }
})

/** Traces of every kind of run, among them runs that began on one shard and went on on the other. */
const program = async (): Promise<RecognizedSpan[][]> => {
  const timeout = failing('TimeoutError', 'timed out')
  const kinds: Draft[] = [
    pipeline('refund', {}, [step('classify', {}, [model()]), step('refund', {}, [tool('bank')]), check('policy')]),
    pipeline('refund', timeout, [step('classify', {}, [model()]), step('refund', timeout, [tool('bank', timeout)])]),
    pipeline('refund', {}, [step('classify'), step('refund', {}, [retry('bank', {}, [attempt(1, timeout), attempt(2)])])]),
    pipeline('brief', {}, [step('retrieve'), handoff('h1', 'retrieve', 'write'), step('write', {}, [model()])]),
  ]
  const singles = Array.from({ length: 24 }, (_, index) =>
    withTrace(spansOf(kinds[index % kinds.length] ?? pipeline('none'), { startMs: index * 1000 }), traceIdOf(`single ${index}`)),
  )
  const candidates = Array.from({ length: 60 }, (_, index) => traceIdOf(`part ${index}`))
  const shards = await shardsOf(candidates)
  const [here, there] = [0, 1].map((shard) => candidates.filter((_, index) => shards[index] === shard)) as [string[], string[]]
  const joined = Array.from({ length: 6 }, (_, index) => {
    const attributes = { [SEAMTRACE.runId]: `order-${index}` }
    const asks = { attributes: { ...attributes, [SEAMTRACE.outcome]: 'waiting' } }
    return [
      withTrace(spansOf(pipeline('approve', asks, [step('ask', { attributes: { [SEAMTRACE.outcome]: 'waiting' } })])), here[index] ?? ''),
      withTrace(spansOf(pipeline('approve', { attributes }, [step('ask'), step('act')]), { startMs: 5000 }), there[index] ?? ''),
    ]
  }).flat()
  return [...singles, ...joined]
}

describe('a run whose traces lie on two shards', () => {
  it('is found whole from either of them', async () => {
    const [row] = await readRows<{ traces: string[]; shards: number }>(
      nodes[0],
      `SELECT groupUniqArray(lower(hex(trace_id))) AS traces, uniqExact(_shard_num) AS shards FROM run_traces WHERE run_id = 'order-3'`,
    )
    expect(row?.shards).toBe(2)
    for (const store of nodes) {
      const found = await tracesOfRuns(store, [{ project: 'default', runId: 'order-3' }])
      expect(found.map(({ traceId }) => traceId).sort()).toEqual(row?.traces.sort())
    }
  })
})

describe('a cluster with a shard away', () => {
  it('takes nothing and answers nothing in part, and says that it will pass', async () => {
    const [first] = nodes
    await cluster.stopServer(1)
    const spans = Array.from({ length: 20 }, (_, index) => withTrace(spansOf(pipeline('p')), traceIdOf(`away ${index}`))).flat()
    const refused = await insertSpans(first, 'default', spans).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(refused).toBeInstanceOf(Error)
    expect([isOutage(refused), refusesRows(refused)]).toEqual([true, false])
    await expect(readRows(first, 'SELECT count() AS spans FROM spans')).rejects.toMatchObject({ code: 'unavailable' })
  })
})
