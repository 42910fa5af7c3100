// How long something took lately: quantiles of the last thousand times.

export type Latency = { add(ms: number): void /** 0 while nothing was measured */; quantile(share: number): number }

export const createLatency = (size = 1_024): Latency => {
  const times = new Float64Array(size)
  let count = 0
  return {
    add: (ms) => {
      times[count++ % size] = ms
    },
    quantile: (share) => {
      const sorted = times.slice(0, Math.min(count, size)).sort()
      return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    },
  }
}
