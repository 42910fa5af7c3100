// A span that is exported again equals the one that was received: OTLP → store → OTLP, over every transport.
import { isDeepStrictEqual } from 'node:util'
import type { Span } from '@seamtrace/schema'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeTraces } from '../../collector/src/decode/encode-traces.ts'
import { decodeMessage, spansToJson, spansToProtobuf } from '../../collector/src/decode/otlp.fixture.ts'
import { span as arbitrarySpan } from '../../collector/src/store/span.fixture.ts'
import { startTestReceivers, type TestReceivers } from './receivers.fixture.ts'
import { sendGrpc, sendHttp, type Transport } from './transports.ts'

const COUNT = 200
let target: TestReceivers
beforeAll(async () => {
  target = await startTestReceivers()
})
afterAll(() => target.close())

const post = (transport: Transport, spans: Span[]) => {
  if (transport === 'grpc') return sendGrpc(target, 'traces', spansToProtobuf(spans), { gzip: true })
  return transport === 'http/json'
    ? sendHttp(target, '/v1/traces', spansToJson(spans), { 'content-type': 'application/json' })
    : sendHttp(target, '/v1/traces', spansToProtobuf(spans), { 'content-type': 'application/x-protobuf' })
}
const idOf = (span: Span): string => span.traceId + span.spanId
const sorted = (spans: readonly Span[]): Span[] => spans.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1))

/** What an independent reader makes of each span, in protobuf and in JSON. */
const read = (spans: readonly Span[]) =>
  spans.map((span) => [
    decodeMessage('ExportTraceServiceRequest', encodeTraces([span], 'protobuf')),
    JSON.parse(encodeTraces([span], 'json').toString()) as unknown,
  ])

it.each([
  ['http/protobuf', 11],
  ['http/json', 12],
  ['grpc', 13],
] as const)('%s', async (transport, seed) => {
  const sample = fc.sample(arbitrarySpan, { numRuns: COUNT, seed })
  const sent = sorted([...new Map(sample.map((span) => [idOf(span), span])).values()])
  expect(await post(transport, sent)).toEqual({ status: 200, code: 0, rejected: 0, message: '' })
  const stored = sorted(await target.spansOf([...new Set(sent.map((span) => span.traceId))]))
  expect(stored).toHaveLength(sent.length)
  // maps of the store have their keys in an order of their own, which means nothing
  const changed = stored.filter((span, index) => !isDeepStrictEqual(withSortedKeys(read([span])), withSortedKeys(read([sent[index]!]))))
  expect(changed).toEqual([])
})

type Entry = { key?: string; value: unknown }
const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null && 'value' in value
const withSortedKeys = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) {
    const items: unknown[] = value.map(withSortedKeys)
    return items.every(isEntry) ? items.toSorted((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : 1)) : items
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withSortedKeys(item)]))
}
