// Requests on their way to the collector: sent at once while it answers, kept on disk while it does not, counted when there is no room.
import { diag } from '@opentelemetry/api'
import type { DiskSpool } from './disk-spool.ts'
import type { ExportRequest } from './request.ts'
import type { Answer, Sender } from './send.ts'
import { createWaiting, type Entry, type Room, type Waiting } from './waiting.ts'

/** Beyond this room spans are dropped, and counted. */
export interface DeliveryLimits extends Room {
  /** a request that was not taken within this time is written to disk, so that no kill can lose it */
  saveAfterMs: number
  /** first pause after the collector did not take a request; doubled each time up to `longestPauseMs`, and jittered by half */
  firstPauseMs: number
  longestPauseMs: number
}

export const DELIVERY_LIMITS: DeliveryLimits = {
  spoolBytes: 64 * 1024 * 1024,
  memoryBytes: 16 * 1024 * 1024,
  saveAfterMs: 250,
  firstPauseMs: 500,
  longestPauseMs: 15_000,
}

/**
 * Spans and log records, by what became of them. The four together are all that came in, and what ended processes had left, but for
 * heartbeats that later ones made needless.
 */
export interface DeliveryCounts {
  delivered: number
  waiting: number
  /** that the collector refused, or left out of a request that it took */
  refused: number
  /** for which there was no room */
  dropped: number
}

export type Loss = 'no_room' | 'refused'

export interface Delivery {
  /** Takes a request over. Never throws and never waits. */
  deliver(request: ExportRequest): void
  counts(): DeliveryCounts
  /** Tries at once. Resolves when all that has come so far is delivered, or is kept because the collector is away; at the latest after so long. */
  settle(withinMs: number): Promise<void>
  /** From now on a request may take this long at the most. */
  hurry(timeoutMs: number): void
  /** For the end of the process: writes to disk what is not there yet. */
  saveAll(): void
  close(): Promise<void>
}

// Each is one request of the collector's; more at a time would only wait there.
const SENT_AT_ONCE = 2
const MOST_RETRY_AFTER_MS = 60_000

/**
 * @param parts `spool` absent: memory only; `onLost` is told of spans that are gone, and why
 * @example createDelivery({ sender, spool: openDiskSpool(folder, 'http://localhost:4318'), limits: DELIVERY_LIMITS })
 */
export const createDelivery = (parts: {
  sender: Sender
  spool?: DiskSpool | undefined
  limits: DeliveryLimits
  onLost?: (spans: number, reason: Loss) => void
}): Delivery => {
  const { sender, spool, limits } = parts
  const waiting = createWaiting(spool, limits, () => look())
  const results = createResults(waiting, parts.onLost ?? (() => {}))
  const pause = createPause(limits)
  const askers = new Set<() => void>()
  let sending = 0
  let timer: NodeJS.Timeout | undefined
  let timeoutMs: number | undefined
  let isClosed = false

  const sendOne = async (entry: Entry): Promise<void> => {
    entry.isSending = true
    sending++
    const request = await waiting.read(entry).catch(() => undefined)
    // a power cut leaves empty files
    const answer = request && request.body.length > 0 ? await sender.send(request, timeoutMs) : undefined
    entry.isSending = false
    sending--
    if (answer) pause.note(answer)
    if (answer?.outcome !== 'again') results.note(entry, answer)
    else for (const other of waiting.entries()) waiting.save(other)
    waiting.release(entry)
    look()
  }

  /** Does what can be done now, and comes again when something else can. */
  const look = (): void => {
    if (isClosed) return
    clearTimeout(timer)
    for (const entry of waiting.tooMany()) results.drop(entry, 'no_room')
    const leftMs = pause.untilMs() - Date.now()
    if (leftMs > 0) timer = setTimeout(look, leftMs).unref()
    // one request is enough to find out whether it is there again
    else sendUpTo(pause.isDown() ? 1 : SENT_AT_ONCE)
    for (const ask of askers) ask()
  }
  const sendUpTo = (most: number): void => {
    for (const entry of waiting.entries()) {
      if (sending >= most) return
      if (!entry.isSending) void sendOne(entry)
    }
  }

  void waiting.adopt().then(look, look)
  return {
    deliver: (request) => {
      const entry = waiting.add(request)
      if (request.about) for (const outdated of waiting.outdated()) waiting.remove(outdated)
      if (pause.isDown()) waiting.save(entry)
      else setTimeout(waiting.save, limits.saveAfterMs, entry).unref()
      look()
    },
    counts: () => ({ ...results.counts(), waiting: [...waiting.entries()].reduce((sum, { items }) => sum + items, 0) }),
    settle: async (withinMs) => {
      const awaited = [...waiting.entries()]
      const failedBefore = pause.failed()
      // whoever asks now wants it tried now, and not when the pause is over
      pause.end()
      look()
      const isAway = (): boolean => pause.failed() > failedBefore
      await untilWithin(() => awaited.every(({ isDone, saving }) => isDone || (isAway() && !saving)), askers, withinMs)
    },
    hurry: (ms) => {
      timeoutMs = ms
    },
    saveAll: waiting.saveAllSync,
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      sender.close()
      await waiting.close()
    },
  }
}

