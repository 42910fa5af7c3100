// Damages bodies, the same way for the same seed.

import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { encodeTraces } from '../../collector/src/decode/encode-traces.ts'
import { span } from '../../collector/src/store/span.fixture.ts'
import { logs, metrics, traces, withValue } from './cases.ts'
import { type Signal, toJson, toProtobuf } from './transports.ts'

export type Body = { signal: Signal; json: boolean; gzip: boolean; bytes: Buffer }
export type Random = (below: number) => number

/** mulberry32 */
export const randomOf = (seed: number): Random => {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

const TRACE = 'fa'.repeat(16)
const rich = {
  ...withValue({
    arrayValue: { values: [{ kvlistValue: { values: [{ key: 'a', value: { doubleValue: 1.5 } }] } }, { bytesValue: 'AAE=' }] },
  }),
  events: [{ name: 'e', timeUnixNano: '5' }],
  links: [{ traceId: TRACE, spanId: 'ab'.repeat(8) }],
}
const usage = {
  name: 'gen_ai.client.token.usage',
  histogram: { dataPoints: [{ timeUnixNano: '5', count: '3', sum: 6, bucketCounts: ['1', '2'], explicitBounds: [2] }] },
}
const duration = {
  name: 'gen_ai.client.operation.duration',
  exponentialHistogram: { dataPoints: [{ count: '3', scale: 1, zeroCount: '1', positive: { offset: -1, bucketCounts: ['1', '1'] } }] },
}

/** Sound requests of every signal and encoding. */
export const seeds = (): Body[] => {
  const spans = fc.sample(span, { numRuns: 12, seed: 1 })
  const requests: [Signal, object][] = [
    ['traces', traces(TRACE, rich, { status: { code: 2, message: 'm' }, kind: 3 })],
    ['logs', logs(TRACE, { body: { stringValue: 'a' }, severityNumber: 9, ...withValue({ intValue: '7' }) }, { eventName: 'e' })],
    ['metrics', metrics(usage, duration, { name: 'g', gauge: { dataPoints: [{ asInt: '5' }] } })],
  ]
  const plain = [
    ...requests.flatMap(([signal, request]) => [
      { signal, json: false, bytes: toProtobuf(signal, request) },
      { signal, json: true, bytes: toJson(request) },
    ]),
    ...[0, 4, 8].flatMap((at) => [
      { signal: 'traces' as const, json: false, bytes: encodeTraces(spans.slice(at, at + 4), 'protobuf') },
      { signal: 'traces' as const, json: true, bytes: encodeTraces(spans.slice(at, at + 4), 'json') },
    ]),
  ]
  return plain.map((body) => ({ ...body, gzip: false }))
}

const WORDS = ['null', '{}', '[]', '""', '-1', '1e999', '18446744073709551616', '"\\ud800"', 'true', '"__proto__"', '[[[[', ',', ':'].map(
  (word) => Buffer.from(word),
)

const damage = (bytes: Buffer, random: Random, others: readonly Body[]): Buffer => {
  const at = random(bytes.length + 1)
  const length = random(random(4) === 0 ? 200 : 8)
  const noise = Buffer.from(Array.from({ length }, () => random(256)))
  const rest = bytes.subarray(Math.min(bytes.length, at + length))
  switch (random(16)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, at), noise, rest])
    case 1:
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)])
    case 2:
      return bytes.subarray(0, at)
    case 3:
      return Buffer.concat([bytes.subarray(0, at), rest])
    case 4:
      return Buffer.concat([bytes, bytes.subarray(at)])
    case 5:
      return Buffer.concat([bytes.subarray(0, at), others[random(others.length)]?.bytes.subarray(random(50)) ?? noise])
    case 6:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f].slice(random(5))), rest])
    case 7:
      return Buffer.concat([bytes.subarray(0, at), WORDS[random(WORDS.length)] ?? noise, rest])
    default: {
      const flipped = Buffer.from(bytes)
      for (let flips = random(2) + 1; flips > 0 && flipped.length > 0; flips--) {
        const where = random(flipped.length)
        flipped[where] = (flipped[where] ?? 0) ^ (1 << random(8))
      }
      return flipped
    }
  }
}

export const mutant = (sound: readonly Body[], random: Random): Body => {
  const seed = sound[random(sound.length)]
  if (!seed) throw new Error('no seeds')
  let { bytes } = seed
  for (let rounds = random(2) + 1; rounds > 0; rounds--) bytes = damage(bytes, random, sound)
  const gzip = random(5) === 0
  if (gzip) bytes = gzipSync(bytes)
  // now and then the gzip itself is damaged, or there is none
  if (gzip && random(4) === 0) bytes = damage(bytes, random, sound)
  return {
    signal: random(20) === 0 ? 'traces' : seed.signal,
    json: random(20) === 0 ? !seed.json : seed.json,
    gzip: random(50) === 0 ? !gzip : gzip,
    bytes,
  }
}
