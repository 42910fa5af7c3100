// Waits for the signal to stop.
import { EXIT } from './io.ts'

// One Ctrl-C may arrive twice: from the terminal, and passed on by npm.
const SAME_MS = 500

/** Listens from the start, so that a signal during the start is not lost; a second one ends at once. */
export const untilSignal = (onStop: () => void): Promise<'stopped'> =>
  new Promise((done) => {
    let askedMs = 0
    const stop = (): void => {
      if (askedMs > 0 && Date.now() - askedMs < SAME_MS) return
      if (askedMs > 0) process.exit(EXIT.error)
      askedMs = Date.now()
      onStop()
      done('stopped')
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
