// When a touched trace is analyzed: a second after it went quiet, or, while it stays noisy, after 2, 4, 8 … 60 s. Pure.
import type { TouchedTrace } from '../store/touched-traces.ts'

export const QUIET_MS = 1_000
const FIRST_NOISY_MS = 2_000
const LONGEST_NOISY_MS = 60_000

type Known = { touchedAtMs: number; derivedAtMs: number; nextNoisyMs: number; noisyPauseMs: number }

/** What is known of every touched trace: up to which touch it was analyzed, and when it is looked at while noisy. */
export type Schedule = Map<string, Known>

/** Takes in what was touched; forgets traces that are analyzed and older than the window that is read. */
export const noteTouched = (schedule: Schedule, touched: readonly TouchedTrace[], nowMs: number, sinceMs: number): void => {
  for (const [traceId, known] of schedule) {
    if (known.derivedAtMs >= known.touchedAtMs && known.touchedAtMs < sinceMs) schedule.delete(traceId)
  }
  for (const { traceId, touchedAtMs } of touched) {
    const known = schedule.get(traceId)
    if (!known) {
      schedule.set(traceId, { touchedAtMs, derivedAtMs: -1, nextNoisyMs: nowMs + FIRST_NOISY_MS, noisyPauseMs: FIRST_NOISY_MS })
    } else if (touchedAtMs > known.touchedAtMs) known.touchedAtMs = touchedAtMs
  }
}

const isDirty = (known: Known): boolean => known.derivedAtMs < known.touchedAtMs

/** Traces to analyze now, those touched first first. */
export const dueTraces = (schedule: Schedule, nowMs: number, most: number): TouchedTrace[] =>
  [...schedule]
    .filter(([, known]) => isDirty(known) && (known.touchedAtMs <= nowMs - QUIET_MS || known.nextNoisyMs <= nowMs))
    .map(([traceId, { touchedAtMs }]) => ({ traceId, touchedAtMs }))
    .sort((a, b) => a.touchedAtMs - b.touchedAtMs)
    .slice(0, most)

export const noteDerived = (schedule: Schedule, derived: readonly TouchedTrace[], nowMs: number): void => {
  for (const { traceId, touchedAtMs } of derived) {
    const known = schedule.get(traceId)
    if (!known) continue
    known.derivedAtMs = touchedAtMs
    known.noisyPauseMs = Math.min(known.noisyPauseMs * 2, LONGEST_NOISY_MS)
    known.nextNoisyMs = nowMs + known.noisyPauseMs
  }
}

export const pendingCount = (schedule: Schedule): number => {
  let pending = 0
  for (const known of schedule.values()) if (isDirty(known)) pending++
  return pending
}

/** Everything that arrived up to this time is analyzed. */
export const derivedThrough = (schedule: Schedule, nowMs: number): number => {
  let through = nowMs - QUIET_MS
  for (const known of schedule.values()) if (isDirty(known)) through = Math.min(through, known.touchedAtMs - 1)
  return through
}
