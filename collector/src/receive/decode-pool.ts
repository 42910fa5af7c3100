// Decodes bodies: small ones at once, others in a worker thread, so that the event loop never waits for one request.
import { availableParallelism } from 'node:os'
import type { RecognizedSpan, Span } from '@seamtrace/schema'
import { createThread, type DecodeThread, type Job, stopping } from './decode-thread.ts'
import type { WorkerRequest } from './decode-worker.ts'
import type { DecodeBody, KeepRows } from './intake.ts'
import { type Received, takeBody } from './take-body.ts'

export type DecodePoolOptions = {
  recognize: (span: Span) => RecognizedSpan
  /** the workers make the same rules from these names */
  disabledRules?: readonly string[]
  maxInlineBytes?: number
  workers?: number
}

export type DecodePool = {
  decode: DecodeBody
  /** bodies that no thread has taken on yet: more come than can be decoded */
  waiting(): number
  close(): Promise<void>
}

/** Decodes within some milliseconds on one core; beyond it a second core can help, and the event loop must not wait. */
const MAX_INLINE_BYTES = 64 * 1024
/** A thread has its next body at hand when it is done with one: else it would wait for this thread between any two. */
const JOBS_AHEAD = 2
/** A worker that has nothing to do for so long ends, and its memory with it. */
const IDLE_MS = 10_000

export const createDecodePool = (options: DecodePoolOptions): DecodePool => {
  const { recognize, disabledRules = [], maxInlineBytes = MAX_INLINE_BYTES } = options
  const size = options.workers ?? Math.max(1, Math.min(4, availableParallelism() - 1))
  const waiting: Job[] = []
  const threads = new Set<DecodeThread>()
  let closed = false

  const next = (): void => {
    if (closed) for (const job of waiting.splice(0)) job.failed(stopping())
    for (let thread = free(); thread && waiting.length > 0; thread = free()) run(thread, waiting.shift())
  }
  /** The thread with the least to do, a new one before one that is busy; undefined when all have enough. */
  const free = (): DecodeThread | undefined => {
    const [least] = [...threads].sort((a, b) => a.jobs() - b.jobs())
    if (least && (least.jobs() === 0 || (threads.size >= size && least.jobs() < JOBS_AHEAD))) return least
    return threads.size < size && waiting.length > 0 ? startThread() : undefined
  }
  const run = (thread: DecodeThread, job: Job | undefined): void => {
    if (!job) return
    void thread.run(job).then((alive) => {
      if (!alive) threads.delete(thread)
      else if (thread.jobs() === 0) endWhenIdle(thread)
      next()
    })
  }
  const idleTimers = new WeakMap<DecodeThread, NodeJS.Timeout>()
  const endWhenIdle = (thread: DecodeThread): void => {
    clearTimeout(idleTimers.get(thread))
    const timer = setTimeout(() => {
      if (thread.jobs() > 0 || !threads.delete(thread)) return
      void thread.close()
    }, IDLE_MS)
    idleTimers.set(thread, timer.unref())
  }
  const startThread = (): DecodeThread => {
    const thread = createThread({ disabledRules: [...disabledRules] })
    threads.add(thread)
    return thread
  }

  return {
    decode: async (request, keep) => {
      const arrivedAtMs = Date.now()
      if (request.body.byteLength <= maxInlineBytes) return decodeHere({ ...request, arrivedAtMs }, recognize, keep)
      if (closed) throw stopping()
      return new Promise((done, failed) => {
        waiting.push({ request: { ...request, arrivedAtMs }, keep, done, failed })
        next()
      })
    },
    waiting: () => waiting.length,
    close: async () => {
      closed = true
      next()
      await Promise.all([...threads].map((thread) => thread.close()))
    },
  }
}

const decodeHere = async (
  { signal, encoding, body, project, arrivedAtMs }: WorkerRequest,
  recognize: DecodePoolOptions['recognize'],
  keep: KeepRows,
): Promise<Received> => {
  const parts = takeBody(signal, encoding, body, { project, recognize, arrivedAtMs })
  let part = parts.next()
  for (; !part.done; part = parts.next()) await keep(part.value)
  return part.value
}
