// Times of the analysis: nanoseconds in, ISO text and milliseconds out.

/** ISO 8601 in UTC with milliseconds; times outside JavaScript's range are clamped to it. */
export const isoTime = (unixNano: bigint): string => {
  const millis = Number(unixNano / 1_000_000n)
  return new Date(Math.max(-8.64e15, Math.min(8.64e15, millis))).toISOString()
}

const MILLISECOND = 1_000_000n

/**
 * The latest moment at which a span can have begun. OpenTelemetry for JavaScript cuts starts to the millisecond but not ends, so
 * that a step seems to begin before the one before it has ended.
 */
export const latestStart = (startUnixNano: bigint, endUnixNano: bigint): bigint => {
  if (startUnixNano % MILLISECOND !== 0n || endUnixNano % MILLISECOND === 0n) return startUnixNano
  const latest = startUnixNano + MILLISECOND - 1n
  return latest < endUnixNano ? latest : endUnixNano
}

/** Milliseconds from one time to another, to the microsecond; negative when the second is earlier. */
export const millisBetween = (from: bigint, to: bigint): number => Number((to - from) / 1_000n) / 1_000
