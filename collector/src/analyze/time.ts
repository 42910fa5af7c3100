// Times of the analysis: nanoseconds in, ISO text and milliseconds out.

const DAY_MS = 86_400_000
const FIRST_DAY = 0
// 9999-12-31: later years have more digits
const LAST_DAY = 2_932_896

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)
const three = (value: number): string => (value < 10 ? `00${value}` : value < 100 ? `0${value}` : `${value}`)

/** Year, month and day of a day since 1970, by http://howardhinnant.github.io/date_algorithms.html#civil_from_days */
const dateOf = (day: number): string => {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const ofEra = shifted - era * 146_097
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365)
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * ofYear + 2) / 153)
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  const dayOfMonth = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  return `${yearOfEra + era * 400 + (month <= 2 ? 1 : 0)}-${two(month)}-${two(dayOfMonth)}`
}

/**
 * ISO 8601 in UTC with milliseconds; times outside JavaScript's range are clamped to it. By arithmetic, since Date takes four times as
 * long and every attempt has a time.
 */
export const isoTime = (unixNano: bigint): string => {
  const millis = Number(unixNano / 1_000_000n)
  const day = Math.floor(millis / DAY_MS)
  if (day < FIRST_DAY || day > LAST_DAY) return new Date(Math.max(-8.64e15, Math.min(8.64e15, millis))).toISOString()
  const ofDay = millis - day * DAY_MS
  const seconds = Math.floor(ofDay / 1_000)
  const minutes = Math.floor(seconds / 60)
  return `${dateOf(day)}T${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}.${three(ofDay % 1_000)}Z`
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
