// OTLP metrics in protobuf → counts by name, and the data points of those that are stored. Field numbers: metrics/v1/metrics.proto.
import type { MetricKind, MetricPoint, Origin } from '@seamtrace/schema'
import type { DecodedMetrics } from './decoded.ts'
import { createLimiter, type Limiter } from './limits.ts'
import { type Buckets, countPoints, type Exponential, isStored, KIND_OF_FIELD, MAX_BUCKETS, toExplicit } from './metric-points.ts'
import { field, readAttribute, readName, readRecords } from './protobuf-values.ts'
import {
  type Cursor,
  cursorOf,
  FIXED64,
  LENGTH,
  readDouble,
  readFixed64,
  readMessage,
  readTag,
  readUint32,
  readUint64,
  skip,
  VARINT,
} from './wire.ts'

/** @throws Error when the bytes are no ExportMetricsServiceRequest */
export const decodeProtobufMetrics = (body: Uint8Array, decoded: DecodedMetrics): void => {
  const limiter = createLimiter(decoded.truncated)
  readRecords(cursorOf(body), limiter, (record, origin) => readMetric(record, origin, decoded, limiter))
}

type Data = { message: Cursor; kind: MetricKind }

const readMetric = (message: Cursor, origin: Origin, decoded: DecodedMetrics, limiter: Limiter): void => {
  let name = ''
  let unit = ''
  let data: Data | undefined
  while (message.at < message.end) {
    const tag = readTag(message)
    const kind = KIND_OF_FIELD[tag >>> 3]
    if (tag === field(1, LENGTH)) name = readName(message, limiter)
    else if (tag === field(3, LENGTH)) unit = readName(message, limiter)
    else if (kind !== undefined && (tag & 7) === LENGTH) data = { message: readMessage(message), kind }
    else skipUnknown(message, tag)
  }
  if (data) readData(data, { name, unit }, origin, decoded, limiter)
}

// Records of the other signals have a time, an enum or an id where a metric has a message.
const skipUnknown = (message: Cursor, tag: number): void => {
  const number = tag >>> 3
  const known = number === 1 || number === 2 || number === 3 || number === 12 || KIND_OF_FIELD[number] !== undefined
  if (known && (tag & 7) !== LENGTH) throw new Error('it holds OTLP traces or logs, not metrics')
  skip(message, tag)
}

/** The data points of one metric: all five kinds have them in field 1, temporality in field 2 and monotonicity in field 3. */
const readData = (
  { message, kind }: Data,
  names: Pick<MetricPoint, 'name' | 'unit'>,
  origin: Origin,
  decoded: DecodedMetrics,
  limiter: Limiter,
): void => {
  const points: Cursor[] = []
  let temporality = 0
  let monotonic = false
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) points.push(readMessage(message))
    else if (tag === field(2, VARINT)) temporality = readUint32(message)
    else if (tag === field(3, VARINT)) monotonic = readUint64(message) !== 0n
    else skip(message, tag)
  }
  countPoints(decoded, names.name, points.length)
  if (!isStored(names.name, kind)) return
  for (const point of points) {
    decoded.points.push({ ...emptyPoint(), ...names, kind, temporality, monotonic, ...origin, ...readPoint(point, kind, limiter) })
  }
}

type Point = Omit<MetricPoint, keyof Origin | 'name' | 'unit' | 'kind' | 'temporality' | 'monotonic'>

const emptyPoint = (): Point => ({
  startTimeUnixNano: 0n,
  timeUnixNano: 0n,
  attributes: new Map(),
  flags: 0,
  value: null,
  count: 0n,
  sum: null,
  min: null,
  max: null,
  bounds: [],
  bucketCounts: [],
})

const readPoint = (message: Cursor, kind: MetricKind, limiter: Limiter): Point => {
  if (kind === 'histogram') return readHistogram(message, limiter)
  return kind === 'exponential_histogram' ? readExponential(message, limiter) : readNumber(message, limiter)
}

const readNumber = (message: Cursor, limiter: Limiter): Point => {
  const point = emptyPoint()
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(2, FIXED64)) point.startTimeUnixNano = readFixed64(message)
    else if (tag === field(3, FIXED64)) point.timeUnixNano = readFixed64(message)
    else if (tag === field(4, FIXED64)) point.value = readDouble(message)
    else if (tag === field(6, FIXED64)) point.value = Number(BigInt.asIntN(64, readFixed64(message)))
    else if (tag === field(7, LENGTH)) readAttribute(readMessage(message), point.attributes, limiter)
    else if (tag === field(8, VARINT)) point.flags = readUint32(message)
    else skip(message, tag)
  }
  return point
}

