// The bytes of an OTLP ExportLogsServiceRequest → log records.
import { decoding, type OtlpEncoding } from './decode-traces.ts'
import type { DecodedLogs } from './decoded.ts'
import { decodeJsonLogs } from './json-logs.ts'
import { decodeProtobufLogs } from './protobuf-logs.ts'

/** @throws SeamtraceError bad_request, too_large: as decodeTraces */
export const decodeLogs = (body: Uint8Array, encoding: OtlpEncoding): DecodedLogs => {
  const decoded: DecodedLogs = { logs: [], rejected: [], truncated: [] }
  decoding(body, () => (encoding === 'protobuf' ? decodeProtobufLogs(body, decoded) : decodeJsonLogs(body, decoded)))
  return decoded
}
