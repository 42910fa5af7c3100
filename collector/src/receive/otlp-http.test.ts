// The receiver over real HTTP; what it keeps goes right into the real engine.
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type RecognizedSpan, SeamtraceError, type Span } from '@seamtrace/schema'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Access, startAccess } from '../access/access.ts'
import { addressCheck } from '../access/hosts.ts'
import { decodeMessage, encodeMessage, spansToJson, spansToProtobuf } from '../decode/otlp.fixture.ts'
import { insertRows } from '../store/insert-rows.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'
import { spansOfTraces } from '../store/read-spans.ts'
import { recognizedSpan } from '../store/span.fixture.ts'
import { createDecodePool } from './decode-pool.ts'
import { createIntake, type KeepRows } from './intake.ts'
import { BODY_LIMITS, type BodyLimits, createBudget } from './limits.ts'
import { createReceiver } from './otlp-http.ts'
import { createProjectStats, type ProjectStats } from './project-stats.ts'

const [example] = fc.sample(recognizedSpan, { numRuns: 1, seed: 5 })
const spanOf = (traceByte: string): Span => ({
  ...example!,
  traceId: traceByte.repeat(16),
  startTimeUnixNano: 1_763_600_000_000_000_000n,
  endTimeUnixNano: 1_763_600_001_000_000_000n,
})
const recognize = (span: Span): RecognizedSpan => ({ ...example!, ...span })
const quiet = { warn: () => {}, error: () => {} }

let folder: string
let store: Store
let stats: ProjectStats
let access: Access
let server: Server
let url: string
let keep: KeepRows

type Overrides = {
  recognize?: (span: Span) => RecognizedSpan
  limits?: Partial<BodyLimits>
  maxInFlightBytes?: number
  hasRoom?: () => boolean
}

