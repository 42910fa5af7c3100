// Each way in which the proxy lets a connection fail, as a client sees it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { request } from './http.ts'

const TEXT = 'the whole answer'
let received: string[]
let upstream: ReturnType<typeof createServer>
let proxy: FaultProxy
let drawn: number

beforeEach(async () => {
  received = []
  drawn = 0
  upstream = createServer(async (incoming, answer) => {
    let body = ''
    for await (const chunk of incoming) body += chunk
    received.push(body)
    answer.writeHead(body === 'fail' ? 418 : 200, { 'x-kept': 'yes' }).end(TEXT)
  })
  await new Promise<void>((resolve) => void upstream.listen(0, '127.0.0.1', resolve))
  proxy = await startFaultProxy(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`, () => drawn)
})
afterEach(async () => {
  await proxy.close()
  upstream.closeAllConnections()
  await new Promise((resolve) => upstream.close(resolve))
})

const post = (body = 'sent') => request(`${proxy.url}/path?a=1`, { method: 'POST', body: Buffer.from(body), timeoutMs: 1_000 })

test('passes requests and answers on as they are', async () => {
  const reply = await post('fail')
  expect(reply).toMatchObject({ status: 418, headers: { 'x-kept': 'yes' } })
  expect(reply.body.toString()).toBe(TEXT)
  expect(received).toEqual(['fail'])
})

test('waits before it passes on', async () => {
  await proxy.set({ kind: 'latency', ms: 60 })
  const startedMs = performance.now()
  expect((await post()).status).toBe(200)
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(59)
})

test('hangs: takes the request and never answers', async () => {
  await proxy.set({ kind: 'hang' })
  const late = request(proxy.url, { timeoutMs: 100 })
  await expect(late).rejects.toThrow('no answer within 100 ms')
  const held = request(proxy.url, { timeoutMs: 5_000 })
  const broken = expect(held).rejects.toThrow()
  while (proxy.counts.requests < 2) await new Promise(setImmediate)
  await proxy.set({ kind: 'pass' })
  await broken
  expect((await post()).status).toBe(200)
})

test('refuses connections, and takes them again at the same place', async () => {
  await proxy.set({ kind: 'refuse' })
  await expect(post()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await proxy.set({ kind: 'pass' })
  expect((await post()).status).toBe(200)
})

test('resets connections', async () => {
  await proxy.set({ kind: 'reset' })
  await expect(post()).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(received).toEqual([])
})

test('cuts the answer to a request that was done', async () => {
  await proxy.set({ kind: 'cut' })
  await expect(post()).rejects.toThrow()
  expect(received).toEqual(['sent'])
})

test('loses the answer to a request that was done, as often as told', async () => {
  await proxy.set({ kind: 'lost-ack', probability: 0.3 })
  drawn = 0.29
  await expect(post()).rejects.toMatchObject({ code: 'ECONNRESET' })
  drawn = 0.3
  expect((await post()).status).toBe(200)
  expect(received).toEqual(['sent', 'sent'])
  expect(proxy.counts).toEqual({ requests: 2, faults: 1 })
})

test('answers with an error of its own, as ClickHouse writes it', async () => {
  await proxy.set({ kind: 'error', status: 500, code: 252 })
  const reply = await post()
  expect(reply).toMatchObject({ status: 500, headers: { 'x-clickhouse-exception-code': '252' } })
  expect(reply.body.toString()).toContain('TOO_MANY_PARTS')
  expect(received).toEqual([])
})

test('gives half an answer', async () => {
  await proxy.set({ kind: 'half' })
  await expect(post()).rejects.toThrow()
})

test('changes what is sent', async () => {
  await proxy.set({ kind: 'rewrite', change: (body) => Buffer.from(body.toString().toUpperCase()) })
  await post()
  expect(received).toEqual(['SENT'])
})
