// One process that does everything, or two that share a server: the answers are the same.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RecognizedSpan, SEAMTRACE } from '@seamtrace/schema'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { failing, pipeline, spansOf, step, tool } from '../../collector/src/analyze/spans.fixture.ts'
import { type Collector, startCollector, urlOf } from '../../collector/src/collector.ts'
import { spansToProtobuf } from '../../collector/src/decode/otlp.fixture.ts'
import type { Role } from '../../collector/src/roles.ts'
import { openStore } from '../../collector/src/store/open.ts'
import { type ClickHouseServer, startClickHouseServer } from './clickhouse-server.ts'

const HOST = '127.0.0.1'
const folder = mkdtempSync(join(tmpdir(), 'seamtrace-roles-'))
let server: ClickHouseServer
const started: Collector[] = []
const log = { info: () => {}, warn: () => {}, error: () => {} }

beforeAll(async () => {
  server = await startClickHouseServer()
  const store = await openStore({ url: server.url })
  for (const database of ['whole', 'split']) await store.client.command({ query: `CREATE DATABASE ${database}` })
  await store.close()
})
afterAll(async () => {
  for (const collector of started) await collector.close()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const start = async (database: string, roles?: readonly Role[]): Promise<Collector> => {
  const place = { clickhouseUrl: `${server.url}/${database}`, dataDir: join(folder, `${started.length}`) }
  const collector = await startCollector({ host: HOST, port: 0, otlpHttpPort: 0, otlpGrpcPort: 0, ...place, roles }, log)
  started.push(collector)
  return collector
}

const send = async ({ ports }: Collector, spans: readonly RecognizedSpan[]): Promise<void> => {
  const headers = { 'content-type': 'application/x-protobuf' }
  const body = Uint8Array.from(spansToProtobuf(spans))
  const answer = await fetch(`${urlOf(HOST, ports.otlpHttp)}/v1/traces`, { method: 'POST', headers, body })
  expect(answer.status).toBe(200)
}
const get = ({ ports }: Collector, path: string): Promise<Response> => fetch(`${urlOf(HOST, ports.api)}${path}`)
const ask = async (collector: Collector, path: string): Promise<unknown> => (await get(collector, `/api/v1${path}`)).json()

const nowMs = Date.now() - 60_000
const timeout = failing('TimeoutError', 'timed out')
const spans = [
  pipeline('refund', { attributes: { [SEAMTRACE.runId]: 'good' } }, [step('classify'), step('refund')]),
  pipeline('refund', { ...timeout, attributes: { [SEAMTRACE.runId]: 'bad' } }, [step('refund', timeout, [tool('bank', timeout)])]),
].flatMap((draft, index) => spansOf(draft, { trace: index + 1, startMs: nowMs - 1_790_000_000_000 }))

const QUESTIONS = ['/runs/good', '/runs/bad', '/runs?since=1h', '/gap?pipeline=refund&since=1h', '/seams?since=1h']

it('are given alike by one process and by two that share its roles', async () => {
  const whole = await start('whole')
  const ingest = await start('split', ['ingest'])
  const rest = await start('split', ['query', 'derive'])
  await send(whole, spans)
  await send(ingest, spans)
  const answersOf = (collector: Collector) => Promise.all(QUESTIONS.map((question) => ask(collector, question)))
  for (const collector of [whole, rest]) {
    const stored = expect.poll(() => ask(collector, '/ingest'), { timeout: 20_000, interval: 200 })
    await stored.toMatchObject({ storedSpans: spans.length, storedRuns: 2, pendingTraces: 0 })
  }
  expect(await answersOf(rest)).toEqual(await answersOf(whole))
  const rulesOf = async (collector: Collector) => ((await ask(collector, '/alerts/rules')) as { items: { pipeline: string }[] }).items
  await expect.poll(async () => (await rulesOf(rest)).map(({ pipeline }) => pipeline), { timeout: 20_000 }).toEqual(['refund'])
})

it('are given only by the process whose role it is, and every process can be probed', async () => {
  const alert = await start('split', ['alert'])
  const ingest = await start('split', ['ingest'])
  const query = await start('split', ['query'])
  for (const collector of [alert, ingest, query]) {
    expect((await get(collector, '/healthz')).status).toBe(200)
    expect((await get(collector, '/readyz')).status).toBe(200)
    expect((await get(collector, '/metrics')).status).toBe(200)
  }
  expect((await get(query, '/api/v1/runs?since=1h')).status).toBe(200)
  const refused = await get(alert, '/api/v1/runs?since=1h')
  expect(refused.status).toBe(404)
  expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('this process has not the role query') })
  expect([alert.ports, query.ports]).toEqual([
    { api: expect.any(Number), otlpHttp: 0, otlpGrpc: 0 },
    { api: expect.any(Number), otlpHttp: 0, otlpGrpc: 0 },
  ])
})