const start = async (overrides: Overrides = {}): Promise<Server> => {
  stats = createProjectStats()
  const pool = createDecodePool({ recognize: overrides.recognize ?? recognize, maxInlineBytes: Number.MAX_SAFE_INTEGER })
  const app = createReceiver(
    createIntake({
      keep: (rows) => keep(rows),
      hasRoom: overrides.hasRoom ?? (() => true),
      stats,
      decode: pool.decode,
      log: quiet,
      limits: { ...BODY_LIMITS, ...overrides.limits },
      budget: createBudget(overrides.maxInFlightBytes),
    }),
    { access, checkAddress: addressCheck([]) },
  )
  const started = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening))
  })
  url = `http://127.0.0.1:${(started.address() as AddressInfo).port}`
  return started
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seamtrace-receive-'))
  store = await openStore({ dataDir: folder })
  await migrate(store)
  access = await startAccess({ store, log: { info: () => {}, warn: () => {} }, loopback: true })
})
beforeEach(async () => {
  keep = ({ form, bytes }) => insertRows(store, form, bytes)
  server = await start()
  return () => server.close()
})
afterAll(async () => {
  access.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const post = (body: string | Buffer, headers: Record<string, string> = {}, path = '/v1/traces') =>
  fetch(url + path, { method: 'POST', body: typeof body === 'string' ? body : new Uint8Array(body), headers })
const PROTOBUF = { 'content-type': 'application/x-protobuf' }
const JSON_TYPE = { 'content-type': 'application/json' }
const statusOf = async (response: Response) =>
  response.headers.get('content-type') === 'application/x-protobuf'
    ? decodeMessage('RpcStatus', new Uint8Array(await response.arrayBuffer()))
    : ((await response.json()) as Record<string, unknown>)

describe('a good request', () => {
  it.each([
    ['protobuf', PROTOBUF, (span: Span) => spansToProtobuf([span])],
    ['protobuf, gzip', { ...PROTOBUF, 'content-encoding': 'gzip' }, (span: Span) => gzipSync(spansToProtobuf([span]))],
    ['JSON', JSON_TYPE, (span: Span) => spansToJson([span])],
    [
      'JSON, gzip, charset, odd case',
      { 'content-type': 'Application/JSON; charset=utf-8', 'content-encoding': 'GZIP' },
      (span: Span) => gzipSync(spansToJson([span])),
    ],
  ])('is kept before it is answered: %s', async (name, headers, encode) => {
    const span = spanOf(Buffer.from(name).toString('hex').slice(-2))
    const response = await post(encode(span), headers)
    expect(await spansOfTraces(store, 'default', [span.traceId])).toEqual([recognize(span)])
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(headers['content-type'].split(';')[0]?.toLowerCase())
    expect(await response.text()).toBe(name.startsWith('JSON') ? '{}' : '')
    expect(stats.counts('default')).toMatchObject({ acceptedSpans: 1, rejectedSpans: 0, requests: 1, refused: [] })
  })

  it('may be empty', async () => {
    expect((await post(Buffer.alloc(0), PROTOBUF)).status).toBe(200)
    expect((await post('{}', JSON_TYPE)).status).toBe(200)
  })

  it('says which spans were left out, and stores the others', async () => {
    const response = await post(spansToProtobuf([{ ...spanOf('00'), name: 'bad' }, spanOf('71')]), PROTOBUF)
    expect(response.status).toBe(200)
    expect(decodeMessage('ExportTraceServiceResponse', new Uint8Array(await response.arrayBuffer()))).toEqual({
      partialSuccess: { rejectedSpans: '1', errorMessage: '1 × trace id is not 16 bytes, or all zero (span "bad")' },
    })
    expect(await spansOfTraces(store, 'default', ['71'.repeat(16)])).toHaveLength(1)
    expect(stats.counts('default')).toMatchObject({ acceptedSpans: 1, rejectedSpans: 1 })
  })

  it('loses only the span on which a rule fails', async () => {
    server.close()
    server = await start({
      recognize: (span: Span) => {
        if (span.name === 'bad') throw new TypeError('a bug')
        return recognize(span)
      },
    })
    const response = await post(
      spansToJson([
        { ...spanOf('72'), name: 'bad' },
        { ...spanOf('73'), name: 'good' },
      ]),
      JSON_TYPE,
    )
    expect(await response.json()).toMatchObject({ partialSuccess: { rejectedSpans: '1' } })
    expect(await spansOfTraces(store, 'default', ['72'.repeat(16), '73'.repeat(16)])).toHaveLength(1)
  })
})

describe('a bad request', () => {
  const logs = encodeMessage('ExportLogsServiceRequest', {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: 5, body: { stringValue: 'a' } }] }] }],
  })
  const big = Buffer.alloc(70 * 1024 * 1024, 0x20)
  it.each([
    [
      'broken protobuf',
      Buffer.from([0x0e]),
      PROTOBUF,
      '/v1/traces',
      400,
      { code: 3, message: 'cannot decode OTLP body of 1 bytes: unexpected wire type 6' },
    ],
    ['broken JSON', '{', JSON_TYPE, '/v1/traces', 400, { code: 3 }],
    [
      'logs on the traces path',
      logs,
      PROTOBUF,
      '/v1/traces',
      400,
      { code: 3, message: `cannot decode OTLP body of ${logs.length} bytes: it holds OTLP logs, not traces` },
    ],
    ['broken gzip', 'no gzip', { ...PROTOBUF, 'content-encoding': 'gzip' }, '/v1/traces', 400, { code: 3 }],
    ['another encoding', 'x', { ...PROTOBUF, 'content-encoding': 'br' }, '/v1/traces', 415, { code: 3 }],
    ['two encodings', 'x', { ...PROTOBUF, 'content-encoding': 'gzip, gzip' }, '/v1/traces', 415, { code: 3 }],
    [
      'another content type',
      'x',
      { 'content-type': 'text/plain' },
      '/v1/traces',
      415,
      { code: 3, message: 'cannot read Content-Type "text/plain": use application/x-protobuf or application/json' },
    ],
    ['too many bytes', big, PROTOBUF, '/v1/traces', 413, { code: 8 }],
    [
      'too many compressed bytes',
      big.subarray(0, 17 * 1024 * 1024),
      { ...JSON_TYPE, 'content-encoding': 'gzip' },
      '/v1/traces',
      413,
      { code: 8 },
    ],
    [
      'a gzip bomb',
      gzipSync(big),
      { ...JSON_TYPE, 'content-encoding': 'gzip' },
      '/v1/traces',
      413,
      { code: 8, message: 'cannot take a body that inflates to more than 67108864 bytes or 200 times: send smaller batches' },
    ],
    ['another path', '{}', JSON_TYPE, '/traces', 404, { code: 5 }],
  ])('is refused with a google.rpc.Status: %s', async (_name, body, headers, path, status, expected) => {
    const response = await post(body, headers, path)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe(
      headers['content-type'] === 'application/x-protobuf' ? 'application/x-protobuf' : 'application/json',
    )
    expect(await statusOf(response)).toMatchObject(expected)
    expect(stats.counts('default')).toMatchObject({ acceptedSpans: 0, refused: [{ requests: 1 }] })
  })

  it('of another method is told the right one', async () => {
    const response = await fetch(`${url}/v1/traces`)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    expect(await response.json()).toEqual({ code: 12, message: 'cannot GET /v1/traces: use POST' })
  })

  it('of a body without announced length is cut at the limit', async () => {
    server.close()
    server = await start({ limits: { maxCompressedBytes: 1_000, maxBytes: 1_000 } })
    const chunks = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(900)),
      start: (controller) => setTimeout(() => controller.close(), 50),
    })
    const response = await fetch(`${url}/v1/traces`, { method: 'POST', body: chunks, headers: PROTOBUF, duplex: 'half' } as RequestInit)
    expect(response.status).toBe(413)
  })

  it('that breaks off does no harm', async () => {
    await new Promise<void>((resolve) => {
      const client = httpRequest(`${url}/v1/traces`, { method: 'POST', headers: { ...PROTOBUF, 'content-length': '1000' } })
      client.on('error', () => resolve())
      client.write('abc', () => setTimeout(() => client.destroy(), 20))
    })
    expect((await post('{}', JSON_TYPE)).status).toBe(200)
  })
})

describe('a spool that cannot take more', () => {
  it('is answered with 503 and Retry-After when rows cannot be kept', async () => {
    keep = () => Promise.reject(new SeamtraceError('unavailable', 'cannot keep rows: the spool is full'))
    const response = await post(spansToProtobuf([spanOf('82')]), PROTOBUF)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await statusOf(response)).toEqual({ code: 14, message: 'cannot keep rows: the spool is full' })
    expect(stats.counts('default').refused).toMatchObject([
      { reason: 'unavailable', requests: 1, sample: 'cannot keep rows: the spool is full' },
    ])
  })

  it('is answered with 503 before the body is read when there is no room', async () => {
    server.close()
    server = await start({ hasRoom: () => false })
    keep = () => Promise.reject(new SeamtraceError('internal', 'asked'))
    expect((await post(spansToJson([spanOf('83')]), JSON_TYPE)).status).toBe(503)
  })

  it('is answered with 503 when too many large bodies come at one time', async () => {
    server.close()
    server = await start({ maxInFlightBytes: 1_000 })
    expect((await post(Buffer.alloc(2_000), PROTOBUF)).status).toBe(503)
    expect((await post('{}', JSON_TYPE)).status).toBe(200)
  })
})
