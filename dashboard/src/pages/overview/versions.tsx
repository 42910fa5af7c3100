// The versions of a pipeline against each other, and which steps made the difference between the last two.
import type { GapReport } from '@seamtrace/schema'
import { formatPercent, plural } from '../../lib/format.ts'
import { NO_VERSION, useRange } from '../../lib/url-state.ts'
import { useApi } from '../../lib/use-api.ts'
import { LayerDot, layerColor } from '../../ui/glyphs.tsx'
import { RateFootnote, RatePlot, RateText } from '../../ui/rate.tsx'
import { Section } from '../../ui/section.tsx'
import { compareVersions, type StepChange } from './compare-versions.ts'

type Versions = GapReport['versions']

const VersionRow = ({ entry, from, active, choose }: { entry: Versions[number]; from: number; active: boolean; choose: () => void }) => (
  <button
    type="button"
    onClick={choose}
    aria-pressed={active}
    className={`grid w-full grid-cols-[5rem_5rem_1fr] items-center gap-3 rounded-md px-2 py-1.5 text-left sm:grid-cols-[6rem_5rem_1fr_11rem] ${active ? 'bg-accent-soft' : 'hover:bg-hover'}`}
  >
    <span className="truncate font-mono">{entry.version || NO_VERSION}</span>
    <RateText rate={entry.observed} className="text-right font-semibold" />
    <RatePlot rate={entry.observed} from={from} />
    <span className="hidden text-sm text-ink-3 sm:block">
      <RateFootnote rate={entry.observed} />
    </span>
  </button>
)

const Change = ({ change, scale }: { change: StepChange; scale: number }) => {
  const at = (share: number) => `${(share / scale) * 100}%`
  const low = Math.min(change.before ?? 0, change.after ?? 0)
  const high = Math.max(change.before ?? 0, change.after ?? 0)
  const color = layerColor(change.layer)
  return (
    <li className="grid grid-cols-[minmax(7rem,11rem)_1fr_8.4rem] items-center gap-3 py-1">
      <span className="flex min-w-0 items-center gap-1.5">
        <LayerDot layer={change.layer} />
        <span className="truncate font-mono text-[0.93em]" title={change.step}>
          {change.step}
        </span>
      </span>
      <div
        className="relative mx-1.5 h-4"
        title={`${formatPercent(change.before ?? 0)} → ${formatPercent(change.after ?? 0)} of runs lost here`}
      >
        <div className="absolute inset-x-0 top-1/2 h-px bg-line" />
        <div
          className="absolute top-1/2 h-[3px] -translate-y-1/2 opacity-40"
          style={{ left: at(low), width: at(high - low), background: color }}
        />
        {change.before !== null && (
          <div
            className="absolute top-1/2 size-2.5 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 bg-surface"
            style={{ left: at(change.before), borderColor: color }}
          />
        )}
        {change.after !== null && (
          <div
            className="absolute top-1/2 size-2.5 -translate-x-1/2 -translate-y-1/2 rounded-full"
            style={{ left: at(change.after), background: color }}
          />
        )}
      </div>
      <span className="text-right text-sm whitespace-nowrap text-ink-2">
        {change.before === null ? 'new step, ' : `${shareText(change.before)} → `}
        {change.after === null ? 'removed' : `${shareText(change.after)}\u202f%`}
      </span>
    </li>
  )
}

const shareText = (share: number | null): string => (share === null ? '–' : (share * 100).toFixed(1))

/** As many as stand beside a usual list of versions. */
const MOST_CHANGES = 12

const StepChanges = ({ pipeline, before, after }: { pipeline: string; before: string; after: string }) => {
  const [since] = useRange()
  const left = useApi('gap', { query: { pipeline, since, version: before } }, { poll: false })
  const right = useApi('gap', { query: { pipeline, since, version: after } }, { poll: false })
  if (!left.data || !right.data) return <div className="skeleton h-28" />
  const changes = compareVersions(left.data, right.data)
  const scale = Math.max(0.01, ...changes.flatMap((change) => [change.before ?? 0, change.after ?? 0])) * 1.06
  return (
    <div>
      <p className="mb-1.5 text-sm text-ink-3">
        Runs lost per step, <span className="font-mono">{before || NO_VERSION}</span> <span aria-hidden="true">○</span> →{' '}
        <span className="font-mono">{after || NO_VERSION}</span> <span aria-hidden="true">●</span>
      </p>
      <ul>
        {changes.slice(0, MOST_CHANGES).map((change) => (
          <Change key={change.step} change={change} scale={scale} />
        ))}
      </ul>
      {changes.length > MOST_CHANGES && (
        <p className="mt-1 text-sm text-ink-3">and {plural(changes.length - MOST_CHANGES, 'step')} that changed less</p>
      )}
    </div>
  )
}

/** 1.9 before 1.10: the nearest to "older first" that a name alone allows. Runs without a version come before all that have one. */
const byName = new Intl.Collator('en', { numeric: true })
const inOrder = (versions: Versions): Versions => versions.toSorted((a, b) => byName.compare(a.version, b.version))

type Props = { pipeline: string; versions: Versions; active: string | null; choose: (version: string | null) => void }

export const VersionsSection = ({ pipeline, versions, active, choose }: Props) => {
  const finished = inOrder(versions.filter(({ observed }) => observed.n > 0))
  const [before, after] = finished.slice(-2)
  if (!before || !after) return null
  const from = Math.max(0, Math.floor((Math.min(...finished.map(({ observed }) => observed.low)) - 0.05) * 10) / 10)
  return (
    <Section title="Versions" note={`95 % intervals on an axis from ${formatPercent(from)} to 100 %; click one to see it alone`}>
      <div className="grid gap-x-12 gap-y-5 lg:grid-cols-2">
        <div className="-mx-2">
          {finished.map((entry) => (
            <VersionRow
              key={entry.version}
              entry={entry}
              from={from}
              active={entry.version === active}
              choose={() => choose(entry.version === active ? null : entry.version)}
            />
          ))}
        </div>
        <StepChanges pipeline={pipeline} before={before.version} after={after.version} />
      </div>
    </Section>
  )
}
