// Watches which traces are touched: new touches at every look, all of the last minute now and then, a long backlog bit by bit.
import { isOutage } from '../store/outage.ts'
import { nextTouchMs, type Reader, type TouchWindow, touchedTraces } from '../store/touched-traces.ts'
import { derivedThrough, knownCount, nextWindow, noteTouched, QUIET_MS, type Schedule } from './schedule.ts'

/** How far the watch has come. */
export type TouchWatch = {
  /** touches are counted from here on */
  sinceMs: number
  /** everything touched before is noted, but for blocks that became visible later */
  cursorMs: number
  recountedAtMs: number
  /** how much of a backlog is looked at at once */
  stepMs: number
  /** the last look ended before its window did */
  wasCut: boolean
  /** traces that may wait, and that are asked for at once */
  most: { dirty: number; page: number }
}

// Blocks become visible some time after they were stamped; the stamps of several writers may be further out of order.
const OVERLAP_MS = 3_000
const MARGIN_MS = 60_000
const SHORTEST_MARGIN_MS = 10_000
const RECOUNT_EVERY_MS = 10_000
// A known trace takes some 300 bytes: at 100,000 known traces a minute this many are 60 MB.
const MOST_KNOWN = 200_000
const MOST = { dirty: 200_000, page: 50_000 }
const FIRST_STEP_MS = 60_000
const SHORTEST_STEP_MS = 1_000
const LONGEST_STEP_MS = 3_600_000
const FEW_ROWS = 20_000

export const createWatch = (derivedThroughMs: number, most: TouchWatch['most'] = MOST): TouchWatch => {
  const sinceMs = Math.max(0, derivedThroughMs - MARGIN_MS)
  return { sinceMs, cursorMs: sinceMs, recountedAtMs: 0, stepMs: FIRST_STEP_MS, wasCut: false, most }
}

/** Everything stored up to this time is analyzed. */
export const throughOf = (watch: TouchWatch, schedule: Schedule, nowMs: number): number =>
  derivedThrough(schedule, Math.min(nowMs - QUIET_MS, watch.cursorMs))

const windowOf = (watch: TouchWatch, schedule: Schedule, nowMs: number, recounts: boolean): TouchWindow => {
  const { sinceMs, cursorMs } = watch
  const isBehind = nowMs - cursorMs > MARGIN_MS
  const marginMs = Math.max(SHORTEST_MARGIN_MS, Math.min(1, MOST_KNOWN / knownCount(schedule)) * MARGIN_MS)
  return {
    sinceMs,
    untilMs: isBehind || watch.wasCut ? cursorMs + watch.stepMs : nowMs + MARGIN_MS,
    laterMs: recounts ? Math.max(sinceMs, throughOf(watch, schedule, nowMs) - marginMs) : sinceMs,
    recentMs: recounts ? 0 : cursorMs - OVERLAP_MS,
  }
}

/** @returns how many traces the window holds, or undefined when not all of them could be noted */
const noteWindow = async (store: Reader, watch: TouchWatch, schedule: Schedule, window: TouchWindow, nowMs: number) => {
  let rows = 0
  try {
    for await (const page of touchedTraces(store, window, watch.most.page)) {
      noteTouched(schedule, page, nowMs)
      rows += page.length
      const last = page.at(-1)
      if (!last || schedule.dirty.size < watch.most.dirty) continue
      watch.cursorMs = Math.max(watch.cursorMs, last.touchedAtMs)
      return undefined
    }
  } catch (error) {
    if (isOutage(error)) throw error
    // more than one query may hold: a smaller window is taken instead
    return undefined
  }
  return rows
}

/**
 * Notes what was touched since the last look.
 * @returns true when there is more to look at than was looked at now
 */
export const lookAtTouches = async (store: Reader, watch: TouchWatch, schedule: Schedule, nowMs: number): Promise<boolean> => {
  const recounts = nowMs - watch.recountedAtMs >= RECOUNT_EVERY_MS
  const window = windowOf(watch, schedule, nowMs, recounts)
  const rows = await noteWindow(store, watch, schedule, window, nowMs)
  watch.wasCut = rows === undefined
  if (rows === undefined) {
    watch.stepMs = Math.max(SHORTEST_STEP_MS, watch.stepMs / 4)
    return true
  }
  if (recounts) {
    nextWindow(schedule)
    watch.recountedAtMs = nowMs
    watch.sinceMs = window.laterMs
  }
  const isBehind = window.untilMs < nowMs
  const reached = rows === 0 && isBehind ? await nextTouchMs(store, window.untilMs) : window.untilMs
  watch.cursorMs = Math.max(watch.cursorMs, Math.min(reached ?? nowMs, nowMs))
  if (rows < FEW_ROWS) watch.stepMs = Math.min(LONGEST_STEP_MS, watch.stepMs * 4)
  return isBehind
}
