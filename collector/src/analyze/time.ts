// Times of the analysis: nanoseconds in, ISO text and milliseconds out.

/** ISO 8601 in UTC with milliseconds; times outside JavaScript's range are clamped to it. */
export const isoTime = (unixNano: bigint): string => {
  const millis = Number(unixNano / 1_000_000n)
  return new Date(Math.max(-8.64e15, Math.min(8.64e15, millis))).toISOString()
}

/** Milliseconds from one time to another, to the microsecond; negative when the second is earlier. */
export const millisBetween = (from: bigint, to: bigint): number => Number((to - from) / 1_000n) / 1_000
