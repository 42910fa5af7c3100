// OTLP metrics in JSON → counts by name, and the data points of those that are stored.
import { type MetricKind, type MetricPoint, messageOf, type Origin } from '@seamtrace/schema'
import { asBigInt, asDouble, asList, asObject, type Json } from './any-value-json.ts'
import { type DecodedMetrics, reject } from './decoded.ts'
import { asEnum, asName, asTime, asUint32, asUint64, readAttributes, readJsonRecords } from './json-values.ts'
import { createLimiter, type Limiter } from './limits.ts'
import { type Buckets, countPoints, isStored, MAX_BUCKETS, toExplicit } from './metric-points.ts'

const KIND_OF_NAME = {
  gauge: 'gauge',
  sum: 'sum',
  histogram: 'histogram',
  exponentialHistogram: 'exponential_histogram',
  summary: 'summary',
} as const satisfies Record<string, MetricKind>
const DATA_NAMES = Object.keys(KIND_OF_NAME) as (keyof typeof KIND_OF_NAME)[]
const TEMPORALITIES = ['UNSPECIFIED', 'DELTA', 'CUMULATIVE']

/** @throws Error when the text is no ExportMetricsServiceRequest */
export const decodeJsonMetrics = (body: Uint8Array, decoded: DecodedMetrics): void => {
  const limiter = createLimiter(decoded.truncated)
  readJsonRecords(body, 'metrics', limiter, (json, origin) => {
    try {
      readMetric(json, origin, decoded, limiter)
    } catch (error) {
      reject(decoded, messageOf(error), 'metric', typeof json.name === 'string' ? json.name : '')
    }
  })
}

const readMetric = (json: Json, origin: Origin, decoded: DecodedMetrics, limiter: Limiter): void => {
  const name = asName(json.name, 'metric name', limiter)
  const dataName = DATA_NAMES.find((candidate) => json[candidate] !== undefined && json[candidate] !== null)
  if (dataName === undefined) return
  const kind = KIND_OF_NAME[dataName]
  const data = asObject(json[dataName], dataName)
  const given = asList(data.dataPoints, 'dataPoints')
  countPoints(decoded, name, given.length)
  if (!isStored(name, kind)) return
  const common = {
    name,
    unit: asName(json.unit, 'unit', limiter),
    kind,
    temporality: asEnum(data.aggregationTemporality, 'AGGREGATION_TEMPORALITY_', TEMPORALITIES),
    monotonic: data.isMonotonic === true,
    ...origin,
  }
  // all of them before any is taken: a bad point rejects its metric, once
  const points = given.map((item) => readPoint(asObject(item, 'a data point'), kind, limiter))
  for (const point of points) decoded.points.push({ ...common, ...point })
}

type Point = Omit<MetricPoint, keyof Origin | 'name' | 'unit' | 'kind' | 'temporality' | 'monotonic'>

const readPoint = (json: Json, kind: MetricKind, limiter: Limiter): Point => ({
  startTimeUnixNano: asTime(json.startTimeUnixNano, 'startTimeUnixNano'),
  timeUnixNano: asTime(json.timeUnixNano, 'timeUnixNano'),
  attributes: readAttributes(json, limiter).attributes,
  flags: asUint32(json.flags, 'flags'),
  value: valueOfPoint(json),
  count: asUint64(json.count, 'count'),
  sum: optional(json.sum),
  min: optional(json.min),
  max: optional(json.max),
  ...(kind === 'exponential_histogram' ? explicitOf(json) : bucketsOf(json)),
})

const valueOfPoint = (json: Json): number | null => {
  if (json.asDouble != null) return asDouble(json.asDouble)
  return json.asInt != null ? Number(asBigInt(json.asInt, 'asInt')) : null
}

const optional = (json: unknown): number | null => (json === undefined || json === null ? null : asDouble(json))

const bucketsOf = (json: Json): Pick<MetricPoint, 'bounds' | 'bucketCounts'> => ({
  bounds: asList(json.explicitBounds, 'explicitBounds').slice(0, MAX_BUCKETS).map(asDouble),
  bucketCounts: countsOf(json.bucketCounts),
})

const countsOf = (json: unknown): bigint[] =>
  asList(json, 'bucketCounts')
    .slice(0, MAX_BUCKETS)
    .map((count) => asUint64(count, 'bucket count'))

const explicitOf = (json: Json) =>
  toExplicit({
    scale: Number(asBigInt(json.scale, 'scale')),
    zeroCount: asUint64(json.zeroCount, 'zeroCount'),
    zeroThreshold: optional(json.zeroThreshold) ?? 0,
    positive: exponentialBuckets(json.positive),
    negative: exponentialBuckets(json.negative),
  })

const exponentialBuckets = (json: unknown): Buckets => {
  const buckets = asObject(json ?? {}, 'buckets')
  return { offset: Number(asBigInt(buckets.offset, 'offset')), counts: countsOf(buckets.bucketCounts) }
}
