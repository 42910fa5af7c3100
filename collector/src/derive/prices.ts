// The prices of all projects as the analysis takes them: read again when what is known is some time old.
import type { ProjectPrice } from '@seamtrace/schema'
import { readAllPrices } from '../store/price-rows.ts'
import type { Reader } from '../store/touched-traces.ts'

export type PriceSource = () => Promise<ReadonlyMap<string, readonly ProjectPrice[]>>

/** Shorter than a trace is quiet before it is analyzed: a run that is touched after a price changed is analyzed with that. */
const MAX_AGE_MS = 500

export const createPriceSource = (store: Reader, maxAgeMs = MAX_AGE_MS): PriceSource => {
  let known: Awaited<ReturnType<PriceSource>> = new Map()
  let readAt = Number.NEGATIVE_INFINITY
  return async () => {
    const now = performance.now()
    if (now - readAt < maxAgeMs) return known
    known = await readAllPrices(store)
    readAt = now
    return known
  }
}
