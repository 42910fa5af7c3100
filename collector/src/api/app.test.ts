import type { AddressInfo } from 'node:net'
import { ENDPOINTS, type EndpointName, SEAMTRACE, SEAMTRACE_EVENTS } from '@seamtrace/schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOOPBACK } from '../access/caller.ts'
import { sentLog } from '../recognize/sent-log.fixture.ts'
import { insertLogs } from '../store/insert-logs.fixture.ts'
import type { Store } from '../store/open.ts'
import { NOW, problemOf, SPAN, startTestApi, stats, type TestApi, TRACE } from './api.fixture.ts'
import { createApi } from './app.ts'

describe('the HTTP API', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startTestApi()
  })
  afterAll(() => api.close())

  const calls: Record<
    Exclude<EndpointName, 'createKey' | 'revokeKey' | 'createProject' | 'reanalyze' | 'setPrice' | 'removePrice'>,
    string[]
  > = {
    pipelines: ['/pipelines', '/pipelines?since=90m&environment=default'],
    gap: ['/gap?pipeline=support-refund', '/gap?pipeline=support-refund&mode=first_try&version=1', '/gap?pipeline=nobody'],
    layers: ['/layers', '/layers?pipeline=support-refund'],
    seams: ['/seams', '/seams?limit=1'],
    runs: [
      '/runs',
      '/runs?outcome=failure,unknown&gap=tool&layer=execution&seam=plan%E2%86%92act&seamKind=handoff&step=act&kind=tool_timeout&attributed=true&session=s-9&q=timed%20out',
    ],
    run: ['/runs/good', `/runs/${encodeURIComponent('bad/1 ü')}`],
    runSpans: ['/runs/good/spans', '/runs/good/spans?limit=1'],
    span: [`/traces/${TRACE}/spans/${SPAN}`],
    traceLogs: [`/traces/${TRACE}/logs`, `/traces/${TRACE}/logs?spanId=${SPAN}&limit=1&cursor=1.${TRACE}`],
    alertRules: ['/alerts/rules'],
    alertEvents: ['/alerts/events', '/alerts/events?pipeline=support-refund'],
    ingest: ['/ingest'],
    keys: ['/keys'],
    projects: ['/projects'],
    prices: ['/prices'],
  }

  it.each(Object.entries(calls) as [keyof typeof calls, string[]][])('answers %s in the shape of the contract', async (name, paths) => {
    for (const path of paths) {
      const reply = await api.send(`/api/v1${path}`)
      expect(
        reply.status,
        JSON.stringify(api.logged, (_key, value: unknown) => (value instanceof Error ? value.message : value)),
      ).toBe(200)
      expect(reply.headers['cache-control']).toBe('no-store')
      expect(ENDPOINTS[name].response.parse(reply.json)).toEqual(reply.json)
    }
  })

  it('finds by every filter the run that passes it', async () => {
    const { items } = ENDPOINTS.runs.response.parse((await api.send(`/api/v1${calls.runs[1]}`)).json)
    expect(items.map((run) => run.runId)).toEqual(['bad/1 ü'])
    expect(items[0]?.attributedTo).toMatchObject({ seam: 'plan→act', gap: 'tool', step: 'act', certain: true })
  })

  it('gives the spans of a run once each, and says how many the limit hides', async () => {
    const all = ENDPOINTS.runSpans.response.parse((await api.send('/api/v1/runs/good/spans')).json)
    expect(all.items.map((span) => [span.spanId, span.parentSpanId, span.durationNano])).toEqual([
      [SPAN, '', '1000'],
      ['b7ad6b7169203332', SPAN, '1000'],
    ])
    expect(all.hidden).toBe(0)
    expect(await api.send('/api/v1/runs/good/spans?limit=1')).toMatchObject({ json: { hidden: 1 } })
  })

  it('gives a span back with values of every type', async () => {
    const detail = ENDPOINTS.span.response.parse((await api.send(`/api/v1/traces/${TRACE}/spans/${SPAN}`)).json)
    expect(detail).toMatchObject({
      kind: 'client',
      statusCode: 'error',
      startTimeUnixNano: `${BigInt(NOW) * 1_000_000n + 1n}`,
      costUsd: 0.000012,
      resource: { 'service.name': 'shop' },
      events: [{ name: 'exception', timeUnixNano: '17', attributes: { 'exception.message': 'no' } }],
      links: [{ traceId: TRACE, spanId: SPAN, attributes: { reason: 'resume' } }],
    })
    expect(Object.entries(detail.attributes)).toEqual([
      ['text', 'a'],
      ['big', '9223372036854775807'],
      ['list', [1, true, 1.5]],
      ['map', { k: null }],
      ['bytes', 'AAE='],
      ['nan', 'NaN'],
    ])
  })

  it('gives hostile attribute keys back as they came', async () => {
    expect((await api.send(`/api/v1/traces/${TRACE}/spans/b7ad6b7169203332`)).text).toContain('"__proto__":"p"')
  })

  it('counts stored spans without resends', async () => {
    expect((await api.send('/api/v1/ingest')).json).toMatchObject({
      storedSpans: 2,
      storedRuns: 2,
      pendingTraces: 1,
      engine: expect.stringMatching(/^chdb \d/),
      requests: 2,
    })
  })

  it.each([
    ['/api/v1/runs?limit=0', ['limit']],
    ['/api/v1/runs?limit=1&limit=2', ['limit']],
    ['/api/v1/runs?since=3x&outcome=great', ['since', 'outcome']],
    ['/api/v1/runs?pipelin=a&x=1', ['pipelin', 'x']],
    ['/api/v1/runs?cursor=%00', ['cursor']],
    ['/api/v1/runs?cursor=bm9wZQ', ['cursor']],
    ['/api/v1/gap', ['pipeline']],
    ['/api/v1/layers?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', ['from', 'to']],
    ['/api/v1/traces/xyz/spans/1', ['traceId', 'spanId']],
  ])('refuses %s and names %j', async (path, parameters) => {
    const reply = await api.send(path)
    expect(reply.status).toBe(400)
    expect(problemOf(reply).parameters).toEqual(parameters)
  })

  it.each([
    ['/api/v1/runs/nobody', 404],
    ['/api/v1/runs/nobody/spans', 404],
    [`/api/v1/traces/${TRACE}/spans/0000000000000001`, 404],
    [`/api/v1/traces/${TRACE.replace('0', '1')}/spans/${SPAN}`, 404],
    ['/api/v1/nothing', 404],
    ['/api/nothing', 404],
    ['/api/v1/runs/%E0%A4%A', 400],
  ])('answers %s with a problem of status %i', async (path, status) => {
    expect(problemOf(await api.send(path)).status).toBe(status)
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s with Allow and without CORS', async (method) => {
    for (const path of ['/api/v1/runs', '/api/v1/openapi.json', '/healthz', '/']) {
      const reply = await api.send(path, { method })
      expect(problemOf(reply).status).toBe(405)
      expect(reply.headers.allow).toBe('GET, HEAD')
      expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('names every method that a path has', async () => {
    expect((await api.send('/api/v1/keys', { method: 'PATCH' })).headers.allow).toBe('GET, HEAD, POST')
    expect((await api.send('/api/v1/keys/key_0123456789abcdef')).headers.allow).toBe('DELETE')
  })

  it.each([
    ['{"role":"read"', 'application/json', 400, 'cannot read the body: it is no JSON object'],
    ['"read"', 'application/json', 400, 'cannot read the body: it is no JSON object'],
    ['[]', 'application/json', 400, 'cannot read parameters'],
    ['', 'application/json', 400, 'cannot read parameters: role is required'],
    ['{"role":"king"}', 'application/json', 400, 'cannot read parameters: role: '],
    ['{"role":"read","scope":"all"}', 'application/json', 400, 'scope is not a parameter of this endpoint'],
    ['{"role":"read"}', 'text/plain', 415, 'send JSON'],
    ['{"role":"read"}', 'application/x-www-form-urlencoded', 415, 'send JSON'],
    [`{"name":"${'x'.repeat(20_000)}"}`, 'application/json', 413, 'more than 16 kB'],
    ['{"role":"read"}', 'application/json; charset=klingon', 415, 'plain UTF-8'],
  ])('refuses the body %s as %s with %i', async (body, type, status, detail) => {
    const problem = problemOf(await api.send('/api/v1/keys', { method: 'POST', body, headers: { 'Content-Type': type } }))
    expect(problem).toMatchObject({ status, detail: expect.stringContaining(detail) })
    expect(await api.access.manage.keys(LOOPBACK, undefined)).toEqual([])
  })

  it('says which parameter is missing', async () => {
    expect(problemOf(await api.send('/api/v1/gap')).detail).toBe('cannot read parameters: pipeline is required')
  })

  it('keeps what went wrong inside to the log', async () => {
    const secret = new Error('password=hunter2')
    const broken = createApi({
      store: api.store,
      access: api.access,
      stats: () => {
        throw secret
      },
      totals: stats,
      alerts: { rules: () => [] },
      log: { error: (...args: unknown[]) => void api.logged.push(args) },
    }).listen(0)
    try {
      const reply = await fetch(`http://127.0.0.1:${(broken.address() as AddressInfo).port}/api/v1/ingest`)
      const text = await reply.text()
      expect(reply.status).toBe(500)
      expect(text).not.toMatch(/hunter2|at /)
      expect(api.logged.at(-1)).toMatchObject([{ err: secret, path: '/api/v1/ingest' }, 'cannot answer request'])
    } finally {
      await new Promise((resolve) => broken.close(resolve))
    }
  })

  it('describes every endpoint as OpenAPI 3.1', async () => {
    const { json } = await api.send('/api/v1/openapi.json')
    expect(json).toMatchObject({ openapi: '3.1.0', paths: { '/runs/{id}/spans': { get: { operationId: 'runSpans' } } } })
    type Operation = { operationId: string; security: object[]; parameters: { name: string; required: boolean }[]; requestBody?: object }
    const { paths } = json as { paths: Record<string, Record<string, Operation>> }
    const operations = Object.values(paths).flatMap((path) => Object.values(path))
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(ENDPOINTS).sort())
    for (const { security } of operations) expect(security).toEqual([{ bearer: [] }, { header: [] }])
    expect(paths['/gap']?.get?.parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name)).toEqual([
      'pipeline',
    ])
    expect(paths['/keys']?.post?.requestBody).toMatchObject({ content: { 'application/json': { schema: { required: ['role'] } } } })
    expect(JSON.stringify(json)).not.toContain('$schema')
  })

  it('tells Prometheus what it takes in, what waits and what was refused', async () => {
    const { status, headers, text } = await api.send('/metrics')
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    const lines = text.split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE seamtrace_spans_accepted_total counter',
        'seamtrace_requests_refused_total{reason="too_large"} 1',
        '# TYPE seamtrace_spool_waiting_rows gauge',
        'seamtrace_spool_waiting_rows 70',
        'seamtrace_spool_oldest_seconds 0.25',
        'seamtrace_spool_sync_seconds{quantile="0.99"} 0.009',
        'seamtrace_rows_inserted_total 500',
        'seamtrace_insert_failing 0',
      ]),
    )
    // asked again, sums are not added up
    expect((await api.send('/metrics')).text).toContain('seamtrace_rows_inserted_total 500\n')
  })

  it('shows what SDKs told they could not deliver', async () => {
    const attributes = { [SEAMTRACE.processId]: 'a', [SEAMTRACE.lostNoRoom]: 40, [SEAMTRACE.lostRefused]: 2, [SEAMTRACE.lostBroken]: 0 }
    const record = sentLog({ event: SEAMTRACE_EVENTS.spansLost, traceId: '', spanId: '', attributes })
    await insertLogs(api.store, 'default', [record, record])
    const at = '2026-09-21T14:13:20.000Z'
    expect((await api.send('/api/v1/ingest')).json).toMatchObject({
      lostBySdks: [
        { service: '', reason: 'no_room', spans: 40, at },
        { service: '', reason: 'refused', spans: 2, at },
      ],
    })
    const { text } = await api.send('/metrics')
    expect(text).toContain('seamtrace_sdk_lost_spans{reason="no_room"} 40\n')
    expect((await api.send('/metrics')).text).toContain('seamtrace_sdk_lost_spans{reason="refused"} 2\n')
  })

  it('is ready when the engine answers', async () => {
    expect((await api.send('/readyz')).json).toMatchObject({ status: 'ready' })
    const gone = { ...api.store, client: { query: () => Promise.reject(new Error('gone')) } } as unknown as Store
    const broken = createApi({
      store: gone,
      access: api.access,
      stats,
      totals: stats,
      alerts: { rules: () => [] },
      log: { error: () => {} },
    }).listen(0)
    expect((await fetch(`http://127.0.0.1:${(broken.address() as AddressInfo).port}/readyz`)).status).toBe(503)
    expect((await fetch(`http://127.0.0.1:${(broken.address() as AddressInfo).port}/metrics`)).status).toBe(200)
    await new Promise((resolve) => broken.close(resolve))
  })
})
