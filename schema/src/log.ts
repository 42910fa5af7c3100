// A log record and a data point of a metric, as OpenTelemetry sent them.
import type { Attributes, AttributeValue, Span } from './span.ts'

/** The resource and scope that a record came in. */
export type Origin = Pick<Span, 'resource' | 'resourceSchemaUrl' | 'scopeName' | 'scopeVersion' | 'scopeAttributes' | 'scopeSchemaUrl'>

/** One decoded log record. Ids are lower-case hex, '' when there are none; times are nanoseconds since 1970, 0 when unknown. */
export type LogRecord = Origin & {
  timeUnixNano: bigint
  observedTimeUnixNano: bigint
  severityNumber: number
  severityText: string
  body: AttributeValue
  /** '' for a record that is no event */
  eventName: string
  attributes: Attributes
  droppedAttributesCount: number
  flags: number
  traceId: string
  spanId: string
}

export const METRIC_KINDS = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'] as const
export type MetricKind = (typeof METRIC_KINDS)[number]

/** One data point. A gauge or sum has a `value`; histograms have the rest, exponential ones brought to explicit bounds. */
export type MetricPoint = Origin & {
  name: string
  unit: string
  kind: MetricKind
  /** 0 unspecified, 1 delta, 2 cumulative */
  temporality: number
  monotonic: boolean
  startTimeUnixNano: bigint
  timeUnixNano: bigint
  attributes: Attributes
  flags: number
  value: number | null
  count: bigint
  sum: number | null
  min: number | null
  max: number | null
  /** upper bounds; one bucket more than bounds */
  bounds: number[]
  bucketCounts: bigint[]
}

/** Metrics of which the data points are stored: what models were used and how long they took. */
export const isStoredMetric = (name: string): boolean =>
  name.startsWith('gen_ai.client.inference.usage.') ||
  name === 'gen_ai.client.token.usage' ||
  name === 'gen_ai.client.operation.duration' ||
  // what the conventions renamed it to
  name === 'gen_ai.client.inference.duration'
