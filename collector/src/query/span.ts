// GET /traces/:traceId/spans/:spanId: one span with everything that was sent.
import { type EndpointParams, OTLP_KINDS, SeamtraceError, type SpanDetail, type SpanSummary } from '@seamtrace/schema'
import { asList, asObject, attributesFromJson } from '../decode/any-value-json.ts'
import { mergeAttributes, type TextMap } from '../store/cells.ts'
import { originOf } from '../store/origin.ts'
import { readRows } from '../store/read.ts'
import { plainJson } from './plain-json.ts'
import { atProjectPrices } from './project-costs.ts'
import type { Scope } from './scope.ts'
import { SPANS_OF_TRACES, SUMMARY_COLUMNS, traceParams } from './span-columns.ts'

type SpanRow = SpanSummary & {
  kindNumber: number
  status: number
  service: string
  origin: string
  skewed: boolean
  emitter: string
  failureRule: string
  attributes: TextMap
  attributesTyped: TextMap
  events: string
  links: string
}

const STATUS_CODES = ['unset', 'ok', 'error'] as const

const SPAN = `
SELECT
  ${SUMMARY_COLUMNS}, kind AS kindNumber, status_code AS status, service, origin, skewed, emitter,
  failure_rule AS failureRule, attributes, attributes_typed AS attributesTyped, events, links
FROM spans
WHERE ${SPANS_OF_TRACES} AND span_id = toFixedString(unhex({spanId:String}), 8)
ORDER BY inserted_at DESC, start_unix_nano
LIMIT 1`

/** @throws SeamtraceError not_found */
export const span = async (scope: Scope, { traceId, spanId }: EndpointParams<'span'>): Promise<SpanDetail> => {
  const params = await traceParams(scope, [traceId])
  const [row] = params ? await readRows<SpanRow>(scope.store, SPAN, { ...params, spanId }) : []
  if (!params || !row)
    throw new SeamtraceError('not_found', `cannot find span ${spanId} of trace ${traceId}`, { parameters: ['traceId', 'spanId'] })
  const [priced] = await atProjectPrices(scope, params, spanId, [row])
  return detailOf(priced ?? row)
}

const detailOf = ({ kindNumber, status, attributesTyped, origin: originText, ...row }: SpanRow): SpanDetail => {
  const origin = originOf(originText)
  return {
    ...row,
    scopeName: origin.scopeName,
    scopeVersion: origin.scopeVersion,
    kind: OTLP_KINDS[kindNumber] ?? String(kindNumber),
    statusCode: STATUS_CODES[status] ?? String(status),
    attributes: plainJson(mergeAttributes(row.attributes, attributesTyped)),
    resource: plainJson(origin.resource),
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
  }
}

const storedList = (json: string) => (json === '' ? [] : asList(JSON.parse(json), 'a stored list').map((item) => asObject(item, 'an item')))
