// OTLP logs in protobuf → log records. Field numbers: opentelemetry-proto, logs/v1/logs.proto.
import type { LogRecord, Origin } from '@seamtrace/schema'
import { type DecodedLogs, takeLog } from './decoded.ts'
import { createLimiter, type Limiter, sumDropped } from './limits.ts'
import { field, readAttribute, readName, readRecords, readValue } from './protobuf-values.ts'
import {
  type Cursor,
  cursorOf,
  FIXED32,
  FIXED64,
  LENGTH,
  readFixed32,
  readFixed64,
  readHex,
  readMessage,
  readTag,
  readUint32,
  skip,
  VARINT,
} from './wire.ts'

/** @throws Error when the bytes are no ExportLogsServiceRequest */
export const decodeProtobufLogs = (body: Uint8Array, decoded: DecodedLogs): void => {
  const limiter = createLimiter(decoded.truncated)
  readRecords(cursorOf(body), limiter, (record, origin) => takeLog(decoded, readLog(record, origin, limiter)))
}

const readLog = (message: Cursor, origin: Origin, limiter: Limiter): LogRecord => {
  const log: LogRecord = {
    timeUnixNano: 0n,
    observedTimeUnixNano: 0n,
    severityNumber: 0,
    severityText: '',
    body: null,
    eventName: '',
    attributes: new Map(),
    droppedAttributesCount: 0,
    flags: 0,
    traceId: '',
    spanId: '',
    ...origin,
  }
  let dropped = 0
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, FIXED64)) log.timeUnixNano = readFixed64(message)
    else if (tag === field(2, VARINT)) log.severityNumber = readUint32(message)
    else if (tag === field(3, LENGTH)) log.severityText = readName(message, limiter)
    else if (tag === field(5, LENGTH)) log.body = readValue(readMessage(message), 'body', limiter)
    else if (tag === field(6, LENGTH)) dropped += readAttribute(readMessage(message), log.attributes, limiter)
    else if (tag === field(7, VARINT)) log.droppedAttributesCount = readUint32(message)
    else if (tag === field(8, FIXED32)) log.flags = readFixed32(message)
    else if (tag === field(9, LENGTH)) log.traceId = readHex(message)
    else if (tag === field(10, LENGTH)) log.spanId = readHex(message)
    else if (tag === field(11, FIXED64)) log.observedTimeUnixNano = readFixed64(message)
    else if (tag === field(12, LENGTH)) log.eventName = readName(message, limiter)
    else skipUnknown(message, tag)
  }
  log.droppedAttributesCount = sumDropped(log.droppedAttributesCount, dropped)
  return log
}

// Spans and metrics have the same outer shape and would decode as empty records. Both begin with a text where a record has a time.
const skipUnknown = (message: Cursor, tag: number): void => {
  const number = tag >>> 3
  if (tag === field(1, LENGTH)) throw new Error('it holds OTLP traces or metrics, not logs')
  if (number <= 12 && number !== 4) throw new Error(`it does not hold logs: field ${number} of a record has wire type ${tag & 7}`)
  skip(message, tag)
}
