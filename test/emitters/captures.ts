// Reads the captures: which there are, what Seamtrace makes of one, and the truth beside it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { RecognizedSpan, Run } from '@seamtrace/schema'
import { analyze } from '../../collector/src/analyze/analyze.ts'
import { decodeLogs } from '../../collector/src/decode/decode-logs.ts'
import { decodeTraces } from '../../collector/src/decode/decode-traces.ts'
import type { DecodedLogs } from '../../collector/src/decode/decoded.ts'
import { recognize } from '../../collector/src/recognize/recognize.ts'
import { recognizeLog } from '../../collector/src/recognize/recognize-log.ts'
import type { Truth } from './truth.ts'

const FOLDER = path.join(import.meta.dirname, 'captures')
const TRUTH = '.truth.json'
// by then an open run counts as lost, as it does for a file that is analyzed later
const TWO_HOURS = 7_200_000_000_000n

/** `emitter/version/scenario` */
export type CaptureName = string

export const captureNames = (): CaptureName[] =>
  readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(TRUTH))
    .map((file) => file.slice(0, -TRUTH.length).split(path.sep).join('/'))
    .sort()

export const truthOf = (name: CaptureName): Truth => JSON.parse(readFileSync(path.join(FOLDER, `${name}${TRUTH}`), 'utf8')) as Truth

export const bytesOf = (name: CaptureName): Buffer => gunzipSync(readFileSync(path.join(FOLDER, `${name}.otlp`)))

const decodedLogs = (name: CaptureName): DecodedLogs => {
  const file = path.join(FOLDER, `${name}.logs.otlp`)
  return existsSync(file) ? decodeLogs(gunzipSync(readFileSync(file)), 'protobuf') : { logs: [], rejected: [], truncated: [] }
}

/** How many log records came with the spans, and why any was refused. */
export const logsOf = (name: CaptureName): { count: number; refused: string[] } => {
  const { logs, rejected } = decodedLogs(name)
  return { count: logs.length, refused: rejected.map(({ reason }) => reason) }
}

export const spansOf = (name: CaptureName): RecognizedSpan[] => {
  const { spans, rejected } = decodeTraces(bytesOf(name), 'protobuf')
  if (rejected.length > 0) throw new Error(`cannot replay ${name}: ${rejected.map(({ reason }) => reason).join(', ')}`)
  return spans.map((span) => recognize(span))
}

export const runsOf = (name: CaptureName): Run[] => {
  const spans = spansOf(name)
  const last = spans.reduce((latest, { endTimeUnixNano }) => (endTimeUnixNano > latest ? endTimeUnixNano : latest), 0n)
  const logs = decodedLogs(name).logs.flatMap((log) => recognizeLog(log) ?? [])
  return analyze(spans, { nowUnixNano: last + TWO_HOURS, logs }).map(({ run }) => run)
}
