// The worker thread that decodes bodies, one after the other. Of a large body it gives the rows part by part and waits after each
// until it is asked for the next; the last part comes with the word that all is done, since each message costs a change of threads.
import { parentPort, workerData } from 'node:worker_threads'
import { type ErrorCode, messageOf, SeamtraceError } from '@seamtrace/schema'
import { recognize } from '../recognize/recognize.ts'
import type { DecodeRequest } from './intake.ts'
import { type Received, type Rows, takeBody } from './take-body.ts'

export type WorkerInit = { disabledRules: string[] }
export type WorkerRequest = DecodeRequest & { arrivedAtMs: number }
/** Answers come in the order of the requests. */
export type WorkerAnswer =
  | { kind: 'rows'; rows: Rows }
  | { kind: 'done'; rows: Rows | undefined; received: Received }
  | { kind: 'failed'; code: ErrorCode; message: string }

type Parts = Generator<Rows, Received>

const { disabledRules } = workerData as WorkerInit
const rules = new Set(disabledRules)
const port = parentPort
const waiting: WorkerRequest[] = []
let parts: Parts | undefined
/** of the request that is worked on, until it is read: all of it is, before its first part is there */
let body: ArrayBuffer | undefined

port?.on('message', (message: WorkerRequest | 'next') => {
  if (message !== 'next') waiting.push(message)
  if (message === 'next' || !parts) work()
})

/** Goes on until a part has to be waited for, or nothing is left. */
const work = (): void => {
  for (;;) {
    const request = parts ? undefined : waiting.shift()
    if (request) {
      parts = begin(request)
      body = request.body.buffer as ArrayBuffer
    }
    if (!parts) return
    const answer = nextAnswer(parts)
    body?.transfer(0)
    body = undefined
    tell(answer)
    if (answer.kind === 'rows') return
    parts = undefined
  }
}

const begin = ({ signal, encoding, body, project, arrivedAtMs }: WorkerRequest): Parts =>
  takeBody(signal, encoding, body, { project, recognize: (span) => recognize(span, rules), arrivedAtMs })

const nextAnswer = (from: Parts): WorkerAnswer => {
  try {
    const part = from.next()
    if (part.done) return { kind: 'done', rows: undefined, received: part.value }
    if (!part.value.last) return { kind: 'rows', rows: part.value }
    const end = from.next()
    return end.done ? { kind: 'done', rows: part.value, received: end.value } : { kind: 'rows', rows: part.value }
  } catch (error) {
    return { kind: 'failed', code: error instanceof SeamtraceError ? error.code : 'internal', message: messageOf(error) }
  }
}

const tell = (answer: WorkerAnswer): void => {
  const moved = answer.kind !== 'failed' && answer.rows ? [answer.rows.bytes.buffer as ArrayBuffer] : []
  port?.postMessage(answer, moved)
}
