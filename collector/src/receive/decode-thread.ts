// One worker thread: takes one body at a time, hands its rows on part by part, and tells when it has ended.
import { Worker } from 'node:worker_threads'
import { type ErrorCode, SeamtraceError } from '@seamtrace/schema'
import type { WorkerAnswer, WorkerInit, WorkerRequest } from './decode-worker.ts'
import type { KeepRows } from './intake.ts'
import type { Received, Rows } from './take-body.ts'

// Decoding is bounded in memory by itself (decode/limits.ts, decode/json-size.ts) and stays far below. This is no second bound:
// a worker that runs out of memory takes the process with it more often than not.
const WORKER_HEAP_MB = 2_048

export type Job = {
  request: WorkerRequest
  keep: KeepRows
  done: (received: Received) => void
  failed: (error: unknown) => void
}

export const stopping = (): SeamtraceError => new SeamtraceError('unavailable', 'cannot decode: the collector is stopping; try again')

export type DecodeThread = {
  /** Resolves when the job is settled: false when the thread has ended with it. */
  run(job: Job): Promise<boolean>
  /** how many so far */
  jobs(): number
  close(): Promise<void>
}

type Current = { job: Job; bytes: number; end: (alive: boolean) => void; kept: Promise<void>[] }

export const createThread = (init: WorkerInit): DecodeThread => {
  const file = new URL(`./decode-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
  const worker = new Worker(file, { workerData: init, resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB } })
  let current: Current | undefined
  let fault: SeamtraceError | undefined
  let ended = false
  let jobs = 0

  const end = (alive: boolean): void => {
    // an idle worker keeps no process alive
    worker.unref()
    current?.end(alive)
    current = undefined
  }
  worker.on('message', (answer: WorkerAnswer) => {
    if (!current) return
    const { job, kept } = current
    if (answer.kind === 'rows') {
      keepPart(current, answer.rows, () => worker.postMessage('next'))
      return
    }
    // the last parts may still be on their way to the disk: the worker need not wait for them
    if (answer.kind === 'done') void Promise.all(kept).then(() => job.done(answer.received), job.failed)
    else job.failed(new SeamtraceError(answer.code, answer.message))
    end(true)
  })
  worker.on('error', (error: NodeJS.ErrnoException) => {
    fault = workerError(error, current?.bytes ?? 0)
  })
  worker.on('exit', () => {
    ended = true
    current?.job.failed(fault ?? stopping())
    end(false)
  })
  worker.unref()

  return {
    run: (job) =>
      new Promise((resolve) => {
        if (ended) {
          job.failed(fault ?? stopping())
          return resolve(false)
        }
        jobs++
        const { body } = job.request
        current = { job, bytes: body.byteLength, end: resolve, kept: [] }
        worker.ref()
        worker.postMessage(job.request, transferable(body))
      }),
    jobs: () => jobs,
    close: async () => void (await worker.terminate()),
  }
}

/** Two parts at a time are on their way to the disk, so that neither disk nor worker waits for the other. */
const keepPart = (current: Current, { form, bytes, count }: Rows, askNext: () => void): void => {
  const kept = current.job.keep({ form, count, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) })
  kept.catch(() => {})
  current.kept.push(kept)
  const before = current.kept.at(-2) ?? Promise.resolve()
  // what cannot be kept fails the job when it is done; reading on costs little
  void before.then(askNext, askNext)
}

/** A body with memory of its own moves to the worker; one that shares a pool is copied. */
const transferable = ({ buffer, byteLength }: Uint8Array): ArrayBuffer[] =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []

const workerError = (error: NodeJS.ErrnoException, bytes: number): SeamtraceError => {
  const outOfMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  const code: ErrorCode = outOfMemory ? 'too_large' : 'internal'
  return new SeamtraceError(
    code,
    outOfMemory
      ? `cannot decode OTLP body of ${bytes} bytes: it takes too much memory; send smaller batches`
      : `cannot decode: ${error.message}`,
    { cause: error },
  )
}
