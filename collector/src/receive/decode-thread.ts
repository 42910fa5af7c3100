// One worker thread: takes bodies in turn, hands their rows on part by part, and tells when it has ended.
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
  /** that are not settled yet */
  jobs(): number
  close(): Promise<void>
}

type Running = { job: Job; bytes: number; end: (alive: boolean) => void; kept: Promise<void>[] }

export const createThread = (init: WorkerInit): DecodeThread => {
  const file = new URL(`./decode-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
  const worker = new Worker(file, { workerData: init, resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB } })
  // the worker answers in the order in which it was asked
  const running: Running[] = []
  let fault: SeamtraceError | undefined
  let ended = false

  const endFirst = (alive: boolean): void => {
    const first = running.shift()
    // an idle worker keeps no process alive
    if (running.length === 0) worker.unref()
    first?.end(alive)
  }
  worker.on('message', (answer: WorkerAnswer) => {
    const [current] = running
    if (!current) return
    const { job } = current
    if (answer.kind === 'failed') job.failed(new SeamtraceError(answer.code, answer.message))
    else {
      if (answer.rows) keepPart(current, answer.rows, () => answer.kind === 'rows' && worker.postMessage('next'))
      if (answer.kind === 'rows') return
      // the last parts may still be on their way to the disk: the worker need not wait for them
      void Promise.all(current.kept).then(() => job.done(answer.received), job.failed)
    }
    endFirst(true)
  })
  worker.on('error', (error: NodeJS.ErrnoException) => {
    fault = workerError(error, running[0]?.bytes ?? 0)
  })
  worker.on('exit', () => {
    ended = true
    running[0]?.job.failed(fault ?? stopping())
    for (const { job } of running.slice(1)) job.failed(fault ? lost() : stopping())
    while (running.length > 0) endFirst(false)
  })
  worker.unref()

  return {
    run: (job) =>
      new Promise((resolve) => {
        if (ended) {
          job.failed(fault ?? stopping())
          return resolve(false)
        }
        const { body } = job.request
        running.push({ job, bytes: body.byteLength, end: resolve, kept: [] })
        worker.ref()
        worker.postMessage(job.request, transferable(body))
      }),
    jobs: () => running.length,
    close: async () => void (await worker.terminate()),
  }
}

/** Its body went with the thread, for no fault of its own. */
const lost = (): SeamtraceError => new SeamtraceError('unavailable', 'cannot decode: the decoder had to be started again; try again')

/** Two parts at a time are on their way to the disk, so that neither disk nor worker waits for the other. */
const keepPart = ({ job, kept }: Running, { form, bytes, count, last }: Rows, askNext: () => void): void => {
  const before = kept.at(-1) ?? Promise.resolve()
  const keeping = job.keep({ form, count, last, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) })
  // let go of at once: memory beside the heap is what calls the garbage collector here
  void keeping.catch(() => {}).then(() => (bytes.buffer as ArrayBuffer).transfer(0))
  kept.push(keeping)
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
