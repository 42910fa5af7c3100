// One worker thread: takes one body at a time, gathers its rows part by part, and tells when it has ended.
import { Worker } from 'node:worker_threads'
import { type ErrorCode, SeamtraceError } from '@seamtrace/schema'
import type { WorkerAnswer, WorkerInit, WorkerRequest } from './decode-worker.ts'
import type { Received, Rows } from './take-body.ts'

// Decoding is bounded in memory by itself (decode/limits.ts, decode/json-size.ts) and stays far below. This is no second bound:
// a worker that runs out of memory takes the process with it more often than not.
const WORKER_HEAP_MB = 2_048

export type Job = { request: WorkerRequest; bytes: number; done: (received: Received) => void; failed: (error: Error) => void; rows: Rows }

export const stopping = (): SeamtraceError => new SeamtraceError('unavailable', 'cannot decode: the collector is stopping; try again')

export type DecodeThread = {
  /** Resolves when the job is settled: false when the thread has ended with it. */
  run(job: Job): Promise<boolean>
  /** how many so far */
  jobs(): number
  close(): Promise<void>
}

export const createThread = (init: WorkerInit): DecodeThread => {
  const file = new URL(`./decode-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
  const worker = new Worker(file, { workerData: init, resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB } })
  let current: { job: Job; end: (alive: boolean) => void } | undefined
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
    const job = current?.job
    if (answer.kind === 'rows') {
      if (job) append(job.rows, answer.rows)
      // asking for each part keeps the time that one of them takes short
      setImmediate(() => worker.postMessage('next'))
      return
    }
    if (answer.kind === 'done') job?.done({ rows: job.rows, taken: answer.taken, faults: answer.faults })
    else job?.failed(new SeamtraceError(answer.code, answer.message))
    end(true)
  })
  worker.on('error', (error: NodeJS.ErrnoException) => {
    fault = workerError(error, current?.job.bytes ?? 0)
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
        current = { job, end: resolve }
        worker.ref()
        worker.postMessage(job.request, transferable(job.request.body))
      }),
    jobs: () => jobs,
    close: async () => void (await worker.terminate()),
  }
}

/** A body with memory of its own moves to the worker; one that shares a pool is copied. */
const transferable = ({ buffer, byteLength }: Uint8Array): ArrayBuffer[] =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []

const append = (rows: Rows, part: Rows): void => {
  for (const row of part.spans) rows.spans.push(row)
  for (const row of part.logs) rows.logs.push(row)
  for (const row of part.metrics) rows.metrics.push(row)
}

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
