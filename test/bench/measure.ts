// Measuring: how often something runs in a second, warmed up, as the median of several rounds.
import { performance } from 'node:perf_hooks'

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** Milliseconds that `work` takes: one warm-up, then the median of `rounds`. */
export const medianMs = async (work: () => unknown, rounds = 5): Promise<number> => {
  await work()
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  return median(times)
}

export type Figure = { name: string; value: number; unit: string; baseline?: { name: string; ratio: number } }

/** Three significant digits, with thousands separated. */
export const readable = (value: number): string =>
  new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3, maximumFractionDigits: 2 }).format(value)
