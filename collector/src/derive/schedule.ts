// When a touched trace is analyzed: a second after it went quiet, or, while it stays noisy, after 2, 4, 8 … 60 s. Pure.
import type { TouchedTrace, TraceRef } from '../store/touched-traces.ts'

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
export type Schedule = {
  /** by project, then by trace id */
  known: Map<string, Map<string, Known>>
  /** those with touches that were not analyzed: few of the others are ever looked at */
  dirty: Set<Known>
}

export const createSchedule = (): Schedule => ({ known: new Map(), dirty: new Set() })

// a block that becomes visible late raises the number of touches, not the time of the newest
const isDirty = (known: Known): boolean => known.derivedAtMs < known.touchedAtMs || known.derivedTouches < known.touches

const find = ({ known }: Schedule, { project, traceId }: TraceRef): Known | undefined => known.get(project)?.get(traceId)

const add = ({ known }: Schedule, trace: TouchedTrace, nowMs: number): Known => {
  const noisy = { nextNoisyMs: nowMs + FIRST_NOISY_MS, noisyPauseMs: FIRST_NOISY_MS }
  const added = { ...trace, derivedAtMs: -1, derivedTouches: -1, ...noisy, refusals: 0, notBeforeMs: 0 }
  const ofProject = known.get(trace.project)
  if (ofProject) ofProject.set(trace.traceId, added)
  else known.set(trace.project, new Map([[trace.traceId, added]]))
  return added
}

/** Takes in what was touched. */
export const noteTouched = (schedule: Schedule, touched: readonly TouchedTrace[], nowMs: number): void => {
  for (const trace of touched) {
    const known = find(schedule, trace) ?? add(schedule, trace, nowMs)
    known.touchedAtMs = Math.max(known.touchedAtMs, trace.touchedAtMs)
    known.touches = trace.touches
    known.touchesLater = trace.touchesLater
    known.keyTime = Math.min(known.keyTime, trace.keyTime)
    if (isDirty(known)) schedule.dirty.add(known)
  }
}

/** Goes on to the next window: counts touches from its beginning, and forgets what is analyzed and not in it. */
export const nextWindow = (schedule: Schedule): void => {
  for (const [project, traces] of schedule.known) {
    for (const known of traces.values()) {
      if (known.touchesLater === 0 && !schedule.dirty.has(known)) traces.delete(known.traceId)
      known.derivedTouches -= known.touches - known.touchesLater
      known.touches = known.touchesLater
    }
    if (traces.size === 0) schedule.known.delete(project)
  }
}

/** Traces to analyze now, so that neighbors in the store are neighbors here: by minute, then by id. */
export const dueTraces = ({ dirty }: Schedule, nowMs: number): TouchedTrace[] => {
  const due: TouchedTrace[] = []
  for (const known of dirty) {
    const quiet = known.touchedAtMs <= nowMs - QUIET_MS || known.nextNoisyMs <= nowMs
    if (!quiet || known.notBeforeMs > nowMs) continue
    const { project, traceId, touchedAtMs, touches, touchesLater, keyTime } = known
    due.push({ project, traceId, touchedAtMs, touches, touchesLater, keyTime })
  }
  const minute = ({ keyTime }: TouchedTrace): number => Math.floor(keyTime / 60)
  return due.sort((a, b) => minute(a) - minute(b) || (a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0))
}

export const noteDerived = (schedule: Schedule, derived: readonly TouchedTrace[], nowMs: number): void => {
  for (const trace of derived) {
    const known = find(schedule, trace)
    if (!known) continue
    known.derivedAtMs = trace.touchedAtMs
    known.derivedTouches = trace.touches
    known.refusals = 0
    known.noisyPauseMs = Math.min(known.noisyPauseMs * 2, LONGEST_NOISY_MS)
    known.nextNoisyMs = nowMs + known.noisyPauseMs
    if (!isDirty(known)) schedule.dirty.delete(known)
  }
}

/** Puts a trace off that cannot be taken: after 1, 2, 4 … 60 min it is tried again. */
export const noteRefused = (schedule: Schedule, trace: TraceRef, nowMs: number): void => {
  const known = find(schedule, trace)
  if (!known) return
  known.notBeforeMs = nowMs + Math.min(FIRST_REFUSAL_MS * 2 ** known.refusals, LONGEST_REFUSAL_MS)
  known.refusals++
}

/** Traces that wait, by project. */
export const pendingCounts = ({ dirty }: Schedule): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const { project } of dirty) counts.set(project, (counts.get(project) ?? 0) + 1)
  return counts
}

export const knownCount = ({ known }: Schedule): number => {
  let count = 0
  for (const traces of known.values()) count += traces.size
  return count
}

/** Everything that was stored up to this time is analyzed, but for what could not be taken. */
export const derivedThrough = ({ dirty }: Schedule, lookedThroughMs: number): number => {
  let through = lookedThroughMs
  for (const known of dirty) if (known.refusals === 0) through = Math.min(through, known.touchedAtMs - 1)
  return through
}
