// The derive loop: touched traces that went quiet → their spans → analysis → runs. Doing the same work twice does no harm.
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '@seamtrace/schema'
import { silentTraces } from '../store/runs-of-traces.ts'
import { engineNowMs, readProgress, type TraceRef, writeProgress } from '../store/touched-traces.ts'
import { MOST_TRACE_IDS } from '../store/trace-ids.ts'
import { type DeriveContext, deriveTraces, type ReadBatch, readBatch } from './derive-batch.ts'
import { createRechecks } from './rechecks.ts'
import { createSchedule, dueTraces, noteDerived, noteRefused, pendingCounts } from './schedule.ts'
import { createWatch, lookAtTouches, type TouchWatch, throughOf } from './touch-watch.ts'

export type LoopOptions = Omit<DeriveContext, 'onRecheck'> & {
  /** shortest pause between looks, ms */
  intervalMs: number
  /** longest pause, while nothing comes: short where others write into the store, who cannot wake this loop */
  idleMs: number
  signal: AbortSignal
  /** resolves when it is the turn of the analysis: rows on their way into the store come first */
  turn(): Promise<void>
  /** told after every batch how many traces wait, by project */
  onPending(pending: Map<string, number>): void
}

export type DeriveLoop = {
  /** looks once, now, and resolves when what was due is stored */
  look(): Promise<void>
  /** rows were stored: looks soon, however long nothing had come */
  wake(): void
  /** resolves when the loop has ended, after the signal */
  ended: Promise<void>
}

// Each look reads through the minutes that its traces are in, however few they are: under load it pays to wait for more.
const LONGEST_PAUSE_MS = 3_000
const LONGEST_OUTAGE_PAUSE_MS = 10_000
const PROGRESS_EVERY_MS = 5_000
const SILENT_EVERY_MS = 60_000
const HOUR_MS = 3_600_000
// Spans that are read together: some 12 MB of rows.
const BATCH_SPANS = 50_000

/** How many traces come to a batch, told from those before. */
type Sizing = { spansPerTrace: number }

const takeBatch = <T>(due: readonly T[], from: number, { spansPerTrace }: Sizing): T[] => {
  const traces = Math.floor(BATCH_SPANS / Math.max(1, spansPerTrace))
  return due.slice(from, from + Math.max(1, Math.min(MOST_TRACE_IDS, traces)))
}

const measure = (sizing: Sizing, { asked, spans }: ReadBatch): void => {
  if (asked.size > 0) sizing.spansPerTrace += (spans / asked.size - sizing.spansPerTrace) / 2
}

const refKey = ({ project, traceId }: TraceRef): string => `${traceId}${project}`

/** Batch by batch; the next one is read while one is analyzed. */
const deriveAll = async <T extends TraceRef>(
  options: LoopOptions & DeriveContext,
  due: readonly T[],
  sizing: Sizing,
  onBatch: (derived: T[], refused: T[]) => void,
): Promise<void> => {
  const begin = (traces: readonly T[]): Promise<ReadBatch> | undefined => {
    if (traces.length === 0 || options.signal.aborted) return undefined
    const reading = readBatch(options, traces)
    // told of when its turn comes
    reading.catch(() => {})
    return reading
  }
  let at = 0
  let batch = takeBatch(due, at, sizing)
  await options.turn()
  for (let reading = begin(batch); reading; ) {
    at += batch.length
    await reading.then(
      (found) => measure(sizing, found),
      () => {},
    )
    const next = takeBatch(due, at, sizing)
    await options.turn()
    const nextReading = begin(next)
    const refused = new Set((await deriveTraces(options, batch, reading)).map(refKey))
    onBatch(
      batch.filter((trace) => !refused.has(refKey(trace))),
      batch.filter((trace) => refused.has(refKey(trace))),
    )
    batch = next
    reading = nextReading
  }
}

const isQuiet = (schedule: Parameters<typeof pendingCounts>[0]): boolean => pendingCounts(schedule).size === 0

/** Starts the loop. Errors of the store are logged and tried again; the loop never ends by itself. */
export const startLoop = (given: LoopOptions): DeriveLoop => {
  const { store, log, intervalMs, signal } = given
  const rechecks = createRechecks()
  const options = { ...given, onRecheck: rechecks.note }
  const schedule = createSchedule()
  const sizing: Sizing = { spansPerTrace: 50 }
  let watch: TouchWatch | undefined
  let progressAt = 0
  let silentAt = 0
  let lookedAtMs = 0
  let looking: Promise<unknown> = Promise.resolve()
  let waking = new AbortController()

  const deriveDue = async (nowMs: number): Promise<void> => {
    const startedAt = performance.now()
    await deriveAll(options, dueTraces(schedule, nowMs), sizing, (derived, refused) => {
      const atMs = nowMs + (performance.now() - startedAt)
      noteDerived(schedule, derived, atMs)
      for (const trace of refused) noteRefused(schedule, trace, atMs)
      options.onPending(pendingCounts(schedule))
    })
  }

  const deriveSilent = async (nowMs: number): Promise<void> =>
    deriveAll(options, await silentTraces(store, nowMs, nowMs - HOUR_MS), sizing, () => {})

  /** @returns true when there is more to do at once */
  const lookNow = async (): Promise<boolean> => {
    const nowMs = await engineNowMs(store)
    lookedAtMs = nowMs
    watch ??= createWatch(await readProgress(store))
    const more = await lookAtTouches(store, watch, schedule, nowMs)
    options.onPending(pendingCounts(schedule))
    await deriveDue(nowMs)
    await deriveAll(options, rechecks.take(nowMs), sizing, () => {})
    if (nowMs - progressAt >= PROGRESS_EVERY_MS) {
      await writeProgress(store, throughOf(watch, schedule, nowMs))
      progressAt = nowMs
    }
    if (nowMs - silentAt >= SILENT_EVERY_MS) {
      silentAt = nowMs
      await deriveSilent(nowMs)
    }
    return more
  }

  // one look at a time, also when somebody else asks for one
  const look = (): Promise<boolean> => {
    const next = looking.then(lookNow)
    looking = next.catch(() => {})
    return next
  }

  const loop = async (): Promise<void> => {
    let outageMs = intervalMs
    let idleMs = intervalMs
    while (!signal.aborted) {
      const startedAt = performance.now()
      const pauseMs = await look().then(
        (more) => {
          outageMs = intervalMs
          const tookMs = performance.now() - startedAt
          idleMs = isQuiet(schedule) ? Math.min(idleMs * 2, options.idleMs) : intervalMs
          if (more) return 0
          const pauseMs = Math.max(idleMs, Math.min(tookMs, LONGEST_PAUSE_MS))
          return Math.min(pauseMs, Math.max(intervalMs, rechecks.nextMs() - lookedAtMs - tookMs))
        },
        (error: unknown) => {
          if (!signal.aborted) log.warn(`cannot analyze: ${messageOf(error)}; trying again`)
          outageMs = Math.min(outageMs * 2, LONGEST_OUTAGE_PAUSE_MS)
          return outageMs
        },
      )
      waking = new AbortController()
      await sleep(pauseMs, undefined, { signal: AbortSignal.any([signal, waking.signal]) }).catch(() => {
        idleMs = intervalMs
      })
    }
  }
  return { look: async () => void (await look()), wake: () => waking.abort(), ended: loop() }
}
