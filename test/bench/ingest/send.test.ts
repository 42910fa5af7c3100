import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type SendOptions, send } from './send.ts'

/** A server that answers with these statuses in turn, then with 200. */
const serve = async (statuses: number[]) => {
  const bodies: Buffer[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks))
      response.writeHead(statuses.shift() ?? 200, { 'retry-after': '0' }).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`, bodies, close: () => server.close() }
}

const optionsFor = (url: string): SendOptions => ({
  ...{ url, headers: {}, seconds: 1, connections: 1, rate: 0 },
  ...{ profile: 'lean', seed: 1, spansPerRequest: 19, pool: 4 },
})

describe('the load generator', () => {
  it('sends what was refused again with the same bytes, and counts it once', async () => {
    const server = await serve([503, 429])
    const sent = await send({ ...optionsFor(server.url), rate: 100 })
    server.close()
    expect(sent.repeated).toEqual({ 429: 1, 503: 1 })
    expect(sent.lost).toEqual({})
    expect(server.bodies.length).toBe(sent.requests + 2)
    expect(server.bodies[1]?.equals(server.bodies[0] ?? Buffer.alloc(0))).toBe(true)
    expect(server.bodies[2]?.equals(server.bodies[0] ?? Buffer.alloc(0))).toBe(true)
    expect(server.bodies[3]?.equals(server.bodies[0] ?? Buffer.alloc(0))).toBe(false)
  })

  it('does not repeat what can never be accepted', async () => {
    const server = await serve([400])
    const sent = await send({ ...optionsFor(server.url), rate: 100 })
    server.close()
    expect(sent.lost).toEqual({ 400: 1 })
    expect(server.bodies.length).toBe(sent.requests + 1)
  })

  it('is never faster than a given pace', async () => {
    const server = await serve([])
    const sent = await send({ ...optionsFor(server.url), rate: 190 })
    server.close()
    // ten of 19 spans are due within the second; a slow answer may leave the last ones out
    expect(sent.requests).toBeGreaterThan(0)
    expect(sent.requests).toBeLessThanOrEqual(10)
  })
})
