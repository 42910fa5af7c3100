// Damaged bodies by the thousand, and bombs, beside sound traffic: no crash, no 5xx but a refusal, and what is sound is stored.
import * as bombs from '../../otlp/bombs.ts'
import { type Body, mutant, type Random, seeds } from '../../otlp/mutate.ts'
import { type Answer, openGrpc, sendHttp, type Target } from '../../otlp/transports.ts'
import { inTurns, request } from '../http.ts'
import { ingestOf } from '../read-back.ts'
import { createRig } from '../rig.ts'
import { type Context, expectThat, quantile, type Report, type Scenario } from '../scenario.ts'

const MIB = 1024 * 1024
const AT_ONCE = 32
// of collector and engine together; the engine's caches fill in the first minutes
const MAX_GROWTH_MIB = 400
const MAX_BOMB_MIB = 800
const ALLOWED = ['http 200', 'http 400', 'http 413', 'http 429', 'http 503', 'grpc 0', 'grpc 3', 'grpc 8', 'grpc 14']

export const malformed: Scenario = {
  name: 'malformed',
  what: 'mutated bodies over HTTP and gRPC, and bombs, beside sound traffic',
  run: (context, report) => sendMalformed(context, report, context.sized(10_000, 1_000_000)),
}

/** @param through what stands in front of the collector, if anything */
export const sendMalformed = async (
  context: Context,
  report: Report,
  bodies: number,
  through: (otlp: string) => Promise<string> = async (same) => same,
): Promise<void> => {
  const rig = await createRig(context, report)
  const life = await rig.begin()
  const target: Target = { httpUrl: await through(life.otlp), grpcAddress: life.grpcAddress }
  const load = rig.load({ payloadsPerSecond: 3, parallel: 4 })
  const beforeMib = life.bytes() / MIB
  const answers = new Map<string, number>()
  const note = (key: string): void => void answers.set(key, (answers.get(key) ?? 0) + 1)
  let maxMib = 0
  const healthMs: number[] = []
  const watch = setInterval(() => {
    maxMib = Math.max(maxMib, life.bytes() / MIB)
    const startedMs = performance.now()
    request(`${life.api}/healthz`).then(
      () => healthMs.push(performance.now() - startedMs),
      () => note('no answer of /healthz'),
    )
  }, 500)
  context.defer(() => clearInterval(watch))
  await sendMutants(context, target, bodies, note)
  const growthMib = Math.max(0, maxMib - beforeMib)
  if (bodies >= 10_000) await sendBombs(context, target, note)
  clearInterval(watch)

  const unfit = [...answers].filter(([key]) => !ALLOWED.includes(key)).map(([key, count]) => `${count} × ${key}`)
  const { refused } = await ingestOf(life.api)
  const bombMib = Math.max(0, maxMib - beforeMib)
  Object.assign(report.figures, {
    bodies,
    '200': answers.get('http 200') ?? 0,
    '400': answers.get('http 400') ?? 0,
    'grown MiB': growthMib,
    'with bombs MiB': bombMib,
  })
  report.figures['health p99 ms'] = quantile(healthMs, 0.99)
  expectThat(report, unfit.length === 0, `answers that no client must get: ${unfit.slice(0, 10).join(', ')}`)
  expectThat(report, life.isAlive(), 'the collector ended')
  expectThat(
    report,
    refused.every(({ reason }) => reason !== 'internal'),
    `internal errors: ${JSON.stringify(refused)}`,
  )
  expectThat(report, growthMib <= MAX_GROWTH_MIB, `grown by ${Math.round(growthMib)} MiB, more than ${MAX_GROWTH_MIB}`)
  expectThat(report, bombMib <= MAX_BOMB_MIB, `grown by ${Math.round(bombMib)} MiB with bombs, more than ${MAX_BOMB_MIB}`)
  await rig.judge(load, { exclusive: false, settleMs: 20_000 })
}

const sendMutants = async (context: Context, target: Target, bodies: number, note: (key: string) => void): Promise<void> => {
  const sound: Body[] = seeds()
  const random: Random = (below) => Math.floor(context.random() * below)
  const grpc = openGrpc(target)
  context.defer(grpc.close)
  const noteAnswer = (transport: 'http' | 'grpc', { status, code }: Answer): void =>
    note(`${transport} ${transport === 'grpc' ? code : status}`)
  await inTurns(range(bodies), AT_ONCE, async (index) => {
    if (index % 1_000 === 0) context.progress(`${index} of ${bodies} bodies`)
    const { signal, json, gzip, bytes } = mutant(sound, random)
    if (!json && random(8) === 0) return noteAnswer('grpc', await grpc.send(signal, bytes))
    const headers = {
      'content-type': json ? 'application/json' : 'application/x-protobuf',
      ...(gzip ? { 'content-encoding': 'gzip' } : {}),
    }
    // what is no valid Status, or no answer at all, is thrown here
    await sendHttp(target, `/v1/${signal}`, bytes, headers).then(
      (answer) => noteAnswer('http', answer),
      (error: Error) => note(`http: ${error.message.slice(0, 80)}`),
    )
  })
}

function* range(count: number): Generator<number> {
  for (let at = 0; at < count; at++) yield at
}

const PROTOBUF = { 'content-type': 'application/x-protobuf' }
const JSON_TYPE = { 'content-type': 'application/json' }
const GZIP = { 'content-encoding': 'gzip' }

const sendBombs = async (context: Context, target: Target, note: (key: string) => void): Promise<void> => {
  const zeros = await bombs.zerosGzipped(512)
  const all: [name: string, body: () => Buffer, headers: Record<string, string>][] = [
    ['zeros', () => zeros, { ...PROTOBUF, ...GZIP }],
    ['zeros, gzipped twice', () => bombs.twiceGzipped(zeros), { ...JSON_TYPE, ...GZIP }],
    ['deep JSON', () => bombs.deepJson(10_000), JSON_TYPE],
    ['deep protobuf', () => bombs.deepProtobuf(10_000), PROTOBUF],
    ['empty objects', () => bombs.emptyObjectsJson(64 * MIB), JSON_TYPE],
    ['empty spans', () => bombs.tinySpansProtobuf(16 * MIB), PROTOBUF],
    ['a wide resource', () => bombs.wideResourceProtobuf(200_000, 100_000), PROTOBUF],
  ]
  for (const [name, body, headers] of all) {
    context.progress(`bomb: ${name}`)
    await sendHttp(target, '/v1/traces', body(), headers).then(
      ({ status }) => note(`http ${status}`),
      (error: Error) => note(`bomb ${name}: ${error.message.slice(0, 80)}`),
    )
  }
}
