// Sends the last spans when the process ends, within a bound, without changing how it ends.
import type { Pipe } from './export/pipe.ts'
import { safely } from './safe.ts'

const BOUND_MS = 3_000

export interface Ending {
  /** never rejects */
  flush(): Promise<void>
  /** absent when an exporter of the program's own takes the spans */
  pipe?: Pick<Pipe, 'hurry' | 'saveAll'> | undefined
}

const endings = new Set<Ending>()

/** Sends what waits, wherever recording was started. */
export const flushAll = async (): Promise<void> => {
  await Promise.all([...endings].map((ending) => ending.flush()))
}

const hurryAll = (): Promise<void> => {
  for (const { pipe } of endings) safely(() => pipe?.hurry())
  return flushAll()
}

const atEnd = (): void => {
  void withinBound(hurryAll())
}

const onTerminate = async (): Promise<void> => {
  const aloneWithIt = process.listenerCount('SIGTERM') === 0
  await withinBound(hurryAll())
  // Listening took the default action away: give it back, unless the program handles the signal itself.
  if (aloneWithIt) process.kill(process.pid, 'SIGTERM')
}

const atExit = (): void => {
  for (const { pipe } of endings) safely(() => pipe?.saveAll())
}

/** Flushes once at `beforeExit` and at SIGTERM, and saves what is left when the process exits; the returned function takes it back. */
export function flushAtExit(ending: Ending): () => void {
  if (endings.size === 0) process.once('beforeExit', atEnd).once('SIGTERM', onTerminate).once('exit', atExit)
  endings.add(ending)
  return () => {
    endings.delete(ending)
    if (endings.size === 0) process.off('beforeExit', atEnd).off('SIGTERM', onTerminate).off('exit', atExit)
  }
}

async function withinBound(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, BOUND_MS)
  })
  await Promise.race([work, bound])
  clearTimeout(timer)
}
