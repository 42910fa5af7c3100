// The one control for time: how far back runs may have ended.
import { RANGES, type Range } from '../lib/links.ts'
import { useRange } from '../lib/url-state.ts'
import { Segmented } from './section.tsx'

const OPTIONS = RANGES.map((range) => ({ value: range, label: range, title: `runs that ended in the last ${range}` }))
const isRange = (text: string): text is Range => (RANGES as readonly string[]).includes(text)

export const RangePicker = () => {
  const [since, setSince] = useRange()
  return (
    <>
      <div className="hidden md:block">
        <Segmented label="time range" value={since} options={OPTIONS} onChange={setSince} />
      </div>
      <select
        aria-label="time range"
        value={since}
        onChange={(event) => isRange(event.target.value) && setSince(event.target.value)}
        className="h-8 rounded-md border border-line bg-surface px-2 md:hidden"
      >
        {RANGES.map((range) => (
          <option key={range}>{range}</option>
        ))}
      </select>
    </>
  )
}
