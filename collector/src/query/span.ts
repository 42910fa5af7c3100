// GET /traces/:traceId/spans/:spanId: one span with everything that was sent.
import {
  type Attributes,
  type AttributeValue,
  type EndpointParams,
  OTLP_KINDS,
  SeamtraceError,
  type SpanDetail,
  type SpanSummary,
} from '@seamtrace/schema'
import { anyValueFromJson, asList, asObject, attributesFromJson } from '../decode/any-value-json.ts'
import { readRows } from '../store/read.ts'
import type { Scope } from './scope.ts'
import { SPANS_OF_TRACES, SUMMARY_COLUMNS, traceParams } from './span-columns.ts'

type TextMap = Record<string, string>
type SpanRow = SpanSummary & {
  kindNumber: number
  status: number
  service: string
  scopeName: string
  scopeVersion: string
  emitter: string
  failureRule: string
  attributes: TextMap
  attributesTyped: TextMap
  resource: TextMap
  resourceTyped: TextMap
  events: string
  links: string
}

const STATUS_CODES = ['unset', 'ok', 'error'] as const

const SPAN = `
SELECT
  ${SUMMARY_COLUMNS}, kind AS kindNumber, status_code AS status, service, scope_name AS scopeName, scope_version AS scopeVersion, emitter,
  failure_rule AS failureRule, attributes, attributes_typed AS attributesTyped, resource, resource_typed AS resourceTyped, events, links
FROM spans
WHERE ${SPANS_OF_TRACES} AND span_id = toFixedString(unhex({spanId:String}), 8)
ORDER BY inserted_at DESC, start_unix_nano
LIMIT 1`

/** @throws SeamtraceError not_found */
export const span = async (scope: Scope, { traceId, spanId }: EndpointParams<'span'>): Promise<SpanDetail> => {
  const params = await traceParams(scope, [traceId])
  const [row] = params ? await readRows<SpanRow>(scope.store, SPAN, { ...params, spanId }) : []
  if (!row) throw new SeamtraceError('not_found', `cannot find span ${spanId} of trace ${traceId}`, { parameters: ['traceId', 'spanId'] })
  return detailOf(row)
}

const detailOf = ({ kindNumber, status, attributesTyped, resourceTyped, ...row }: SpanRow): SpanDetail => ({
  ...row,
  kind: OTLP_KINDS[kindNumber] ?? String(kindNumber),
  statusCode: STATUS_CODES[status] ?? String(status),
  attributes: mergedJson(row.attributes, attributesTyped),
  resource: mergedJson(row.resource, resourceTyped),
  events: storedList(row.events).map((event) => ({
    timeUnixNano: String(event.timeUnixNano ?? '0'),
    name: String(event.name ?? ''),
    attributes: plainJson(attributesFromJson(event.attributes)),
  })),
  links: storedList(row.links).map((link) => ({
    traceId: String(link.traceId ?? ''),
    spanId: String(link.spanId ?? ''),
    attributes: plainJson(attributesFromJson(link.attributes)),
  })),
})

const storedList = (json: string) => (json === '' ? [] : asList(JSON.parse(json), 'a stored list').map((item) => asObject(item, 'an item')))

const mergedJson = (texts: TextMap, typed: TextMap): Record<string, unknown> =>
  plainJson(
    new Map([...Object.entries(texts), ...Object.entries(typed).map(([key, json]) => [key, anyValueFromJson(JSON.parse(json))] as const)]),
  )

/** fromEntries defines properties, so that a key `__proto__` stays a key. */
const plainJson = (attributes: Attributes): Record<string, unknown> =>
  Object.fromEntries(Array.from(attributes, ([key, value]) => [key, plainValue(value)]))

/** What JSON has no way to say becomes text: integers beyond 2^53, NaN and infinities; bytes become base64. */
const plainValue = (value: AttributeValue): unknown => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plainValue)
  if (value instanceof Map) return plainJson(value)
  if (typeof value === 'object' && value !== null) return Number.isFinite(value.double) ? value.double : String(value.double)
  return value
}
