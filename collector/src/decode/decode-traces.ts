// The bytes of an OTLP ExportTraceServiceRequest → spans.
import { messageOf, SeamtraceError } from '@seamtrace/schema'
import type { Decoded } from './decoded.ts'
import { decodeJsonSpans } from './json-spans.ts'
import { decodeProtobufSpans } from './protobuf-spans.ts'

export type OtlpEncoding = 'protobuf' | 'json'

/**
 * Decodes all spans that have valid ids; the others are counted by reason.
 * @throws SeamtraceError bad_request when the body as a whole cannot be read, or holds no traces but logs or metrics;
 *   too_large when its records would grow beyond measure
 */
export function decodeTraces(body: Uint8Array, encoding: OtlpEncoding): Decoded {
  const decoded: Decoded = { spans: [], rejected: [], truncated: [] }
  decoding(body, () => (encoding === 'protobuf' ? decodeProtobufSpans(body, decoded) : decodeJsonSpans(body, decoded)))
  return decoded
}

/** Any error of a decoder is a mistake in the body. */
export function decoding(body: Uint8Array, decode: () => void): void {
  try {
    decode()
  } catch (error) {
    if (error instanceof SeamtraceError) throw error
    throw new SeamtraceError('bad_request', `cannot decode OTLP body of ${body.byteLength} bytes: ${messageOf(error)}`, { cause: error })
  }
}
