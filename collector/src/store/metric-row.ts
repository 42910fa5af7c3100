// A data point of a metric → its row in `genai_metrics`.
import type { MetricKind, MetricPoint } from '@seamtrace/schema'
import { splitAttributes, splitShared, type TextMap, UINT8, UINT32, wellFormed, within } from './cells.ts'
import { identityOf } from './identity.ts'

/** A row as JSONEachRow writes it. */
export type MetricRow = {
  project: string
  identity_hex: string
  name: string
  unit: string
  kind: MetricKind
  temporality: number
  monotonic: boolean
  start_unix_nano: string
  time_unix_nano: string
  value: number | null
  count: string
  sum: number | null
  min: number | null
  max: number | null
  bounds: number[]
  bucket_counts: string[]
  flags: number
  attributes: TextMap
  attributes_typed: TextMap
  service: string
  resource: TextMap
  resource_typed: TextMap
  scope_name: string
  scope_version: string
}

/** For INSERT. */
export const METRIC_COLUMNS =
  'project, identity_hex, name, unit, kind, temporality, monotonic, start_unix_nano, time_unix_nano, value, count, sum, min, max, bounds, ' +
  'bucket_counts, flags, attributes, attributes_typed, service, resource, resource_typed, scope_name, scope_version'

/** Any point gives a row that the table takes. */
export const toMetricRow = (project: string, point: MetricPoint): MetricRow => {
  const [attributes, attributesTyped] = splitAttributes(point.attributes)
  const [resource, resourceTyped] = splitShared(point.resource)
  const row = wellFormed({
    project,
    name: point.name,
    unit: point.unit,
    kind: point.kind,
    temporality: within(point.temporality, UINT8),
    monotonic: point.monotonic,
    start_unix_nano: point.startTimeUnixNano.toString(),
    time_unix_nano: point.timeUnixNano.toString(),
    value: finite(point.value),
    count: point.count.toString(),
    sum: finite(point.sum),
    min: finite(point.min),
    max: finite(point.max),
    bounds: point.bounds.map((bound) => finite(bound) ?? Math.sign(bound) * Number.MAX_VALUE),
    bucket_counts: point.bucketCounts.map(String),
    flags: within(point.flags, UINT32),
    attributes,
    attributes_typed: attributesTyped,
    service: resource['service.name'] ?? '',
    resource,
    resource_typed: resourceTyped,
    scope_name: point.scopeName,
    scope_version: point.scopeVersion,
  })
  return { ...row, identity_hex: identityOf(row) }
}

// JSON has neither NaN nor infinities; a measurement that is none of the finite numbers is no measurement.
const finite = (value: number | null): number | null => (value === null || Number.isFinite(value) ? value : null)
