// What a scenario has started and made, ended and removed again: the last first.
import { messageOf } from '@seamtrace/schema'

export type Cleanups = {
  add(cleanup: () => unknown): void
  /** One after the other, whoever asks: a folder goes only when the process that writes there has ended. */
  run(): Promise<void>
}

export const createCleanups = (): Cleanups => {
  const left: (() => unknown)[] = []
  let running = Promise.resolve()
  const runAll = async (): Promise<void> => {
    for (let cleanup = left.pop(); cleanup; cleanup = left.pop()) {
      await Promise.resolve()
        .then(cleanup)
        .catch((error) => process.stderr.write(`cannot clean up: ${messageOf(error)}\n`))
    }
  }
  return {
    add: (cleanup) => void left.push(cleanup),
    run: () => {
      running = running.then(runAll)
      return running
    },
  }
}
