// When the analysis may go on: it makes way while rows wait for the store, but never for long.
import { setTimeout as sleep } from 'node:timers/promises'

/** Even where more comes than the store can take, runs are analyzed: a batch in so long. */
const LONGEST_WAIT_MS = 10_000

export type Turns = {
  /** whether rows wait for the store */
  busy(busy: boolean): void
  /** resolves when the next batch may be read */
  turn(): Promise<void>
}

export const createTurns = (signal: AbortSignal, longestWaitMs = LONGEST_WAIT_MS): Turns => {
  let waiting = Promise.withResolvers<void>()
  let isBusy = false
  return {
    busy: (busy) => {
      if (busy === isBusy) return
      isBusy = busy
      if (busy) waiting = Promise.withResolvers()
      else waiting.resolve()
    },
    turn: async () => {
      if (!isBusy || signal.aborted) return
      const stop = new AbortController()
      const late = sleep(longestWaitMs, undefined, { signal: AbortSignal.any([signal, stop.signal]) }).catch(() => {})
      await Promise.race([waiting.promise, late])
      stop.abort()
    },
  }
}
