// OTLP requests by the million from a pool that is encoded once: ids, times and unique texts are written over in place.
import { type Attributes, type HrTime, type SpanContext, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { OTEL } from '@seamtrace/schema'
import { randomFrom } from '../../../examples/src/faults/random.ts'
import { type Profile, runTemplate, type TemplateSpan } from './run-template.ts'

export type RequestOptions = { profile: Profile; seed: number; spansPerRequest: number; pool: number }

export type OtlpRequest = { body: Buffer; spans: number; runs: number }

export type Requests = {
  /**
   * The request of that number: the same bytes for the same options, number and time. `body` is written over by the request whose
   * number is higher by the size of the pool.
   */
  at(number: number, startUnixMs: number): OtlpRequest
}

const SPANS_PER_RUN = 19
// runs of one request begin this long after each other
const STAGGER_US = 25_000
// FF is no byte of UTF-8, so neither a text nor a length can be taken for a mark
const TRACE_MARK = Buffer.from('ffa5ff01', 'hex')
const SPAN_MARK = Buffer.from('ffa5ff02', 'hex')
const TIME_MARK = Buffer.from('a5ffff17', 'hex')
const TEXT_MARK = 'f00d5eed'
const HEX = Uint16Array.from({ length: 256 }, (_, byte) => Buffer.from(byte.toString(16).padStart(2, '0'), 'latin1').readUInt16LE())

/** @throws RangeError when the pool is empty */
export const createRequests = (options: RequestOptions): Requests => {
  const pool = Array.from({ length: options.pool }, (_, slot) => preparedFrom(poolRuns(options, slot), slot))
  return {
    at: (number, startUnixMs) => {
      const prepared = pool[number % pool.length]
      if (!prepared) throw new RangeError('cannot make requests from an empty pool')
      fillRandom(prepared.random, options.seed, number)
      patch(prepared, BigInt(startUnixMs) * 1_000_000n)
      return { body: prepared.body, spans: prepared.spans, runs: prepared.runs }
    },
  }
}

/** The runs of one request of the pool, before ids, times and unique texts are filled in. */
export const poolRuns = ({ profile, seed, spansPerRequest }: RequestOptions, slot: number): TemplateSpan[][] => {
  let texts = 0
  return Array.from({ length: Math.max(1, Math.round(spansPerRequest / SPANS_PER_RUN)) }, (_, run) => {
    const first = texts
    return runTemplate(profile, randomFrom(seed * 1_000_003 + slot * 1_009 + run), (number) => {
      texts = Math.max(texts, first + number + 1)
      return TEXT_MARK + (first + number).toString(16).padStart(8, '0')
    })
  })
}

/** Where in `body` something is written, and from which random word on, or how many µs after the start. */
type Places = { at: Uint32Array; value: Uint32Array }
type Prepared = {
  body: Buffer
  view: DataView
  spans: number
  runs: number
  random: Uint32Array
  traceIds: Places
  spanIds: Places
  texts: Places
  times: Places
}

const preparedFrom = (runs: TemplateSpan[][], slot: number): Prepared => {
  const spans = readableSpans(runs, slot)
  const body = Buffer.from(ProtobufTraceSerializer.serializeRequest(spans) ?? [])
  const after = (mark: Buffer | string) => places(body, mark)
  const traceIds = after(TRACE_MARK).map((at) => [at, body.readUInt32LE(at + 4) * 4] as const)
  const spanIds = after(SPAN_MARK).map((at) => [at, runs.length * 4 + body.readUInt32LE(at + 4) * 2] as const)
  const firstText = (runs.length * 2 + spans.length) * 2
  const texts = after(TEXT_MARK).map((at) => [at, firstText + Number.parseInt(body.toString('latin1', at + 8, at + 16), 16) * 2] as const)
  const times = after(TIME_MARK).map((at) => [at - 4, body.readUInt32LE(at - 4)] as const)
  const last = Math.max(...texts.map(([, word]) => word))
  return {
    body,
    view: new DataView(body.buffer, body.byteOffset, body.byteLength),
    spans: spans.length,
    runs: runs.length,
    random: new Uint32Array(last + 2),
    traceIds: packed(traceIds),
    spanIds: packed(spanIds),
    texts: packed(texts),
    times: packed(times),
  }
}

const places = (body: Buffer, mark: Buffer | string): number[] => {
  const found: number[] = []
  for (let at = body.indexOf(mark, 0, 'latin1'); at >= 0; at = body.indexOf(mark, at + mark.length, 'latin1')) found.push(at)
  return found
}

const packed = (pairs: (readonly [at: number, value: number])[]): Places => ({
  at: Uint32Array.from(pairs, ([at]) => at),
  value: Uint32Array.from(pairs, ([, value]) => value),
})

const le32 = (value: number): string => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes.toString('hex')
}

