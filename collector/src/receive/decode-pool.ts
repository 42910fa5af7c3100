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

export type DecodePool = { decode: DecodeBody; close(): Promise<void> }

/** Decodes within some milliseconds on one core; beyond it a second core can help, and the event loop must not wait. */
const MAX_INLINE_BYTES = 64 * 1024
/** A worker that has nothing to do for so long ends, and its memory with it. */
const IDLE_MS = 10_000

export const createDecodePool = (options: DecodePoolOptions): DecodePool => {
  const { recognize, disabledRules = [], maxInlineBytes = MAX_INLINE_BYTES } = options
  const size = options.workers ?? Math.max(1, Math.min(4, availableParallelism() - 1))
  const waiting: Job[] = []
  const idle: DecodeThread[] = []
  const all = new Set<DecodeThread>()
  let closed = false

  const next = (): void => {
    if (closed) for (const job of waiting.splice(0)) job.failed(stopping())
    if (waiting.length === 0) return
    const thread = idle.pop() ?? (all.size < size ? startThread() : undefined)
    const job = thread && waiting.shift()
    if (!job) return
    void thread.run(job).then((alive) => {
      if (alive) rest(thread)
      else all.delete(thread)
      next()
    })
  }
  const rest = (thread: DecodeThread): void => {
    idle.push(thread)
    const since = thread.jobs()
    setTimeout(() => {
      if (thread.jobs() !== since || !idle.includes(thread)) return
      idle.splice(idle.indexOf(thread), 1)
      all.delete(thread)
      void thread.close()
    }, IDLE_MS).unref()
  }
  const startThread = (): DecodeThread => {
    const thread = createThread({ disabledRules: [...disabledRules] })
    all.add(thread)
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
    close: async () => {
      closed = true
      next()
      await Promise.all([...all].map((thread) => thread.close()))
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