const readHistogram = (message: Cursor, limiter: Limiter): Point => {
  const point = emptyPoint()
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(2, FIXED64)) point.startTimeUnixNano = readFixed64(message)
    else if (tag === field(3, FIXED64)) point.timeUnixNano = readFixed64(message)
    else if (tag === field(4, FIXED64)) point.count = readFixed64(message)
    else if (tag === field(5, FIXED64)) point.sum = readDouble(message)
    else if (isOf(tag, 6)) readFixed64s(message, tag, (at) => point.bucketCounts.push(readFixed64(at)), point.bucketCounts)
    else if (isOf(tag, 7)) readFixed64s(message, tag, (at) => point.bounds.push(readDouble(at)), point.bounds)
    else if (tag === field(9, LENGTH)) readAttribute(readMessage(message), point.attributes, limiter)
    else if (tag === field(10, VARINT)) point.flags = readUint32(message)
    else if (tag === field(11, FIXED64)) point.min = readDouble(message)
    else if (tag === field(12, FIXED64)) point.max = readDouble(message)
    else skip(message, tag)
  }
  return point
}

const readExponential = (message: Cursor, limiter: Limiter): Point => {
  const point = emptyPoint()
  const none = (): Buckets => ({ offset: 0, counts: [] })
  const exponential: Exponential = { scale: 0, zeroCount: 0n, zeroThreshold: 0, positive: none(), negative: none() }
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) readAttribute(readMessage(message), point.attributes, limiter)
    else if (tag === field(2, FIXED64)) point.startTimeUnixNano = readFixed64(message)
    else if (tag === field(3, FIXED64)) point.timeUnixNano = readFixed64(message)
    else if (tag === field(4, FIXED64)) point.count = readFixed64(message)
    else if (tag === field(5, FIXED64)) point.sum = readDouble(message)
    else if (tag === field(6, VARINT)) exponential.scale = readZigzag(message)
    else if (tag === field(7, FIXED64)) exponential.zeroCount = readFixed64(message)
    else if (tag === field(8, LENGTH)) exponential.positive = readBuckets(readMessage(message))
    else if (tag === field(9, LENGTH)) exponential.negative = readBuckets(readMessage(message))
    else if (tag === field(10, VARINT)) point.flags = readUint32(message)
    else if (tag === field(12, FIXED64)) point.min = readDouble(message)
    else if (tag === field(13, FIXED64)) point.max = readDouble(message)
    else if (tag === field(14, FIXED64)) exponential.zeroThreshold = readDouble(message)
    else skip(message, tag)
  }
  return { ...point, ...toExplicit(exponential) }
}

const readBuckets = (message: Cursor): Buckets => {
  const buckets: Buckets = { offset: 0, counts: [] }
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, VARINT)) buckets.offset = readZigzag(message)
    else if (isOf(tag, 2)) readVarints(message, tag, buckets.counts)
    else skip(message, tag)
  }
  return buckets
}

/** sint32 */
const readZigzag = (message: Cursor): number => {
  const value = readUint32(message)
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

// Repeated numbers come packed into one field, or one field each.
const isOf = (tag: number, number: number): boolean => tag >>> 3 === number && [VARINT, FIXED64, LENGTH].includes(tag & 7)

const readFixed64s = (message: Cursor, tag: number, readOne: (at: Cursor) => void, list: readonly unknown[]): void => {
  const from = (tag & 7) === LENGTH ? readMessage(message) : message
  if ((tag & 7) === VARINT) return skip(message, tag)
  do {
    if (list.length >= MAX_BUCKETS || from.at >= from.end) return from === message ? skip(message, tag) : undefined
    readOne(from)
  } while (from !== message)
}

const readVarints = (message: Cursor, tag: number, list: bigint[]): void => {
  if ((tag & 7) === VARINT) {
    const value = readUint64(message)
    if (list.length < MAX_BUCKETS) list.push(value)
    return
  }
  if ((tag & 7) === FIXED64) return skip(message, tag)
  const packed = readMessage(message)
  while (packed.at < packed.end && list.length < MAX_BUCKETS) list.push(readUint64(packed))
}
