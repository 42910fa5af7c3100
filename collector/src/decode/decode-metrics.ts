// The bytes of an OTLP ExportMetricsServiceRequest → counts by name, and the data points that are stored.
import { decoding, type OtlpEncoding } from './decode-traces.ts'
import type { DecodedMetrics } from './decoded.ts'
import { decodeJsonMetrics } from './json-metrics.ts'
import { decodeProtobufMetrics } from './protobuf-metrics.ts'

/** @throws SeamtraceError bad_request, too_large: as decodeTraces */
export const decodeMetrics = (body: Uint8Array, encoding: OtlpEncoding): DecodedMetrics => {
  const decoded: DecodedMetrics = { points: [], counts: new Map(), rejected: [], truncated: [] }
  decoding(body, () => (encoding === 'protobuf' ? decodeProtobufMetrics(body, decoded) : decodeJsonMetrics(body, decoded)))
  return decoded
}
