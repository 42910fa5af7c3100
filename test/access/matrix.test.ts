// Every route with every kind of caller. A route that is not here fails a test, and an endpoint without a role does not compile.
import { request } from 'node:http'
import { connect } from 'node:net'
import { ENDPOINTS, type Endpoint, type EndpointName, ROLES, type Role } from '@seamtrace/schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN } from '../../collector/src/access/caller.ts'
import { newKey } from '../../collector/src/access/key.ts'
import { GRPC_PATHS } from '../../collector/src/receive/otlp-grpc.ts'
import { createReceiver } from '../../collector/src/receive/otlp-http.ts'
import { insertRunSpecs, runSpec } from '../engine/run-rows.fixture.ts'
import { START, traces } from '../otlp/cases.ts'
import { type Signal, sendGrpc, sendHttp, toProtobuf } from '../otlp/transports.ts'
import { OTHER, type Served, startServed, TOKEN } from './served.fixture.ts'

const CALLERS = [
  'nobody',
  'garbage',
  'unknown',
  'ingest',
  'read',
  'admin',
  'revoked',
  'otherIngest',
  'otherRead',
  'otherAdmin',
  'token',
] as const
type Caller = (typeof CALLERS)[number]
type Statuses = Record<Caller, number>

const TRACE = 'ab'.repeat(16)
const SPAN = 'b7ad6b7169203331'

let served: Served
const keys = {} as Record<Caller, string | undefined>
let victim = ''
let names = 0
beforeAll(async () => {
  served = await startServed()
  const { manage } = served.access
  const make = (role: Role, project = 'default') => manage.createKey(ADMIN_TOKEN, { role, name: '', project })
  for (const role of ROLES) {
    keys[role] = (await make(role)).key
    const other = `other${role[0]?.toUpperCase()}${role.slice(1)}` as 'otherIngest' | 'otherRead' | 'otherAdmin'
    keys[other] = (await make(role, OTHER)).key
  }
  const revoked = await make('admin')
  await manage.revokeKey(ADMIN_TOKEN, undefined, revoked.id)
  Object.assign(keys, { garbage: 'garbage', unknown: newKey('admin'), revoked: revoked.key, token: TOKEN })
  victim = (await make('read')).id
  await insertRunSpecs(served.store, 'default', [runSpec({ runId: 'r1', traceIds: [TRACE] })])
  const sent = await sendHttp(served, '/v1/traces', toProtobuf('traces', traces(TRACE, {})), headersOf('ingest', 'bearer', PROTOBUF))
  expect(sent.status).toBe(200)
  await served.stored()
})
afterAll(() => served.close())

const PROTOBUF = { 'content-type': 'application/x-protobuf' }
const WAYS = ['bearer', 'header'] as const
const headersOf = (caller: Caller, way: (typeof WAYS)[number], rest: Record<string, string> = {}): Record<string, string> => {
  const key = keys[caller]
  if (key === undefined) return rest
  return { ...rest, ...(way === 'bearer' ? { authorization: `Bearer ${key}` } : { 'x-seamtrace-key': key }) }
}

const same = (status: number): Statuses => Object.fromEntries(CALLERS.map((caller) => [caller, status])) as Statuses
const strangers = { ...same(403), nobody: 401, garbage: 401, unknown: 401, revoked: 401 }
const readers = (status: number, ofOther = status): Statuses => ({
  ...strangers,
  read: status,
  admin: status,
  token: status,
  otherRead: ofOther,
  otherAdmin: ofOther,
})
const admins = (status: number, ofOther = status): Statuses => ({ ...strangers, admin: status, token: status, otherAdmin: ofOther })

type Call = { path: string; body?: () => object; statuses: Statuses }
/** Every endpoint of the contract: one that is missing does not compile. */
const ENDPOINT_CALLS: Record<EndpointName, Call> = {
  pipelines: { path: '/pipelines', statuses: readers(200) },
  gap: { path: '/gap?pipeline=support-refund', statuses: readers(200) },
  layers: { path: '/layers', statuses: readers(200) },
  seams: { path: '/seams', statuses: readers(200) },
  runs: { path: '/runs', statuses: readers(200) },
  run: { path: '/runs/r1', statuses: readers(200, 404) },
  runSpans: { path: '/runs/r1/spans', statuses: readers(200, 404) },
  span: { path: `/traces/${TRACE}/spans/${SPAN}`, statuses: readers(200, 404) },
  prices: { path: '/prices', statuses: readers(200) },
  setPrice: { path: '/prices', body: () => ({ model: 'in-house', rates: { input: 1, output: 2 } }), statuses: admins(200) },
  removePrice: { path: '/prices?model=nobody-set-it', statuses: admins(404) },
  traceLogs: { path: `/traces/${TRACE}/logs`, statuses: readers(200) },
  reanalyze: { path: '/reanalyze', body: () => ({}), statuses: admins(201) },
  alertRules: { path: '/alerts/rules', statuses: readers(200) },
  alertEvents: { path: '/alerts/events', statuses: readers(200) },
  ingest: { path: '/ingest', statuses: readers(200) },
  keys: { path: '/keys', statuses: admins(200) },
  createKey: { path: '/keys', body: () => ({ role: 'read' }), statuses: admins(201) },
  revokeKey: { path: '/keys/VICTIM', statuses: admins(200, 404) },
  projects: { path: '/projects', statuses: admins(200) },
  createProject: { path: '/projects', body: () => ({ project: `p${++names}` }), statuses: { ...strangers, token: 201 } },
}
const roleOf = (name: EndpointName): Role => (ENDPOINTS[name] as Endpoint).role
const methodOf = (name: EndpointName): string => (ENDPOINTS[name] as Endpoint).method ?? 'GET'

