// Sends the last spans when the process ends, within a bound, without changing how it ends.

const BOUND_MS = 3_000

/** Flushes once at `beforeExit` and at SIGTERM, and saves what is left when the process exits; the returned function removes the listeners. */
export function flushAtExit({ flush, saveAll }: { flush: () => Promise<void>; saveAll: () => void }): () => void {
  const atEnd = (): void => {
    void withinBound(flush)
  }
  const onTerminate = async (): Promise<void> => {
    const aloneWithIt = process.listenerCount('SIGTERM') === 0
    await withinBound(flush)
    // Listening took the default action away: give it back, unless the program handles the signal itself.
    if (aloneWithIt) process.kill(process.pid, 'SIGTERM')
  }
  process.once('beforeExit', atEnd)
  process.once('SIGTERM', onTerminate)
  process.once('exit', saveAll)
  return () => {
    process.off('beforeExit', atEnd)
    process.off('SIGTERM', onTerminate)
    process.off('exit', saveAll)
  }
}

async function withinBound(flush: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, BOUND_MS)
  })
  await Promise.race([flush(), bound])
  clearTimeout(timer)
}