/** Asks again whenever something has changed. The timer holds the process: whoever waits for spans means it. */
const untilWithin = (holds: () => boolean, askers: Set<() => void>, ms: number): Promise<void> =>
  new Promise((resolve) => {
    const ask = (): void => {
      if (holds()) end()
    }
    const end = (): void => {
      clearTimeout(bound)
      askers.delete(ask)
      resolve()
    }
    const bound = setTimeout(end, ms)
    askers.add(ask)
    ask()
  })

/** Exponential back-off with jitter, or what the collector asks for. */
const createPause = ({ firstPauseMs, longestPauseMs }: DeliveryLimits) => {
  let failures = 0
  let failed = 0
  let untilMs = 0
  return {
    isDown: () => failures > 0,
    untilMs: () => untilMs,
    /** how often the collector was away since the beginning */
    failed: () => failed,
    end: (): void => {
      untilMs = 0
    },
    note: (answer: Answer): void => {
      if (answer.outcome !== 'again') {
        if (failures > 0) diag.info('seamtrace: the collector answers again')
        failures = 0
        untilMs = 0
        return
      }
      if (failures === 0) diag.warn(`seamtrace: cannot export, spans are kept until the collector answers: ${answer.reason}`)
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** failures) * (0.5 + Math.random() / 2)
      failures++
      failed++
      untilMs = Date.now() + Math.max(pauseMs, Math.min(answer.retryAfterMs, MOST_RETRY_AFTER_MS))
    },
  }
}

const createResults = (waiting: Waiting, onLost: (spans: number, reason: Loss) => void) => {
  const counts = { delivered: 0, refused: 0, dropped: 0 }
  const lose = (signal: Entry['signal'], items: number, reason: Loss): void => {
    counts[reason === 'no_room' ? 'dropped' : 'refused'] += items
    if (signal === 'traces' && items > 0) onLost(items, reason)
  }
  const drop = (entry: Entry, reason: Loss): void => {
    waiting.remove(entry)
    lose(entry.signal, entry.items, reason)
  }
  /** @param answer undefined when there was nothing left to send */
  const note = (entry: Entry, answer: Exclude<Answer, { outcome: 'again' }> | undefined): void => {
    if (!answer) return drop(entry, 'no_room')
    if (answer.outcome === 'refused') {
      diag.error(`seamtrace: cannot export ${entry.items} spans or log records, refused: ${answer.reason}`)
      return drop(entry, 'refused')
    }
    if (answer.message !== '') diag.warn(`seamtrace: the collector says: ${answer.message}`)
    waiting.remove(entry)
    const rejected = Math.min(entry.items, answer.rejected)
    counts.delivered += entry.items - rejected
    lose(entry.signal, rejected, 'refused')
  }
  return { counts: () => ({ ...counts }), drop, note }
}