describe.each(WAYS)('with the key as %s', (way) => {
  const statusesOf = async (ask: (headers: Record<string, string>) => Promise<number>, rest = {}): Promise<Statuses> => {
    const found: Partial<Statuses> = {}
    for (const caller of CALLERS) found[caller] = await ask(headersOf(caller, way, rest))
    return found as Statuses
  }

  it.each(Object.entries(ENDPOINT_CALLS) as [EndpointName, Call][])('%s answers whom it should', async (name, { path, body, statuses }) => {
    const found = await statusesOf(
      async (headers) => {
        const options = { method: methodOf(name), headers, ...(body && { body: JSON.stringify(body()) }) }
        return (await served.send(`/api/v1${path.replace('VICTIM', victim)}`, options)).status
      },
      body ? { 'content-type': 'application/json' } : {},
    )
    expect(found).toEqual(statuses)
    expect(statuses.ingest).toBe(403)
    expect(statuses.read === 403).toBe(roleOf(name) === 'admin')
  })

  it.each([
    ['/healthz', 200],
    ['/readyz', 200],
    ['/api/v1/openapi.json', 200],
    ['/api/v1/nothing', 404],
    ['/', 200],
    ['/runs/r1', 200],
    ['/assets/none.js', 404],
  ])('%s is the same for everybody', async (path, status) => {
    expect(await statusesOf(async (headers) => (await served.send(path, { headers })).status)).toEqual(same(status))
  })

  it('/metrics answers readers', async () => {
    expect(await statusesOf(async (headers) => (await served.send('/metrics', { headers })).status)).toEqual(readers(200))
  })

  const SIGNALS = Object.keys(GRPC_PATHS) as Signal[]
  it.each(SIGNALS)('OTLP over HTTP takes %s from whom it should', async (signal) => {
    const taken: Statuses = { ...strangers, ingest: 200, otherIngest: 200 }
    expect(
      await statusesOf(async (headers) => (await sendHttp(served, `/v1/${signal}`, Buffer.alloc(0), headers)).status, PROTOBUF),
    ).toEqual(taken)
    expect(await statusesOf(async (headers) => (await sendHttp(served, '/v1/nothing', Buffer.alloc(0), headers)).status, PROTOBUF)).toEqual(
      { ...taken, ingest: 404, otherIngest: 404 },
    )
  })

  it.each(SIGNALS)('OTLP over gRPC takes %s from whom it should', async (signal) => {
    const codes = { 401: 16, 403: 7 } as Record<number, number>
    const expected = Object.fromEntries(CALLERS.map((caller) => [caller, codes[strangers[caller]]]))
    expect(await statusesOf(async (metadata) => (await sendGrpc(served, signal, Buffer.alloc(0), { metadata })).code)).toEqual({
      ...expected,
      ingest: 0,
      otherIngest: 0,
    })
  })
})

describe('routes', () => {
  type Layer = { rawPath?: unknown; route?: { path: string }; handle: { stack?: Layer[] } }
  const routesOf = (stack: Layer[], base = ''): string[] =>
    stack.flatMap((layer) => {
      if (layer.route) return [base + layer.route.path]
      return layer.handle.stack ? routesOf(layer.handle.stack, base + (layer.rawPath === '/' ? '' : String(layer.rawPath))) : []
    })
  const paths = [...new Set(Object.values(ENDPOINTS).map(({ path }) => `/api/v1${path}`))]

  it('are those of the contract and the few that are public, none beside', () => {
    const stack = (app: unknown): Layer[] => (app as { router: { stack: Layer[] } }).router.stack
    expect(routesOf(stack(served.app)).sort()).toEqual(['/healthz', '/readyz', '/metrics', '/api/v1/openapi.json', ...paths].sort())
    const receiver = createReceiver({} as never, {} as never)
    expect([...new Set(routesOf(stack(receiver)))].sort()).toEqual(['/v1/logs', '/v1/metrics', '/v1/traces'])
  })

  it('give nothing to a caller without a key, by any method', async () => {
    for (const path of paths)
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const { status } = await served.send(path.replaceAll(/:\w+/g, 'x'), { method })
        expect([401, 405], `${method} ${path}`).toContain(status)
      }
  })
})

