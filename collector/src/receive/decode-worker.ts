// The worker thread that decodes bodies. It gives rows part by part and waits after each until it is asked for the next.
import { parentPort, workerData } from 'node:worker_threads'
import { type ErrorCode, messageOf, SeamtraceError } from '@seamtrace/schema'
import { recognize } from '../recognize/recognize.ts'
import type { DecodeRequest } from './intake.ts'
import { type Received, type Rows, takeBody } from './take-body.ts'

export type WorkerInit = { disabledRules: string[] }
export type WorkerRequest = DecodeRequest & { arrivedAtMs: number }
export type WorkerAnswer =
  | { kind: 'rows'; rows: Rows }
  | { kind: 'done'; received: Received }
  | { kind: 'failed'; code: ErrorCode; message: string }

const { disabledRules } = workerData as WorkerInit
const rules = new Set(disabledRules)
const port = parentPort
let parts: Generator<Rows, Received> | undefined

port?.on('message', (message: WorkerRequest | 'next') => {
  try {
    if (message !== 'next') parts = begin(message)
    const next = parts?.next()
    if (!next) return
    if (next.done) tell({ kind: 'done', received: next.value })
    else tell({ kind: 'rows', rows: next.value }, [next.value.bytes.buffer as ArrayBuffer])
  } catch (error) {
    tell({ kind: 'failed', code: error instanceof SeamtraceError ? error.code : 'internal', message: messageOf(error) })
  }
})

const begin = ({ signal, encoding, body, project, arrivedAtMs }: WorkerRequest): Generator<Rows, Received> =>
  takeBody(signal, encoding, body, { project, recognize: (span) => recognize(span, rules), arrivedAtMs })

const tell = (answer: WorkerAnswer, moved: ArrayBuffer[] = []): void => port?.postMessage(answer, moved)
