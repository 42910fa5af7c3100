// Damaged bodies by the thousand, and bombs: no crash, no 500, and what is sound is stored. The longest standstill is
// printed and not judged: on a loaded machine any process stands still (the figure is 200 ms on a quiet one).
// SEAMTRACE_FUZZ_BODIES=1000000 for a long run, SEAMTRACE_FUZZ_SEED for another one.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as bombs from './bombs.ts'
import { traces } from './cases.ts'
import { type MeasuredTarget, startMeasured } from './measured.fixture.ts'
import { mutant, randomOf, seeds } from './mutate.ts'
import { inTurns } from './receivers.fixture.ts'
import { type Answer, openGrpc, send, sendGrpc, sendGrpcGzipped, sendHttp } from './transports.ts'

const BODIES = Number(process.env.SEAMTRACE_FUZZ_BODIES ?? 10_000)
const SEED = Number(process.env.SEAMTRACE_FUZZ_SEED ?? 1)
const AT_ONCE = 64
// each of these batches has one span that is left out, and one that is not
const MIXED_EVERY = 100

const PROTOBUF = { 'content-type': 'application/x-protobuf' }
const JSON_TYPE = { 'content-type': 'application/json' }
const GZIP = { 'content-encoding': 'gzip' }
const MB = 1024 * 1024

let target: MeasuredTarget
beforeAll(async () => {
  target = await startMeasured()
  // code that was never run is compiled first
  await sendHttp(target, '/v1/traces', bombs.spansProtobuf(2 * MB), PROTOBUF)
})
afterAll(() => target.stop())

describe('damaged bodies', () => {
  it(
    `of ${BODIES} do no harm`,
    async () => {
      const sound = seeds()
      const random = randomOf(SEED)
      const grpc = openGrpc(target)
      const answers = new Map<string, number>()
      let mixed = 0
      const note = (transport: string, { status, code }: Answer) => {
        const key = `${transport} ${transport === 'grpc' ? code : status}`
        answers.set(key, (answers.get(key) ?? 0) + 1)
      }
      const { measured } = await target.during(() =>
        inTurns(
          Array.from({ length: BODIES }, (_, index) => index),
          AT_ONCE,
          async (index) => {
            if (index % MIXED_EVERY === 0) {
              const traceId = index.toString(16).padStart(32, 'f')
              const answer = await send(target, 'http/protobuf', 'traces', traces(traceId, { spanId: '' }, {}), false)
              expect(answer).toMatchObject({ status: 200, rejected: 1 })
              mixed++
              return
            }
            const { signal, json, gzip, bytes } = mutant(sound, random)
            if (!json && random(8) === 0) return note('grpc', await grpc.send(signal, bytes))
            note('http', await sendHttp(target, `/v1/${signal}`, bytes, { ...(json ? JSON_TYPE : PROTOBUF), ...(gzip ? GZIP : {}) }))
          },
        ),
      )
      grpc.close()
      expect(
        [...answers.keys()].filter((key) => !['http 200', 'http 400', 'http 413', 'grpc 0', 'grpc 3', 'grpc 8'].includes(key)),
      ).toEqual([])
      expect(target.alive()).toBe(true)
      expect(measured.counts.refused.map((entry) => entry.reason).sort()).toEqual(['bad_request'])
      expect(measured.logged.filter((line) => line.startsWith('error'))).toEqual([])
      expect(await target.count(`SELECT uniqExact(trace_id) AS count FROM spans WHERE startsWith(hex(trace_id), 'FFFFFF')`)).toBe(mixed)
      console.log(
        `${BODIES} bodies: ${[...answers]
          .sort()
          .map(([key, count]) => `${key}: ${count}`)
          .join(', ')}; longest stall ${measured.stallMs.toFixed(0)} ms`,
      )
    },
    Math.max(120_000, BODIES * 20),
  )
})

type Bomb = [name: string, body: () => Buffer | Promise<Buffer>, headers: Record<string, string>, status: number]
const BOMBS: Bomb[] = [
  ['512 MiB of zeros', () => bombs.zerosGzipped(512), { ...PROTOBUF, ...GZIP }, 413],
  ['512 MiB of zeros, gzipped twice', async () => bombs.twiceGzipped(await bombs.zerosGzipped(512)), { ...JSON_TYPE, ...GZIP }, 400],
  ['10,000 lists inside each other, JSON', () => bombs.deepJson(10_000), JSON_TYPE, 200],
  ['10,000 lists inside each other, protobuf', () => bombs.deepProtobuf(10_000), PROTOBUF, 200],
  ['1,000,000 attributes, JSON', () => bombs.manyAttributesJson(1_000_000), JSON_TYPE, 200],
  ['1,000,000 attributes, protobuf', () => bombs.manyAttributesProtobuf(1_000_000), PROTOBUF, 200],
  ['22 million empty objects', () => bombs.emptyObjectsJson(64 * MB), JSON_TYPE, 413],
  ['500,000 empty spans', () => bombs.tinySpansProtobuf(16 * MB), PROTOBUF, 413],
  ['a large resource with many spans', () => bombs.wideResourceProtobuf(200_000, 100_000), PROTOBUF, 413],
]

describe('bombs', () => {
  const stalls: string[] = []
  afterAll(() => console.log(`longest stall: ${stalls.join(', ')}`))

  it.each(BOMBS)('%s', { timeout: 120_000 }, async (name, create, headers, status) => {
    const body = await create()
    const { result, measured } = await target.during(() => sendHttp(target, '/v1/traces', body, headers))
    expect(result.status).toBe(status)
    stalls.push(`${name} ${measured.stallMs.toFixed(0)} ms`)
  })

  it.each(BOMBS.filter(([, , headers]) => headers['content-type'] === PROTOBUF['content-type']))(
    'over gRPC: %s',
    { timeout: 120_000 },
    async (_name, create, headers, status) => {
      const bomb = await create()
      const { result } = await target.during(() =>
        headers['content-encoding'] ? sendGrpcGzipped(target, 'traces', bomb) : sendGrpc(target, 'traces', bomb),
      )
      expect(result.code).toBe(status === 200 ? 0 : 8)
    },
  )

  it('leave the receiver well', async () => {
    expect(target.alive()).toBe(true)
    expect(await send(target, 'http/json', 'traces', traces('ec'.repeat(16), {}), false)).toMatchObject({ status: 200, rejected: 0 })
    const { measured } = await target.during(async () => {})
    expect(measured.counts.refused.map((entry) => entry.reason)).not.toContain('internal')
  })
})
