// What metrics in both encodings share: which of them are stored, and exponential buckets as explicit ones.
import { isStoredMetric, type MetricKind, type MetricPoint } from '@seamtrace/schema'
import type { DecodedMetrics } from './decoded.ts'

/** The five kinds of data, by their field number in a Metric. */
export const KIND_OF_FIELD: Record<number, MetricKind> = {
  5: 'gauge',
  7: 'sum',
  9: 'histogram',
  10: 'exponential_histogram',
  11: 'summary',
}

/** A day's worth of different names would be a mistake of the sender; what comes after them is counted together. */
const MAX_NAMES = 1_000
export const OTHER_METRICS = '(other)'

export const countPoints = (decoded: DecodedMetrics, name: string, points: number): void => {
  const shown = decoded.counts.has(name) || decoded.counts.size < MAX_NAMES ? name.slice(0, 200).toWellFormed() : OTHER_METRICS
  decoded.counts.set(shown, (decoded.counts.get(shown) ?? 0) + points)
}

/** Summaries carry quantiles, which cannot be added up. */
export const isStored = (name: string, kind: MetricKind): boolean => kind !== 'summary' && isStoredMetric(name)

export type Buckets = { offset: number; counts: bigint[] }
export type Exponential = { scale: number; zeroCount: bigint; zeroThreshold: number; positive: Buckets; negative: Buckets }

// Ours would be a table of millions for a hostile point; SDKs keep to 160.
export const MAX_BUCKETS = 1_024

/** https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram: bucket i holds (base^i, base^(i+1)]. */
export const toExplicit = ({
  scale,
  zeroCount,
  zeroThreshold,
  positive,
  negative,
}: Exponential): Pick<MetricPoint, 'bounds' | 'bucketCounts'> => {
  const boundOf = (index: number): number => 2 ** (index * 2 ** -scale)
  const steps: [upper: number, count: bigint][] = []
  for (let index = negative.counts.length - 1; index >= 0; index--)
    steps.push([-boundOf(negative.offset + index), negative.counts[index] ?? 0n])
  if (positive.counts.length > 0) steps.push([Math.max(zeroThreshold, boundOf(positive.offset)), zeroCount])
  else steps.push([zeroThreshold, zeroCount])
  for (let index = 0; index < positive.counts.length; index++)
    steps.push([boundOf(positive.offset + index + 1), positive.counts[index] ?? 0n])
  return { bounds: steps.map(([upper]) => upper), bucketCounts: [...steps.map(([, count]) => count), 0n] }
}
