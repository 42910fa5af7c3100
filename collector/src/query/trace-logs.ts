// GET /traces/:traceId/logs: the log records of a trace, or of one span of it, by time.
import type { EndpointParams, EndpointQuery, EndpointResponse, LogSummary } from '@seamtrace/schema'
import { anyValueFromJson } from '../decode/any-value-json.ts'
import { mergeAttributes, type TextMap } from '../store/cells.ts'
import { readRows } from '../store/read.ts'
import { plainJson, plainValue } from './plain-json.ts'
import type { Scope } from './scope.ts'

type Row = Omit<LogSummary, 'body' | 'attributes' | 'isCut'> & {
  identity: string
  storedBody: string
  texts: TextMap
  others: TextMap
  isCut: number
}

const LONGEST = 16_384
const AT = 'if(time_unix_nano = 0, observed_unix_nano, time_unix_nano)'

// A copy that was sent again has the same identity; one merge later there is one row.
const LOGS = `
SELECT
  lower(hex(trace_id)) AS traceId, if(reinterpretAsUInt64(span_id) = 0, '', lower(hex(span_id))) AS spanId, toString(${AT}) AS timeUnixNano,
  severity_text AS severityText, severity_number AS severityNumber, event_name AS eventName, scope_name AS scopeName, service,
  lower(hex(log_records.identity)) AS identity,
  if(length(body) <= ${LONGEST}, body, '') AS storedBody,
  mapApply((key, value) -> (key, if(length(value) <= ${LONGEST}, value, substringUTF8(value, 1, ${LONGEST}))), attributes) AS texts,
  mapFilter((key, value) -> length(value) <= ${LONGEST}, attributes_typed) AS others,
  length(body) > ${LONGEST} OR arrayExists(value -> length(value) > ${LONGEST}, arrayConcat(mapValues(attributes), mapValues(attributes_typed))) AS isCut
FROM log_records
WHERE project = {project:String} AND trace_id = toFixedString(unhex({traceId:String}), 16)
  AND ({spanId:String} = '' OR span_id = toFixedString(unhex({spanId:String}), 8))
  AND ({afterId:String} = '' OR (${AT}, log_records.identity) > ({afterNano:UInt64}, toFixedString(unhex({afterId:String}), 16)))
ORDER BY ${AT}, log_records.identity
LIMIT 1 BY log_records.identity
LIMIT {limit:UInt32}`

const summaryOf = ({ identity: _, storedBody, texts, others, isCut, ...row }: Row): LogSummary => ({
  ...row,
  body: storedBody === '' ? null : plainValue(anyValueFromJson(JSON.parse(storedBody))),
  attributes: plainJson(mergeAttributes(texts, others)),
  isCut: isCut === 1,
})

/** A trace without any gives an empty page: logs may come before spans, and without. */
export const traceLogs = async (
  { store, project }: Scope,
  { traceId }: EndpointParams<'traceLogs'>,
  { spanId = '', limit, cursor = '' }: EndpointQuery<'traceLogs'>,
): Promise<EndpointResponse<'traceLogs'>> => {
  const [afterNano = '', afterId = ''] = cursor.split('.')
  const params = { project, traceId, spanId, afterNano: afterNano || '0', afterId, limit: limit + 1 }
  const rows = await readRows<Row>(store, LOGS, params, { maxBytes: 48 * 1024 * 1024 })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(summaryOf),
    nextCursor: last && rows.length > limit ? `${last.timeUnixNano}.${last.identity}` : null,
  }
}
