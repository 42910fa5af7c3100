// The derive loop: touched traces that went quiet → their spans → analysis → runs. Doing the same work twice does no harm.
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, type RecognizedSpan } from '@seamtrace/schema'
import { type AnalyzedRun, analyze } from '../analyze/analyze.ts'
import { ANALYZED_KEYS } from '../analyze/analyzed-keys.ts'
import type { Store } from '../store/open.ts'
import { isOutage } from '../store/outage.ts'
import { leanSpansOfTraces } from '../store/read-spans.ts'
import { insertRuns } from '../store/runs.ts'
import {
  engineNowMs,
  readProgress,
  runsWithin,
  silentTraces,
  type TouchedTrace,
  touchedTraces,
  tracesOfRuns,
  writeProgress,
} from '../store/touched-traces.ts'
import { derivedThrough, dueTraces, forgetBefore, noteDerived, noteRefused, noteTouched, pendingCount, type Schedule } from './schedule.ts'

export type DeriveOptions = {
  store: Store
  project: string
  log: { info(message: string): void; warn(message: string): void }
  /** pause between looks, ms */
  intervalMs?: number
  disabledRules?: ReadonlySet<string>
}

export type Derive = {
  /** traces with spans that are not yet in their runs, as of the last look */
  pendingTraces(): number
  /** looks once, now, and resolves when what was due is stored */
  look(): Promise<void>
  stop(): Promise<void>
}

// Traces per analysis; when they are too large together, they are halved.
const BATCH = 200
// Arrival stamps of several writers may be this far out of order.
const MARGIN_MS = 60_000
const HOUR_MS = 3_600_000
const PROGRESS_EVERY_MS = 5_000
const SILENT_EVERY_MS = 60_000

/** A trace that the analysis cannot take must not keep the others from theirs. */
const analyzeEach = (spans: readonly RecognizedSpan[], nowMs: number, { disabledRules, log }: DeriveOptions): AnalyzedRun[] => {
  const settings = { nowUnixNano: BigInt(nowMs) * 1_000_000n, disabledRules }
  try {
    return analyze(spans, settings)
  } catch {
    return [...Map.groupBy(spans, (span) => span.traceId)].flatMap(([traceId, ofTrace]) => {
      try {
        return analyze(ofTrace, settings)
      } catch (error) {
        log.warn(`cannot analyze trace ${traceId} of ${ofTrace.length} spans: ${messageOf(error)}; it is passed over`)
        return []
      }
    })
  }
}

/** Analyzes these traces, with all other traces of their runs, and stores the runs. */
const deriveTraces = async (options: DeriveOptions, traceIds: readonly string[], nowMs: number): Promise<void> => {
  const { store, project } = options
  const read = [...new Set([...traceIds, ...(await tracesOfRuns(store, project, traceIds))])]
  const analyzed = analyzeEach(await leanSpansOfTraces(store, project, read, ANALYZED_KEYS), nowMs, options)
  // other runs of the added traces may have parts elsewhere, which were not read: they are left alone
  const asked = new Set(traceIds)
  const runs = analyzed.filter(({ run }) => run.traceIds.some((traceId) => asked.has(traceId)))
  const live = new Set(analyzed.map(({ run }) => run.runId))
  const gone = (await runsWithin(store, project, read)).filter((runId) => !live.has(runId)).map((runId) => ({ runId }))
  await insertRuns(store, project, runs, gone, BigInt(nowMs))
}

/** @returns traces that cannot be taken by themselves; what failed only together was taken in halves */
const deriveOrHalve = async (options: DeriveOptions, traces: readonly TouchedTrace[], nowMs: number): Promise<TouchedTrace[]> => {
  const traceIds = traces.map(({ traceId }) => traceId)
  try {
    await deriveTraces(options, traceIds, nowMs)
    return []
  } catch (error) {
    if (isOutage(error)) throw error
    if (traces.length > 1) {
      const half = Math.ceil(traces.length / 2)
      const first = await deriveOrHalve(options, traces.slice(0, half), nowMs)
      return [...first, ...(await deriveOrHalve(options, traces.slice(half), nowMs))]
    }
    options.log.warn(`cannot analyze trace ${traceIds[0]}: ${messageOf(error).slice(0, 300)}; it is put off`)
    return [...traces]
  }
}

/** Starts the loop. Errors of the store are logged and tried again; the loop never ends by itself. */
export const startDerive = async (options: DeriveOptions): Promise<Derive> => {
  const { store, project, log, intervalMs = 300 } = options
  const schedule: Schedule = new Map()
  const stopping = new AbortController()
  let sinceMs = Math.max(0, (await readProgress(store, project)) - MARGIN_MS)
  let progressAt = 0
  let silentAt = 0

  const deriveDue = async (nowMs: number): Promise<void> => {
    for (let due = dueTraces(schedule, nowMs, BATCH); due.length > 0 && !stopping.signal.aborted; due = dueTraces(schedule, nowMs, BATCH)) {
      // the version is a time before the read: a look that read less can never win over one that read more
      const refused = await deriveOrHalve(options, due, await engineNowMs(store))
      noteDerived(
        schedule,
        due.filter((trace) => !refused.includes(trace)),
        nowMs,
      )
      for (const trace of refused) noteRefused(schedule, trace, nowMs)
    }
  }

  const look = async (): Promise<void> => {
    const nowMs = await engineNowMs(store)
    for await (const page of touchedTraces(store, project, sinceMs)) {
      noteTouched(schedule, page, nowMs)
      await deriveDue(nowMs)
    }
    sinceMs = Math.max(0, derivedThrough(schedule, nowMs) - MARGIN_MS)
    forgetBefore(schedule, sinceMs)
    if (nowMs - progressAt >= PROGRESS_EVERY_MS) {
      progressAt = nowMs
      await writeProgress(store, project, derivedThrough(schedule, nowMs))
    }
    if (nowMs - silentAt >= SILENT_EVERY_MS) {
      silentAt = nowMs
      const silent = await silentTraces(store, project, nowMs - HOUR_MS)
      if (silent.length > 0) await deriveTraces(options, silent, nowMs)
    }
  }

  const loop = async (): Promise<void> => {
    let pauseMs = intervalMs
    while (!stopping.signal.aborted) {
      pauseMs = await look().then(
        () => intervalMs,
        (error: unknown) => {
          if (!stopping.signal.aborted) log.warn(`cannot analyze: ${messageOf(error)}; trying again`)
          return Math.min(pauseMs * 2, 10_000)
        },
      )
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  const running = loop()
  return {
    pendingTraces: () => pendingCount(schedule),
    look,
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