describe('a refusal', () => {
  it('says over HTTP and gRPC what to do, as the protocol wants it, and that trying again is no use', async () => {
    const api = await served.send('/api/v1/runs')
    expect(api).toMatchObject({ json: { status: 401, title: 'Key needed', detail: expect.stringContaining('Authorization: Bearer KEY') } })
    expect(api.headers['www-authenticate']).toBe('Bearer realm="seamtrace"')
    expect(await sendHttp(served, '/v1/traces', Buffer.alloc(0), PROTOBUF)).toMatchObject({
      status: 401,
      code: 16,
      message: expect.stringContaining('x-seamtrace-key: KEY'),
    })
    const wrong = { ...PROTOBUF, ...headersOf('read', 'bearer') }
    expect(await sendHttp(served, '/v1/traces', Buffer.alloc(0), wrong)).toMatchObject({
      status: 403,
      code: 7,
      message: expect.stringContaining('use a key with role ingest'),
    })
    const grpc = await sendGrpc(served, 'traces', Buffer.alloc(0), { metadata: headersOf('read', 'bearer') })
    expect(grpc.metadata?.get('grpc-status-details-bin')).toEqual([])
  })

  it('comes before a byte of the body', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(served.receivers.ports.otlpHttp, '127.0.0.1')
      socket.setEncoding('utf8').once('data', (text: string) => {
        socket.destroy()
        resolve(text)
      })
      socket.once('error', reject)
      socket.write('POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n')
    })
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    // of a type that nobody reads: who has no key is not even told that
    expect(await sendHttp(served, '/v1/traces', Buffer.from('?'), { 'content-type': 'x/y' })).toMatchObject({ status: 401 })
  })

  it.each([
    [{ Origin: 'http://evil.example' }, 403],
    [{ Origin: 'null' }, 403],
    [{ Host: 'evil.example' }, 421],
  ])('meets a browser that was sent here with %j, also with a good key', async (headers, status) => {
    const { port } = new URL(served.httpUrl)
    const reply = await new Promise<{ status: number; cors: string[] }>((resolve, reject) => {
      const all = headersOf('ingest', 'bearer', { ...PROTOBUF, ...(headers as Record<string, string>) })
      request({ port, host: '127.0.0.1', path: '/v1/traces', method: 'POST', headers: all }, (res) => {
        res.resume()
        resolve({ status: res.statusCode ?? 0, cors: Object.keys(res.headers).filter((name) => name.startsWith('access-control')) })
      })
        .once('error', reject)
        .end()
    })
    expect(reply).toEqual({ status, cors: [] })
  })

  it('is counted for everybody to see, with nothing of what was sent', async () => {
    await sendHttp(served, '/v1/marker-of-a-stranger', Buffer.alloc(0), PROTOBUF)
    const reply = await served.send('/api/v1/ingest', { headers: headersOf('otherRead', 'bearer') })
    expect(reply.json).toMatchObject({
      refused: expect.arrayContaining([expect.objectContaining({ reason: 'unauthorized', sample: 'Key needed' })]),
    })
    expect(reply.text).not.toContain('marker-of-a-stranger')
  })
})

it('stores what was sent with a key in the project of the key, whatever it says of itself', async () => {
  const traceId = 'cd'.repeat(16)
  const claims = { attributes: [{ key: 'project', value: { stringValue: 'default' } }], startTimeUnixNano: START }
  const body = toProtobuf('traces', traces(traceId, claims))
  const metadata = headersOf('otherIngest', 'header')
  expect((await sendGrpc(served, 'traces', body, { metadata: { ...metadata, project: 'default' } })).code).toBe(0)
  expect(
    (await sendHttp(served, '/v1/traces?project=default', body, { ...PROTOBUF, ...metadata, 'x-seamtrace-project': 'default' })).status,
  ).toBe(200)
  await served.stored()
  const statusFor = async (caller: Caller) =>
    (await served.send(`/api/v1/traces/${traceId}/spans/${SPAN}`, { headers: headersOf(caller, 'bearer') })).status
  expect([await statusFor('otherRead'), await statusFor('read'), await statusFor('token')]).toEqual([200, 404, 404])
  const counts = (project: string) => served.receivers.stats.counts(project).acceptedSpans
  expect([counts('default'), counts(OTHER)]).toEqual([1, 2])
})
