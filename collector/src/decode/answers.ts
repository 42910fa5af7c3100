// What an OTLP receiver answers: the export responses and google.rpc.Status, in both encodings.
import type { OtlpEncoding } from './decode-traces.ts'
import { type Outcome, totalOf } from './decoded.ts'
import type { SignalName } from './json-values.ts'
import { bytesField, message, textField, uintField, varintField } from './wire-writer.ts'

/** https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto, by HTTP status. */
const RPC_CODES: Record<number, number> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  408: 4,
  413: 8,
  415: 3,
  421: 9,
  500: 13,
  501: 12,
  503: 14,
}

// The whole answer must stay below 4 MiB (OTLP 1.11); nobody reads more than this.
const MAX_MESSAGE = 2_000

const REJECTED = { traces: 'rejectedSpans', logs: 'rejectedLogRecords', metrics: 'rejectedDataPoints' } as const

/**
 * On full success an empty message. `partial_success` is set when records were left out, and, as a warning with nothing
 * rejected, when parts of records were cut.
 */
export function encodeExportResponse(outcome: Outcome, encoding: OtlpEncoding, signal: SignalName = 'traces'): Buffer {
  const rejected = totalOf(outcome.rejected)
  if (rejected === 0 && outcome.truncated.length === 0) return Buffer.from(encoding === 'json' ? '{}' : '')
  const text = shorten(describe(outcome))
  if (encoding === 'json') {
    const count = rejected === 0 ? {} : { [REJECTED[signal]]: String(rejected) }
    return Buffer.from(JSON.stringify({ partialSuccess: { ...count, errorMessage: text } }))
  }
  return message(bytesField(1, message([...uintField(1, rejected), ...textField(2, text)])))
}

/** What was left out or cut, in words. */
export const describe = ({ rejected, truncated }: Outcome): string =>
  [...rejected, ...truncated].map((entry) => `${entry.count} × ${entry.reason} (${entry.sample})`).join('; ')

export function encodeStatus(httpStatus: number, text: string, encoding: OtlpEncoding): Buffer {
  const code = rpcCodeOf(httpStatus)
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message: shorten(text) }))
  return message([...varintField(1, BigInt(code)), ...textField(2, shorten(text))])
}

/** google.rpc.Status with a RetryInfo: without one a gRPC client must not try RESOURCE_EXHAUSTED again. */
export function encodeRetryStatus(code: number, text: string, retryAfterSeconds: number): Buffer {
  const retryInfo = message(bytesField(1, message(uintField(1, retryAfterSeconds))))
  const detail = message([...textField(1, 'type.googleapis.com/google.rpc.RetryInfo'), ...bytesField(2, retryInfo)])
  return message([...uintField(1, code), ...textField(2, shorten(text)), ...bytesField(3, detail)])
}

export const rpcCodeOf = (httpStatus: number): number => RPC_CODES[httpStatus] ?? 2

/** Within what anybody reads. */
export const shorten = (text: string): string => text.slice(0, MAX_MESSAGE).toWellFormed()
