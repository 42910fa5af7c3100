// Whose data a question is asked of and when; and the window of time that the question covers.
import { durationMs, SeamtraceError, type TimeWindow } from '@seamtrace/schema'
import type { Store } from '../store/open.ts'

export type Scope = { store: Store; project: string; now: Date }

/** Milliseconds since 1970, `to` excluded. */
export type Period = { from: number; to: number }

// DateTime64(9) ends in 2262; a time beyond it would wrap around inside the engine.
const LAST_MS = 9_223_372_036_000
const inRange = (ms: number): number => Math.min(Math.max(ms, 0), LAST_MS)

/**
 * The period that a window means at a moment: `from` and `to` where given, else back from the end by `since`.
 * @throws SeamtraceError bad_request when the window is empty
 */
export const periodOf = (window: Pick<TimeWindow, 'since' | 'from' | 'to'>, now: Date): Period => {
  const to = inRange(window.to === undefined ? now.getTime() : Date.parse(window.to))
  const from = inRange(window.from === undefined ? to - durationMs(window.since) : Date.parse(window.from))
  if (from >= to) {
    const parameters = window.to === undefined ? ['from'] : ['from', 'to']
    throw new SeamtraceError('bad_request', `cannot read window: ${isoOf(from)} is not before ${isoOf(to)}`, { parameters })
  }
  return { from, to }
}

export const isoOf = (ms: number): string => new Date(ms).toISOString()
