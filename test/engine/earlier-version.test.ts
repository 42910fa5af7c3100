// A data folder that an earlier release wrote opens in this one: rows of the first schema are all there afterwards.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startCollector } from '../../collector/src/collector.ts'
import { migrate, readMigrations } from '../../collector/src/store/migrate.ts'
import { openStore } from '../../collector/src/store/open.ts'
import { spansOfTraces } from '../../collector/src/store/read-spans.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'seamtrace-earlier-'))
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const FIRST_SCHEMA = '0010_genai_metrics.sql'

/** As release 0.1 wrote a span: ids as hex text, resource and scope in columns of their own. */
const rowOf = (index: number) => ({
  project: 'default',
  trace_id_hex: index < 2 ? TRACE : index.toString(16).padStart(32, '7'),
  span_id_hex: (index + 1).toString(16).padStart(16, '0'),
  parent_span_id: index === 1 ? '0000000000000001' : '',
  name: `span ${index}`,
  // days apart, so that many parts have to be carried over
  start_unix_nano: String(1_763_600_000_000_000_000n + BigInt(index % 40) * 86_400_000_000_000n),
  end_unix_nano: String(1_763_600_001_000_000_000n + BigInt(index % 40) * 86_400_000_000_000n),
  attributes: { 'seamtrace.pipeline.name': 'shop' },
  attributes_typed: { count: '{"intValue":"9007199254740993"}' },
  resource: { 'service.name': 'shop', 'a"b': "it's\n" },
  resource_typed: { 'process.pid': '{"intValue":"42"}' },
  resource_schema_url: 'https://example.test/1',
  scope_name: 'scope',
  scope_version: '1.2.3',
  scope_attributes: { s: 't' },
  scope_attributes_typed: { flag: '{"boolValue":true}' },
  scope_schema_url: '',
  events: '[]',
  links: '[]',
  type: index === 0 ? 'pipeline' : 'step',
  pipeline: 'shop',
  layer: 'execution',
  layer_rule: 'default',
  outcome: 'success',
  cost_usd: '0',
  rules_version: 1,
})

const SPANS = 200

beforeAll(async () => {
  const store = await openStore({ dataDir })
  const migrations = readMigrations()
  await migrate(store, { migrations: migrations.slice(0, migrations.findIndex(({ name }) => name === FIRST_SCHEMA) + 1) })
  const rows = Array.from({ length: SPANS }, (_, index) => rowOf(index))
  const columns = Object.keys(rowOf(0)) as [string, ...string[]]
  await store.client.insert({ table: 'spans', columns, values: rows, format: 'JSONEachRow' })
  await store.close()
})
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

it('opens, carries every span over as it was, notes its schema, and analyzes as before', async () => {
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const collector = await startCollector({ host: '127.0.0.1', port: 0, otlpHttpPort: 0, otlpGrpcPort: 0, dataDir }, log)
  const api = `http://127.0.0.1:${collector.ports.api}/api/v1`
  const stored = async () => ((await (await fetch(`${api}/ingest`)).json()) as { storedSpans: number; storedRuns: number }).storedSpans
  expect(await stored()).toBe(SPANS)
  const runs = () => fetch(`${api}/runs?from=2025-01-01T00:00:00Z&to=2027-01-01T00:00:00Z&pipeline=shop`).then((answer) => answer.json())
  await expect.poll(async () => ((await runs()) as { items: { runId: string }[] }).items.length, { timeout: 60_000 }).toBeGreaterThan(0)
  await collector.close()

  expect(JSON.parse(readFileSync(join(dataDir, 'seamtrace.json'), 'utf8'))).toMatchObject({
    engine: 'chdb',
    schemaVersion: readMigrations().at(-1)?.name,
  })
  const store = await openStore({ dataDir })
  const spans = await spansOfTraces(store, 'default', [TRACE])
  await store.close()
  expect(spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId])).toEqual([
    ['0000000000000001', ''],
    ['0000000000000002', '0000000000000001'],
  ])
  expect(spans[0]).toMatchObject({
    attributes: new Map<string, string | bigint>([
      ['seamtrace.pipeline.name', 'shop'],
      ['count', 9_007_199_254_740_993n],
    ]),
    resource: new Map<string, string | bigint>([
      ['service.name', 'shop'],
      ['a"b', "it's\n"],
      ['process.pid', 42n],
    ]),
    resourceSchemaUrl: 'https://example.test/1',
    scopeName: 'scope',
    scopeVersion: '1.2.3',
    scopeAttributes: new Map<string, string | boolean>([
      ['s', 't'],
      ['flag', true],
    ]),
  })
}, 60_000)
