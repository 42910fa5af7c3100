// The bytes of an OTLP ExportTraceServiceRequest → spans.
import { messageOf, SeamtraceError } from '@seamtrace/schema'
import type { Decoded } from './decoded.ts'
import { decodeJson } from './json.ts'
import { decodeProtobuf } from './protobuf.ts'

export type OtlpEncoding = 'protobuf' | 'json'

/**
 * Decodes all spans that have valid ids; the others are counted by reason.
 * @throws SeamtraceError bad_request when the body as a whole cannot be read, or holds no traces but logs or metrics
 */
export function decodeTraces(body: Uint8Array, encoding: OtlpEncoding): Decoded {
  const decoded: Decoded = { spans: [], rejected: [] }
  try {
    if (encoding === 'protobuf') decodeProtobuf(body, decoded)
    else decodeJson(body, decoded)
  } catch (error) {
    throw new SeamtraceError('bad_request', `cannot decode OTLP body of ${body.byteLength} bytes: ${messageOf(error)}`, { cause: error })
  }
  return decoded
}
