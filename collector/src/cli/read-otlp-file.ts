// Reads an OTLP file: traces or logs, in JSON, JSON lines or protobuf, one request or many, gzipped or not, all told by its bytes.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type LogRecord, messageOf, SeamtraceError, type Span } from '@seamtrace/schema'
import { decodeLogs } from '../decode/decode-logs.ts'
import { decodeTraces, type OtlpEncoding } from '../decode/decode-traces.ts'
import type { Counted } from '../decode/decoded.ts'
import { oneLine } from './table.ts'

export type OtlpFile = { spans: Span[]; logs: LogRecord[]; rejected: Counted[] }

// A file is somebody's own choice, so it may be larger than a request; a gzip bomb still ends here.
const MAX_BYTES = 1024 * 1024 * 1024

/** @throws SeamtraceError when the file cannot be read or is not OTLP */
export function readOtlpFile(file: string): OtlpFile {
  try {
    return decodeFile(inflate(readFileSync(file)), basename(file).includes('.logs.'))
  } catch (error) {
    throw new SeamtraceError('internal', `cannot read ${file}: ${oneLine(reasonOf(error))}`, { cause: error })
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && error.code === 'EISDIR' ? 'it is a directory' : messageOf(error)

const inflate = (bytes: Buffer): Buffer =>
  bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes

function decodeFile(bytes: Buffer, isNamedLogs: boolean): OtlpFile {
  if (bytes.length === 0) throw new Error('it is empty')
  // A request in protobuf begins with a line feed, the tag of its first field, and so may JSON; before a length there is none in JSON.
  const lengths = bytes[0] === 0x0a ? [bytes] : delimited(bytes)
  if (lengths && !isJson(bytes)) return together(lengths.map((part) => decodePart(part, 'protobuf', isNamedLogs)))
  if (!/^\s*[{[]/.test(bytes.toString('utf8', 0, 1000))) throw new Error('it is no OTLP: neither protobuf nor JSON')
  return together(jsonParts(bytes).map((part) => decodePart(part, 'json', isNamedLogs)))
}

/** Requests with their lengths before them, in four bytes, as the file exporter of OpenTelemetry's collector writes them. */
function delimited(bytes: Buffer): Buffer[] | null {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 <= bytes.length ? at + 4 + bytes.readUInt32BE(at) : Number.POSITIVE_INFINITY
    if (end > bytes.length) return null
    parts.push(bytes.subarray(at + 4, end))
    at = end
  }
  return parts
}

/** A document, a list of them, or one in each line. */
function jsonParts(bytes: Buffer): Buffer[] {
  const lines = bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
  const list = bytes.toString('utf8', 0, 100).trimStart().startsWith('[') ? (JSON.parse(bytes.toString('utf8')) as unknown[]) : null
  if (list) return list.map((request) => Buffer.from(JSON.stringify(request)))
  return lines.length < 2 || !isJson(Buffer.from(lines[0] ?? '')) ? [bytes] : lines.map((line) => Buffer.from(line))
}

/** What does not read as one signal may be the other; a name with `.logs.` says which to try first. */
function decodePart(bytes: Buffer, encoding: OtlpEncoding, isNamedLogs: boolean): OtlpFile {
  const asTraces = (): OtlpFile => ({ logs: [], ...decodeTraces(bytes, encoding) })
  const asLogs = (): OtlpFile => ({ spans: [], ...decodeLogs(bytes, encoding) })
  const [first, second] = isNamedLogs ? [asLogs, asTraces] : [asTraces, asLogs]
  let found: OtlpFile
  try {
    found = first()
  } catch (error) {
    try {
      return second()
    } catch {
      throw error
    }
  }
  if (found.spans.length + found.logs.length === 0 && isOtherJson(bytes, encoding))
    throw new Error('it is no OTLP: it has neither resourceSpans nor resourceLogs')
  return found
}

/** An empty request is OTLP, any other object is not. */
const isOtherJson = (bytes: Buffer, encoding: OtlpEncoding): boolean => {
  if (encoding === 'protobuf') return false
  const keys = Object.keys(JSON.parse(bytes.toString('utf8')) as object)
  return keys.length > 0 && !keys.some((key) => ['resourceSpans', 'resource_spans', 'resourceLogs', 'resource_logs'].includes(key))
}

const together = (parts: readonly OtlpFile[]): OtlpFile => ({
  spans: parts.flatMap(({ spans }) => spans),
  logs: parts.flatMap(({ logs }) => logs),
  rejected: parts.flatMap(({ rejected }) => rejected),
})

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'))
    return true
  } catch {
    return false
  }
}
