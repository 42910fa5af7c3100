// Traces whose runs turn unknown at some time unless more is heard of them: by trace, in memory. Pure but for its own state.
import { type TraceRef, traceKey } from '../store/touched-traces.ts'

export type Rechecks = {
  /** @param atMs undefined when nothing turns by itself any more */
  note(trace: TraceRef, atMs: number | undefined): void
  /** those that are due; they are forgotten */
  take(nowMs: number): TraceRef[]
  /** when the next one is due; infinite when none is */
  nextMs(): number
}

// Some 20 MB. What is beyond them is found in the store, once a minute (loop.ts).
const MOST = 100_000

export const createRechecks = (most = MOST): Rechecks => {
  const due = new Map<string, { trace: TraceRef; atMs: number }>()
  let earliestMs = Number.POSITIVE_INFINITY
  return {
    note: ({ project, traceId }, atMs) => {
      const key = traceKey({ project, traceId })
      if (atMs === undefined) due.delete(key)
      else if (due.size < most || due.has(key)) {
        due.set(key, { trace: { project, traceId }, atMs })
        earliestMs = Math.min(earliestMs, atMs)
      }
    },
    take: (nowMs) => {
      // most looks find nothing due, and need not go through them
      if (nowMs < earliestMs) return []
      const taken: TraceRef[] = []
      earliestMs = Number.POSITIVE_INFINITY
      for (const [key, { trace, atMs }] of due) {
        if (atMs > nowMs) earliestMs = Math.min(earliestMs, atMs)
        else {
          due.delete(key)
          taken.push(trace)
        }
      }
      return taken
    },
    nextMs: () => (due.size === 0 ? Number.POSITIVE_INFINITY : earliestMs),
  }
}