const readableSpans = (runs: TemplateSpan[][], slot: number): ReadableSpan[] => {
  const resource = resourceOf(slot)
  let firstSpan = 0
  return runs.flatMap((run, index) => {
    const first = firstSpan
    firstSpan += run.length
    const context = (span: number): SpanContext => ({
      traceId: `${TRACE_MARK.toString('hex')}${le32(index)}${'00'.repeat(8)}`,
      spanId: `${SPAN_MARK.toString('hex')}${le32(first + span)}`,
      traceFlags: TraceFlags.SAMPLED,
    })
    const readable = run.map((span, number) => readableSpan(span, context(number), context, index * STAGGER_US))
    // as a processor hands them over: in the order of their ends
    return readable
      .map((span, number) => ({ span, endUs: run[number]?.endUs ?? 0 }))
      .sort((a, b) => a.endUs - b.endUs)
      .map(({ span }) => ({ ...span, resource }))
  })
}

/** Eight processes on four machines. */
const resourceOf = (slot: number): ReadableSpan['resource'] => {
  const attributes = {
    'service.name': 'support-agent',
    'service.version': '3.4.0',
    'service.instance.id': `support-agent-6d8f7c9b54-${(slot % 8).toString(36).padStart(5, 'k')}`,
    'deployment.environment.name': 'production',
    'host.name': `node-${slot % 4}.eu-central.internal`,
    'process.pid': 17 + (slot % 8),
    'process.runtime.name': 'nodejs',
    'process.runtime.version': '24.21.0',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.version': '2.12.1',
  }
  const resource: ReadableSpan['resource'] = { attributes, merge: () => resource, getRawAttributes: () => Object.entries(attributes) }
  return resource
}

const SCOPES = {
  sdk: { name: '@seamtrace/sdk', version: '0.1.0' },
  openai: { name: '@seamtrace/sdk/openai', version: '0.1.0' },
}

const readableSpan = (
  span: TemplateSpan,
  own: SpanContext,
  context: (span: number) => SpanContext,
  fromUs: number,
): Omit<ReadableSpan, 'resource'> => {
  const { name, kind, parent, error } = span
  const attributes: Attributes = span.attributes
  const exception = error && {
    name: 'exception',
    time: markedTime(fromUs + span.endUs),
    attributes: {
      [OTEL.exceptionType]: error.type,
      [OTEL.exceptionMessage]: error.message,
      ...(error.stack === '' ? {} : { [OTEL.exceptionStacktrace]: error.stack }),
    },
    droppedAttributesCount: 0,
  }
  return {
    name,
    kind,
    spanContext: () => own,
    ...(parent < 0 ? {} : { parentSpanContext: context(parent) }),
    startTime: markedTime(fromUs + span.startUs),
    endTime: markedTime(fromUs + span.endUs),
    status: error ? { code: SpanStatusCode.ERROR, message: error.message } : { code: SpanStatusCode.UNSET },
    attributes,
    links: [],
    events: exception ? [exception] : [],
    duration: [0, 0],
    ended: true,
    instrumentationScope: SCOPES[span.scope],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

/** A time whose upper half is the mark and whose lower half is the offset. */
const markedTime = (us: number): HrTime => {
  const nano = (BigInt(TIME_MARK.readUInt32LE()) << 32n) | BigInt(us)
  return [Number(nano / 1_000_000_000n), Number(nano % 1_000_000_000n)]
}

/** sfc32 (public domain, C. Doty-Humphrey), seeded by both numbers: request n needs no request before it. */
const fillRandom = (words: Uint32Array, seed: number, number: number): void => {
  let a = seed | 0
  let b = number | 0
  let c = 0x9e3779b9 | 0
  let count = 1
  for (let index = -16; index < words.length; index++) {
    const word = (a + b + count) | 0
    count = (count + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + word) | 0
    if (index >= 0) words[index] = word
  }
}

const patch = ({ view, random, traceIds, spanIds, texts, times }: Prepared, startUnixNano: bigint): void => {
  writeWords(view, traceIds, random, 4)
  writeWords(view, spanIds, random, 2)
  writeDigits(view, texts, random)
  writeTimes(view, times, startUnixNano)
}

// Plain loops, one a kind: a callback for each place took five times as long.
const writeWords = (view: DataView, { at, value }: Places, random: Uint32Array, count: number): void => {
  for (let index = 0; index < at.length; index++) {
    const place = at[index] ?? 0
    const from = value[index] ?? 0
    for (let part = 0; part < count; part++) view.setUint32(place + part * 4, random[from + part] ?? 0, true)
  }
}

const writeDigits = (view: DataView, { at, value }: Places, random: Uint32Array): void => {
  for (let index = 0; index < at.length; index++) {
    const place = at[index] ?? 0
    const from = value[index] ?? 0
    for (let part = 0; part < 8; part++) {
      const byte = ((random[from + (part >> 2)] ?? 0) >>> ((part & 3) * 8)) & 0xff
      view.setUint16(place + part * 2, HEX[byte] ?? 0, true)
    }
  }
}

const writeTimes = (view: DataView, { at, value }: Places, startUnixNano: bigint): void => {
  const high = Number(startUnixNano >> 32n)
  const low = Number(startUnixNano & 0xffff_ffffn)
  for (let index = 0; index < at.length; index++) {
    const place = at[index] ?? 0
    const sum = low + (value[index] ?? 0) * 1_000
    view.setUint32(place, sum >>> 0, true)
    view.setUint32(place + 4, high + Math.floor(sum / 0x1_0000_0000), true)
  }
}
