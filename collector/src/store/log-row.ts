// A log record ↔ its row in `log_records`: the only place that knows both.
import type { LogRecord } from '@seamtrace/schema'
import { anyValueFromJson, anyValueToJson } from '../decode/any-value-json.ts'
import { mergeAttributes, splitAttributes, splitShared, type TextMap, UINT8, UINT32, wellFormed, within } from './cells.ts'
import { identityOf } from './identity.ts'

/** A row as JSONEachRow writes and reads it. Ids are hex here and bytes in the table; 64-bit times are text. */
export type LogRow = {
  project: string
  identity_hex: string
  trace_id_hex: string
  span_id_hex: string
  time_unix_nano: string
  observed_unix_nano: string
  severity_number: number
  severity_text: string
  body: string
  event_name: string
  attributes: TextMap
  attributes_typed: TextMap
  dropped_attributes: number
  flags: number
  service: string
  resource: TextMap
  resource_typed: TextMap
  resource_schema_url: string
  scope_name: string
  scope_version: string
  scope_attributes: TextMap
  scope_attributes_typed: TextMap
  scope_schema_url: string
}

/** For INSERT. */
export const LOG_COLUMNS =
  'project, identity_hex, trace_id_hex, span_id_hex, time_unix_nano, observed_unix_nano, severity_number, severity_text, body, event_name, ' +
  'attributes, attributes_typed, dropped_attributes, flags, service, resource, resource_typed, resource_schema_url, scope_name, ' +
  'scope_version, scope_attributes, scope_attributes_typed, scope_schema_url'

/** Any record gives a row that the table takes. */
export const toLogRow = (project: string, log: LogRecord): LogRow => {
  const [attributes, attributesTyped] = splitAttributes(log.attributes)
  const [resource, resourceTyped] = splitShared(log.resource)
  const [scopeAttributes, scopeAttributesTyped] = splitShared(log.scopeAttributes)
  const row = wellFormed({
    project,
    trace_id_hex: log.traceId,
    span_id_hex: log.spanId,
    time_unix_nano: log.timeUnixNano.toString(),
    observed_unix_nano: log.observedTimeUnixNano.toString(),
    severity_number: within(log.severityNumber, UINT8),
    severity_text: log.severityText,
    body: JSON.stringify(anyValueToJson(log.body)),
    event_name: log.eventName,
    attributes,
    attributes_typed: attributesTyped,
    dropped_attributes: within(log.droppedAttributesCount, UINT32),
    flags: within(log.flags, UINT32),
    service: resource['service.name'] ?? '',
    resource,
    resource_typed: resourceTyped,
    resource_schema_url: log.resourceSchemaUrl,
    scope_name: log.scopeName,
    scope_version: log.scopeVersion,
    scope_attributes: scopeAttributes,
    scope_attributes_typed: scopeAttributesTyped,
    scope_schema_url: log.scopeSchemaUrl,
  })
  return { ...row, identity_hex: identityOf(row) }
}

export const fromLogRow = (row: LogRow): LogRecord => ({
  timeUnixNano: BigInt(row.time_unix_nano),
  observedTimeUnixNano: BigInt(row.observed_unix_nano),
  severityNumber: row.severity_number,
  severityText: row.severity_text,
  body: anyValueFromJson(JSON.parse(row.body)),
  eventName: row.event_name,
  attributes: mergeAttributes(row.attributes, row.attributes_typed),
  droppedAttributesCount: row.dropped_attributes,
  flags: row.flags,
  traceId: idOf(row.trace_id_hex),
  spanId: idOf(row.span_id_hex),
  resource: mergeAttributes(row.resource, row.resource_typed),
  resourceSchemaUrl: row.resource_schema_url,
  scopeName: row.scope_name,
  scopeVersion: row.scope_version,
  scopeAttributes: mergeAttributes(row.scope_attributes, row.scope_attributes_typed),
  scopeSchemaUrl: row.scope_schema_url,
})

/** A FixedString that was not given is all zero. */
const idOf = (hex: string): string => (/^0*$/.test(hex) ? '' : hex)
