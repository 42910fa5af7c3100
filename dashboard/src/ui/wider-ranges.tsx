// The longer ranges to look in when the chosen one holds nothing.
import { durationMs } from '@seamtrace/schema'
import { RANGES } from '../lib/links.ts'
import { useRange } from '../lib/url-state.ts'

/** @param agoMs how far back there is something: shorter ranges are left out */
export const WiderRanges = ({ agoMs = 0 }: { agoMs?: number }) => {
  const [since, setSince] = useRange()
  const longer = RANGES.slice(RANGES.indexOf(since) + 1).filter((range) => durationMs(range) > agoMs)
  if (longer.length === 0) return null
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-2.5">
      Look in the last
      {longer.map((range) => (
        <button
          key={range}
          type="button"
          onClick={() => setSince(range)}
          className="rounded text-accent underline underline-offset-3 hover:bg-hover"
        >
          {range}
        </button>
      ))}
    </span>
  )
}
