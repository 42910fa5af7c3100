// What is refused before it is in memory, over both transports: sizes, bytes in flight, slow clients.
import { createCipheriv } from 'node:crypto'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { status as Code } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeMessage } from '../../collector/src/decode/otlp.fixture.ts'
import { BODY_LIMITS, createBudget } from '../../collector/src/receive/limits.ts'
import { readBody } from '../../collector/src/receive/read-body.ts'
import { traces } from './cases.ts'
import { startTestReceivers, type TestReceivers } from './receivers.fixture.ts'
import { sendGrpc, sendHttp, toProtobuf } from './transports.ts'

const IDLE_MS = 300
const KB = 1000
const PROTOBUF = { 'content-type': 'application/x-protobuf' }
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const GZIP = { 'content-encoding': 'gzip' }

let target: TestReceivers
beforeAll(async () => {
  target = await startTestReceivers({
    limits: { ...BODY_LIMITS, maxBytes: 200 * KB, maxCompressedBytes: 100 * KB, ratioFromBytes: 20 * KB, idleMs: IDLE_MS },
    maxInFlightBytes: 150 * KB,
    timeouts: { headersTimeout: IDLE_MS, requestTimeout: 5 * IDLE_MS, connectionsCheckingInterval: 50 },
  })
})
afterAll(() => target.close())

/** Sends so much on a connection of its own and gives what comes back until it is closed. */
const talk = (text: string): Promise<{ answer: string }> =>
  new Promise((resolve) => {
    let answer = ''
    const socket = connect(Number(new URL(target.httpUrl).port), '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8').on('data', (data: string) => {
      answer += data
      if (answer.includes('}')) socket.end()
    })
    socket.on('error', () => {})
    socket.once('close', () => resolve({ answer }))
  })

const head = (fields: string): string => `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${fields}\r\n`
// the same every time, and nothing that deflates
const noise = (bytes: number): Buffer => createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(bytes))
const span = (bytes: number): Buffer =>
  toProtobuf('traces', traces('ad'.repeat(16), { attributes: [{ key: 'k', value: { bytesValue: noise(bytes).toString('base64') } }] }))

describe('sizes', () => {
  it('are told from the announced length, before a byte has come', async () => {
    const { answer } = await talk(head('Content-Length: 200001\r\n'))
    expect(answer).toContain('HTTP/1.1 413')
    expect(answer).toContain('cannot take a body of more than 200000 bytes')
  })

  it('of compressed bodies have a bound of their own', async () => {
    expect(await sendHttp(target, '/v1/traces', noise(100 * KB + 1), { ...PROTOBUF, ...GZIP })).toMatchObject({ status: 413, code: 8 })
    expect(await sendGrpc(target, 'traces', span(110 * KB), { gzip: true })).toMatchObject({ code: Code.RESOURCE_EXHAUSTED })
  })

  it('of inflated bodies are counted as they come out', async () => {
    const bomb = Buffer.alloc(10_000 * KB)
    expect(await sendHttp(target, '/v1/traces', gzipSync(bomb), { ...PROTOBUF, ...GZIP })).toMatchObject({ status: 413, code: 8 })
    expect(await sendGrpc(target, 'traces', bomb, { gzip: true })).toMatchObject({ code: Code.RESOURCE_EXHAUSTED })
  })

  it('are not to be tried again over gRPC', async () => {
    const { code, message, metadata } = await sendGrpc(target, 'traces', Buffer.alloc(200 * KB + 1))
    expect(code).toBe(Code.RESOURCE_EXHAUSTED)
    expect(message).toBe('cannot take a message of 200001 bytes, more than 200000: send smaller batches')
    expect(metadata?.get('grpc-status-details-bin')).toEqual([])
  })
})

describe('bytes in flight', () => {
  it('are refused before a byte of the body has come', async () => {
    const { answer } = await talk(head('Content-Length: 160000\r\n'))
    expect(answer).toContain('HTTP/1.1 503')
    expect(answer.toLowerCase()).toContain('retry-after: 2\r\n')
    expect(answer).toContain('too many large bodies at one time')
  })

  it('are refused over gRPC with a RetryInfo', async () => {
    const { code, metadata } = await sendGrpc(target, 'traces', Buffer.alloc(160 * KB))
    expect(code).toBe(Code.UNAVAILABLE)
    const [details] = metadata?.get('grpc-status-details-bin') ?? []
    expect(decodeMessage('RpcStatus', details as Buffer)).toMatchObject({
      code: Code.UNAVAILABLE,
      details: [{ typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value: Buffer.from('0a020802', 'hex') }],
    })
  })

  it('count what a body inflates to', async () => {
    const body = Buffer.concat(Array.from({ length: 8 }, () => span(20 * KB)))
    expect(await sendHttp(target, '/v1/traces', gzipSync(body), { ...PROTOBUF, ...GZIP })).toMatchObject({ status: 503, code: 14 })
    expect(await sendGrpc(target, 'traces', body, { gzip: true })).toMatchObject({ code: Code.UNAVAILABLE })
  })

  it('are given back, whatever became of them', async () => {
    for (let round = 0; round < 5; round++) {
      expect(await sendHttp(target, '/v1/traces', noise(90 * KB), PROTOBUF)).toMatchObject({ status: 400 })
      expect(await sendGrpc(target, 'traces', noise(90 * KB))).toMatchObject({ code: Code.INVALID_ARGUMENT })
    }
    expect(await sendHttp(target, '/v1/traces', span(140 * KB), PROTOBUF)).toMatchObject({ status: 200 })
    expect(await sendGrpc(target, 'traces', span(140 * KB))).toMatchObject({ status: 200 })
  })
})

