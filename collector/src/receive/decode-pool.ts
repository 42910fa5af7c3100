// Decodes bodies: small ones at once, large ones in a worker thread, so that the event loop never waits for one request.
import { availableParallelism } from 'node:os'
import type { RecognizedSpan, Span } from '@seamtrace/schema'
import type { OtlpEncoding } from '../decode/decode-traces.ts'
import type { SignalName } from '../decode/json-values.ts'
import { createThread, type DecodeThread, type Job, stopping } from './decode-thread.ts'
import type { DecodeBody } from './intake.ts'
import { takeBody } from './take-body.ts'

export type DecodePoolOptions = {
  recognize: (span: Span) => RecognizedSpan
  /** the workers make the same rules from these names */
  disabledRules?: readonly string[]
  maxInlineBytes?: number
  workers?: number
}

export type DecodePool = { decode: DecodeBody; close(): Promise<void> }

/** Decodes within some 10 ms on one core; exporters send less than this in a request as a rule. */
const MAX_INLINE_BYTES = 512 * 1024
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
    decode: async (signal: SignalName, encoding: OtlpEncoding, body: Buffer, project: string) => {
      const arrivedAtMs = Date.now()
      if (body.byteLength <= maxInlineBytes) return takeBody(signal, encoding, body, { project, recognize, arrivedAtMs })
      if (closed) throw stopping()
      return new Promise((done, failed) => {
        waiting.push({
          request: { signal, encoding, body, project, arrivedAtMs },
          bytes: body.byteLength,
          done,
          failed,
          rows: { spans: [], logs: [], metrics: [] },
        })
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
