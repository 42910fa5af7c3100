// The worker thread that decodes large bodies. It answers in parts and waits after each until it is asked for the next.
import { parentPort, workerData } from 'node:worker_threads'
import { type ErrorCode, messageOf, SeamtraceError } from '@seamtrace/schema'
import type { OtlpEncoding } from '../decode/decode-traces.ts'
import type { SignalName } from '../decode/json-values.ts'
import { recognize } from '../recognize/recognize.ts'
import type { Taken } from './ingest-stats.ts'
import { type Received, type Rows, takeBody } from './take-body.ts'

export type WorkerInit = { disabledRules: string[] }
export type WorkerRequest = { signal: SignalName; encoding: OtlpEncoding; body: Uint8Array; project: string; arrivedAtMs: number }
export type WorkerAnswer =
  | { kind: 'rows'; rows: Rows }
  | { kind: 'done'; taken: Taken; faults: string[] }
  | { kind: 'failed'; code: ErrorCode; message: string }

/** Bytes of rows that the main thread reads within some milliseconds. */
const PART_BYTES = 512 * 1024

const { disabledRules } = workerData as WorkerInit
const rules = new Set(disabledRules)
const port = parentPort
let parts: Iterator<WorkerAnswer> | undefined

port?.on('message', (message: WorkerRequest | 'next') => {
  if (message !== 'next') parts = answersTo(message)
  const { value, done } = parts?.next() ?? { done: true }
  if (!done) port.postMessage(value)
})

function* answersTo({ signal, encoding, body, project, arrivedAtMs }: WorkerRequest): Generator<WorkerAnswer> {
  let received: Received
  try {
    received = takeBody(signal, encoding, body, { project, recognize: (span) => recognize(span, rules), arrivedAtMs })
  } catch (error) {
    const code = error instanceof SeamtraceError ? error.code : 'internal'
    yield { kind: 'failed', code, message: messageOf(error) }
    return
  }
  const { rows, taken, faults } = received
  const perPart = partSize(rows, body.byteLength)
  yield* inParts(rows.spans, perPart, (part) => ({ spans: part, logs: [], metrics: [] }))
  yield* inParts(rows.logs, perPart, (part) => ({ spans: [], logs: part, metrics: [] }))
  yield* inParts(rows.metrics, perPart, (part) => ({ spans: [], logs: [], metrics: part }))
  yield { kind: 'done', taken, faults }
}

const partSize = ({ spans, logs, metrics }: Rows, bytes: number): number =>
  Math.max(1, Math.floor(((spans.length + logs.length + metrics.length) * PART_BYTES) / bytes))

function* inParts<Row>(rows: Row[], size: number, of: (part: Row[]) => Rows): Generator<WorkerAnswer> {
  for (let at = 0; at < rows.length; at += size) yield { kind: 'rows', rows: of(rows.slice(at, at + size)) }
}