describe('a slow client', () => {
  it('is answered 408 when its headers do not come', async () => {
    const { answer } = await talk('POST /v1/traces HTTP/1.1\r\nHost: localhost\r\n')
    expect(answer).toContain('HTTP/1.1 408')
  })

  it('is answered 408 with a status when its body does not come, and its bytes are given back', async () => {
    const { answer } = await talk(`${head('Content-Length: 140000\r\n')}{"resource`)
    expect(answer).toContain('HTTP/1.1 408')
    expect(answer).toContain(`{"code":4,"message":"cannot read body: nothing came for ${IDLE_MS} ms"}`)
    expect(await sendHttp(target, '/v1/traces', span(140 * KB), PROTOBUF)).toMatchObject({ status: 200 })
  })

  it('is told so over gRPC', async () => {
    const session = connectHttp2(`http://${target.grpcAddress}`)
    const stream = session.request({ ':method': 'POST', ':path': EXPORT, 'content-type': 'application/grpc', te: 'trailers' })
    stream.write(Buffer.from([0, 0, 0, 0x10, 0, 1, 2, 3]))
    const headers = await new Promise<Record<string, unknown>>((resolve) => stream.once('response', (fields) => resolve(fields)))
    expect(headers['grpc-status']).toBe(String(Code.DEADLINE_EXCEEDED))
    session.destroy()
  })

  it('that goes away gives its bytes back', async () => {
    const socket = connect(Number(new URL(target.httpUrl).port), '127.0.0.1')
    socket.on('error', () => {})
    await new Promise<void>((resolve) => socket.write(`${head('Content-Length: 140000\r\n')}{"res`, () => resolve()))
    socket.destroy()
    await expect.poll(() => sendHttp(target, '/v1/traces', span(140 * KB), PROTOBUF)).toMatchObject({ status: 200 })
  })

  it('that went away while its key was looked up is not waited for', async () => {
    const gone = new PassThrough().destroy()
    const hold = createBudget().admit(0)
    await expect(
      readBody({ stream: gone, gzipped: false, announcedBytes: 0 }, { ...BODY_LIMITS, idleMs: 60_000 }, hold),
    ).rejects.toMatchObject({ code: 'bad_request' })
  })
})

describe('gRPC', () => {
  it.each([
    [
      'bytes that are no protobuf',
      Buffer.from([0x0e]),
      {},
      Code.INVALID_ARGUMENT,
      'cannot decode OTLP body of 1 bytes: unexpected wire type 6',
    ],
    [
      'another method',
      Buffer.alloc(0),
      { path: '/opentelemetry.proto.collector.trace.v1.TraceService/Import' },
      Code.UNIMPLEMENTED,
      /not implement/,
    ],
    ['another service', Buffer.alloc(0), { path: '/a.b/C' }, Code.UNIMPLEMENTED, /not implement/],
    [
      'deflate',
      Buffer.from('0a00', 'hex'),
      { channel: { 'grpc.default_compression_algorithm': 1 } },
      Code.UNIMPLEMENTED,
      'cannot read grpc-encoding "deflate": use gzip or identity',
    ],
  ] as const)('refuses %s', async (_name, body, options, code, message) => {
    const answer = await sendGrpc(target, 'traces', body, options)
    expect(answer.code).toBe(code)
    if (typeof message === 'string') expect(answer.message).toBe(message)
    else expect(answer.message).toMatch(message)
  })

  it.each(['traces', 'logs', 'metrics'] as const)('takes an empty request of %s', async (signal) => {
    expect(await sendGrpc(target, signal, Buffer.alloc(0))).toEqual({ status: 200, code: 0, rejected: 0, message: '' })
    expect(await sendGrpc(target, signal, Buffer.alloc(0), { gzip: true })).toEqual({ status: 200, code: 0, rejected: 0, message: '' })
  })

  it('refuses a second message in a call', async () => {
    const session = connectHttp2(`http://${target.grpcAddress}`)
    const stream = session.request({ ':method': 'POST', ':path': EXPORT, 'content-type': 'application/grpc', te: 'trailers' })
    stream.end(Buffer.alloc(10))
    const headers = await new Promise<Record<string, unknown>>((resolve) => stream.once('response', (fields) => resolve(fields)))
    expect(headers['grpc-status']).toBe(String(Code.INVALID_ARGUMENT))
    session.destroy()
  })

  it('takes many calls on one connection at a time', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => sendGrpc(target, 'traces', span(KB), { gzip: true })))
    expect(answers.every((answer) => answer.status === 200)).toBe(true)
  })
})

it('logs no error of its own and answers no 500', () => {
  expect(target.logged.filter((line) => line.startsWith('error'))).toEqual([])
  expect(target.counts().refused.map((entry) => entry.reason)).not.toContain('internal')
})
