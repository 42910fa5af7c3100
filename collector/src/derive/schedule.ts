// When a touched trace is analyzed: a second after it went quiet, or, while it stays noisy, after 2, 4, 8 … 60 s. Pure.
import type { TouchedTrace } from '../store/touched-traces.ts'

export const QUIET_MS = 1_000
const FIRST_NOISY_MS = 2_000
const LONGEST_NOISY_MS = 60_000
const FIRST_REFUSAL_MS = 60_000
const LONGEST_REFUSAL_MS = 3_600_000

type Known = TouchedTrace & {
  /** the touch and the number of touches that were analyzed; -1 before the first time */
  derivedAtMs: number
  derivedTouches: number
  nextNoisyMs: number
  noisyPauseMs: number
  /** how often the store or the analysis could not take it, and when it is tried again */
  refusals: number
  notBeforeMs: number
}

/** What is known of every touched trace: up to which touch it was analyzed, and when it is looked at while noisy. */
export type Schedule = Map<string, Known>

// a block that becomes visible late raises the number of touches, not the time of the newest
const isDirty = (known: Known): boolean => known.derivedAtMs < known.touchedAtMs || known.derivedTouches < known.touches

/** Takes in what was touched. */
export const noteTouched = (schedule: Schedule, touched: readonly TouchedTrace[], nowMs: number): void => {
  for (const trace of touched) {
    const known = schedule.get(trace.traceId)
    if (known) {
      known.touchedAtMs = Math.max(known.touchedAtMs, trace.touchedAtMs)
      known.touches = Math.max(known.touches, trace.touches)
    } else {
      const noisy = { nextNoisyMs: nowMs + FIRST_NOISY_MS, noisyPauseMs: FIRST_NOISY_MS }
      schedule.set(trace.traceId, { ...trace, derivedAtMs: -1, derivedTouches: -1, ...noisy, refusals: 0, notBeforeMs: 0 })
    }
  }
}

/** Forgets traces that are analyzed and older than the window that is read. */
export const forgetBefore = (schedule: Schedule, sinceMs: number): void => {
  for (const [traceId, known] of schedule) if (!isDirty(known) && known.touchedAtMs < sinceMs) schedule.delete(traceId)
}

/** Traces to analyze now, those touched first first. */
export const dueTraces = (schedule: Schedule, nowMs: number, most: number): TouchedTrace[] =>
  [...schedule.values()]
    .filter(
      (known) => isDirty(known) && known.notBeforeMs <= nowMs && (known.touchedAtMs <= nowMs - QUIET_MS || known.nextNoisyMs <= nowMs),
    )
    .sort((a, b) => a.touchedAtMs - b.touchedAtMs)
    .slice(0, most)
    .map(({ traceId, touchedAtMs, touches }) => ({ traceId, touchedAtMs, touches }))

export const noteDerived = (schedule: Schedule, derived: readonly TouchedTrace[], nowMs: number): void => {
  for (const { traceId, touchedAtMs, touches } of derived) {
    const known = schedule.get(traceId)
    if (!known) continue
    known.derivedAtMs = touchedAtMs
    known.derivedTouches = touches
    known.refusals = 0
    known.noisyPauseMs = Math.min(known.noisyPauseMs * 2, LONGEST_NOISY_MS)
    known.nextNoisyMs = nowMs + known.noisyPauseMs
  }
}

/** Puts a trace off that cannot be taken: after 1, 2, 4 … 60 min it is tried again. */
export const noteRefused = (schedule: Schedule, { traceId }: TouchedTrace, nowMs: number): void => {
  const known = schedule.get(traceId)
  if (!known) return
  known.notBeforeMs = nowMs + Math.min(FIRST_REFUSAL_MS * 2 ** known.refusals, LONGEST_REFUSAL_MS)
  known.refusals++
}

export const pendingCount = (schedule: Schedule): number => {
  let pending = 0
  for (const known of schedule.values()) if (isDirty(known)) pending++
  return pending
}

/** Everything that arrived up to this time is analyzed, but for what could not be taken. */
export const derivedThrough = (schedule: Schedule, nowMs: number): number => {
  let through = nowMs - QUIET_MS
  for (const known of schedule.values()) if (isDirty(known) && known.refusals === 0) through = Math.min(through, known.touchedAtMs - 1)
  return through
}
