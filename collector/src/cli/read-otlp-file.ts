// Reads the spans of an OTLP file: JSON, JSON lines or protobuf, gzipped or not, told by its bytes.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { messageOf, SeamtraceError } from '@seamtrace/schema'
import { decodeTraces } from '../decode/decode-traces.ts'
import type { Decoded } from '../decode/decoded.ts'

// A file is somebody's own choice, so it may be larger than a request; a gzip bomb still ends here.
const MAX_BYTES = 1024 * 1024 * 1024

/** Names with `.logs.` hold OTLP logs, which this release does not read. */
export const holdsLogs = (file: string): boolean => basename(file).includes('.logs.')

/** @throws SeamtraceError when the file cannot be read or holds no traces */
export function readOtlpFile(file: string): Decoded {
  try {
    return decodeFile(inflate(readFileSync(file)))
  } catch (error) {
    throw new SeamtraceError('internal', `cannot read ${file}: ${messageOf(error)}`, { cause: error })
  }
}

const inflate = (bytes: Buffer): Buffer =>
  bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes

function decodeFile(bytes: Buffer): Decoded {
  // A request in protobuf begins with a line feed, the tag of its first field, and so may JSON.
  if (bytes[0] === 0x0a) {
    try {
      return decodeTraces(bytes, 'protobuf')
    } catch (error) {
      if (!isJson(bytes.toString('utf8'))) throw error
    }
  }
  const lines = bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
  if (lines.length < 2 || !isJson(lines[0] ?? '')) return decodeTraces(bytes, 'json')
  const parts = lines.map((line) => decodeTraces(Buffer.from(line), 'json'))
  return {
    spans: parts.flatMap((part) => part.spans),
    rejected: parts.flatMap((part) => part.rejected),
    truncated: parts.flatMap((part) => part.truncated),
  }
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}
