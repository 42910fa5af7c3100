import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from './api.fixture.ts'

describe('what a browser gets', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startTestApi()
  })
  afterAll(() => api.close())

  it.each([
    ['localhost', 200],
    ['LOCALHOST:4319', 200],
    ['127.0.0.1:1', 200],
    ['[::1]:4319', 200],
    ['10.1.2.3', 200],
    ['[::2]', 200],
    ['evil.example', 421],
    ['localhost.evil.example', 421],
    ['localhost@evil.example', 421],
    ['evil.example:80#localhost', 421],
    ['localhost.', 421],
    ['127.0.0.1.nip.io', 421],
    ['0.0.0.0', 421],
  ])('answers for host %j with %i', async (host, status) => {
    for (const path of ['/api/v1/openapi.json', '/api/v1/runs'])
      expect((await api.send(path, { headers: { Host: host } })).status).toBe(status)
    expect((await api.send('/healthz', { headers: { Host: host } })).status).toBe(200)
  })

  it.each([
    ['http://localhost:4319', 'localhost:4319', 200],
    ['https://localhost', 'localhost', 200],
    ['http://LOCALHOST:4319', 'localhost:4319', 200],
    ['http://localhost:3000', 'localhost:4319', 403],
    ['http://127.0.0.1:4319', 'localhost:4319', 403],
    ['http://evil.example', 'localhost:4319', 403],
    ['http://localhost:4319.evil.example', 'localhost:4319', 403],
    ['null', 'localhost:4319', 403],
    ['', 'localhost:4319', 403],
    ['file://', 'localhost:4319', 403],
  ])('answers the page of %j at host %j with %i, and never with CORS', async (origin, host, status) => {
    for (const method of ['GET', 'HEAD']) {
      const reply = await api.send('/api/v1/runs', { method, headers: { Host: host, Origin: origin } })
      expect(reply.status).toBe(status)
      expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('makes no key for the page of another site, although none is needed here', async () => {
    const body = JSON.stringify({ role: 'admin' })
    const headers = { 'Content-Type': 'application/json', Origin: 'http://evil.example' }
    expect((await api.send('/api/v1/keys', { method: 'POST', body, headers })).status).toBe(403)
    expect((await api.send('/api/v1/keys')).json).toEqual({ items: [], nextCursor: null })
  })

  it('says so when the dashboard is not built, and serves it with its headers when it is', async () => {
    expect(await api.send('/')).toMatchObject({ status: 503, text: expect.stringContaining('not built') })
    mkdirSync(join(api.dashboardFolder, 'assets'), { recursive: true })
    writeFileSync(join(api.dashboardFolder, 'index.html'), '<title>built</title>')
    writeFileSync(join(api.dashboardFolder, 'favicon.svg'), '<svg/>')
    writeFileSync(join(api.dashboardFolder, 'assets', 'index-4f2a.js'), 'export {}')
    for (const path of ['/', '/runs/some-run?since=7d', '/index.html']) {
      expect(await api.send(path)).toMatchObject({ status: 200, text: '<title>built</title>', headers: { 'cache-control': 'no-cache' } })
    }
    expect(await api.send('/assets/index-4f2a.js')).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'public, max-age=31536000, immutable' },
    })
    expect(await api.send('/favicon.svg')).toMatchObject({ status: 200, headers: { 'cache-control': 'no-cache' } })
    expect((await api.send('/assets/index-old.js')).status).toBe(404)
    expect((await api.send('/../data/seamtrace.json')).text).not.toContain('engine')
    expect((await api.send('/%2e%2e%2fdata/seamtrace.json')).text).not.toContain('engine')
  })

  it('sends the security headers with everything', async () => {
    for (const path of ['/', '/api/v1/runs', '/api/nothing', '/healthz', '/assets/none.js']) {
      expect((await api.send(path)).headers).toMatchObject({
        'content-security-policy':
          "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      })
      expect((await api.send(path)).headers['x-powered-by']).toBeUndefined()
    }
  })
})
