// What an OTLP receiver answers: ExportTraceServiceResponse and google.rpc.Status, in both encodings.
import type { OtlpEncoding } from './decode-traces.ts'
import type { Rejected } from './decoded.ts'

/** https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto, by HTTP status. */
const RPC_CODES: Record<number, number> = { 400: 3, 404: 5, 405: 12, 413: 8, 415: 3, 500: 13, 501: 12, 503: 14 }

// The whole answer must stay below 4 MiB (OTLP 1.11); nobody reads more than this.
const MAX_MESSAGE = 2_000

/** On full success an empty message: `partial_success` is set only when spans were left out. */
export function encodeExportResponse(rejected: readonly Rejected[], encoding: OtlpEncoding): Buffer {
  const count = rejected.reduce((sum, group) => sum + group.count, 0)
  if (count === 0) return Buffer.from(encoding === 'json' ? '{}' : '')
  const message = shorten(rejected.map((group) => `${group.count} × ${group.reason} (${group.sample})`).join('; '))
  if (encoding === 'json') return Buffer.from(JSON.stringify({ partialSuccess: { rejectedSpans: String(count), errorMessage: message } }))
  return lengthField(1, Buffer.concat([varintField(1, count), lengthField(2, Buffer.from(message))]))
}

export function encodeStatus(httpStatus: number, text: string, encoding: OtlpEncoding): Buffer {
  const code = RPC_CODES[httpStatus] ?? 2
  const message = shorten(text)
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }))
  return Buffer.concat([varintField(1, code), lengthField(2, Buffer.from(message))])
}

const shorten = (text: string): string => text.slice(0, MAX_MESSAGE).toWellFormed()

const varintField = (number: number, value: number): Buffer => Buffer.from([number << 3, ...varint(value)])

const lengthField = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes])

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return [...bytes, rest]
}
