// OTLP logs in JSON → log records.
import { type LogRecord, messageOf, type Origin } from '@seamtrace/schema'
import { attributeFromJson, type Json } from './any-value-json.ts'
import { type DecodedLogs, reject, takeLog } from './decoded.ts'
import { asEnum, asHex, asName, asTime, asUint32, readAttributes, readJsonRecords } from './json-values.ts'
import { createLimiter, type Limiter } from './limits.ts'

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']
const SEVERITIES = ['UNSPECIFIED', ...LEVELS.flatMap((level) => [level, `${level}2`, `${level}3`, `${level}4`])]

/** @throws Error when the text is no ExportLogsServiceRequest */
export const decodeJsonLogs = (body: Uint8Array, decoded: DecodedLogs): void => {
  const limiter = createLimiter(decoded.truncated)
  readJsonRecords(body, 'logs', limiter, (json, origin) => {
    try {
      takeLog(decoded, { ...readLog(json, limiter), ...origin })
    } catch (error) {
      reject(decoded, messageOf(error), 'log record', typeof json.eventName === 'string' ? json.eventName : '')
    }
  })
}

const readLog = (json: Json, limiter: Limiter): Omit<LogRecord, keyof Origin> => ({
  timeUnixNano: asTime(json.timeUnixNano, 'timeUnixNano'),
  observedTimeUnixNano: asTime(json.observedTimeUnixNano, 'observedTimeUnixNano'),
  severityNumber: asEnum(json.severityNumber, 'SEVERITY_NUMBER_', SEVERITIES),
  severityText: asName(json.severityText, 'severityText', limiter),
  body: attributeFromJson(json.body, 'body', limiter),
  eventName: asName(json.eventName, 'eventName', limiter),
  ...readAttributes(json, limiter),
  flags: asUint32(json.flags, 'flags'),
  traceId: asHex(json.traceId, 'traceId'),
  spanId: asHex(json.spanId, 'spanId'),
})
