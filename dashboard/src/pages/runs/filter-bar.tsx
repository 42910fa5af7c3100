// The controls that narrow the list of runs down.
import { LAYERS, OUTCOMES } from '@seamtrace/schema'
import { Search, SlidersHorizontal } from 'lucide-react'
import { useEffect, useState } from 'react'
import { GAP_FILTERS, NO_VERSION, type RunFilters, type SetRunFilters, useRange } from '../../lib/url-state.ts'
import { useApi } from '../../lib/use-api.ts'
import { OutcomeIcon } from '../../ui/outcome.tsx'

type Props = { filters: RunFilters; setFilters: SetRunFilters }
const CONTROL = 'h-8 rounded-md border border-line bg-surface px-2 hover:border-line-strong'

/** Text that reaches the address a moment after the last key. */
const TextFilter = ({
  value,
  placeholder,
  set,
  className,
}: {
  value: string
  placeholder: string
  set: (text: string) => void
  className: string
}) => {
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing starts the timer
  useEffect(() => {
    if (text === value) return
    const timer = setTimeout(() => set(text), 300)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <input
      type="search"
      value={text}
      placeholder={placeholder}
      aria-label={placeholder}
      onChange={(event) => setText(event.target.value)}
      className={`${CONTROL} ${className} placeholder:text-ink-3`}
    />
  )
}

const toggled = <V extends string>(list: readonly V[], value: V): V[] | null => {
  const next = list.includes(value) ? list.filter((other) => other !== value) : [...list, value]
  return next.length === 0 ? null : next
}

const OutcomeToggles = ({ filters, setFilters }: Props) => (
  <fieldset aria-label="outcome" className="flex flex-wrap gap-1">
    {OUTCOMES.map((outcome) => {
      const active = filters.outcome.includes(outcome)
      return (
        <button
          key={outcome}
          type="button"
          aria-pressed={active}
          onClick={() => setFilters({ outcome: toggled(filters.outcome, outcome) })}
          className={`inline-flex h-7 items-center gap-1.5 rounded-md border px-2 ${active ? 'border-accent bg-accent-soft' : 'border-line bg-surface text-ink-2 hover:border-line-strong'}`}
        >
          <OutcomeIcon outcome={outcome} />
          {outcome}
        </button>
      )
    })}
  </fieldset>
)

type ChoiceProps = {
  label: string
  value: string | null
  options: readonly { value: string; label: string }[]
  set: (value: string | null) => void
}

/** A select whose first entry means "any"; entries go by their number, since '' can be one of them. */
const Choice = ({ label, value, options, set }: ChoiceProps) => (
  <select
    aria-label={label}
    value={options.findIndex((option) => option.value === value)}
    onChange={(event) => set(options[Number(event.target.value)]?.value ?? null)}
    className={`${CONTROL} max-w-44 ${value === null ? 'text-ink-2' : ''}`}
  >
    <option value={-1}>any {label}</option>
    {options.map((option, index) => (
      <option key={option.value} value={index}>
        {option.label}
      </option>
    ))}
  </select>
)

const same = (values: readonly string[]) => values.map((value) => ({ value, label: value }))

/** Everything but the text search; on narrow screens behind a button. */
const Choices = ({ filters, setFilters }: Props) => {
  const [since] = useRange()
  const pipelines = useApi('pipelines', { query: { since } }, { poll: false })
  const items = pipelines.data?.items ?? []
  const names = new Set(items.map((item) => item.pipeline).concat(filters.pipeline || []))
  const known = items.filter(({ pipeline }) => pipeline === filters.pipeline).flatMap((item) => item.versions)
  const versions = [...new Set([...known, '', filters.version ?? ''])].map((value) => ({ value, label: value || NO_VERSION }))
  return (
    <>
      <Choice
        label="pipeline"
        value={filters.pipeline || null}
        options={same([...names])}
        set={(pipeline) => setFilters({ pipeline, version: null, step: null, seam: null, seamKind: null })}
      />
      {(known.length > 0 || filters.version !== null) && (
        <Choice label="version" value={filters.version} options={versions} set={(version) => setFilters({ version })} />
      )}
      <Choice
        label="layer"
        value={filters.layer[0] ?? null}
        options={same(LAYERS)}
        set={(value) => setFilters({ layer: LAYERS.filter((name) => name === value) })}
      />
      <Choice
        label="gap"
        value={filters.gap[0] ?? null}
        options={same(GAP_FILTERS)}
        set={(value) => setFilters({ gap: GAP_FILTERS.filter((name) => name === value) })}
      />
      <Choice
        label="recovery"
        value={filters.recovered}
        options={[
          { value: 'true', label: 'recovered' },
          { value: 'false', label: 'not recovered' },
        ]}
        set={(value) => setFilters({ recovered: value === 'true' || value === 'false' ? value : null })}
      />
      <TextFilter
        value={filters.kind}
        placeholder="failure kind"
        set={(kind) => setFilters({ kind: kind.trim() || null })}
        className="w-32"
      />
      <TextFilter
        value={filters.session}
        placeholder="session"
        set={(session) => setFilters({ session: session || null })}
        className="w-28"
      />
    </>
  )
}

export const FilterBar = ({ filters, setFilters }: Props) => {
  const [open, setOpen] = useState(false)
  return (
    <search aria-label="filter runs" className="mb-2 flex flex-wrap items-center gap-1.5">
      <div className="relative min-w-0 flex-1 sm:min-w-56">
        <Search className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-3" aria-hidden="true" />
        <TextFilter value={filters.q} placeholder="story or run id" set={(q) => setFilters({ q: q || null })} className="w-full pl-8" />
      </div>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className={`${CONTROL} inline-flex items-center gap-1.5 sm:hidden`}
      >
        <SlidersHorizontal className="size-4" aria-hidden="true" /> Filters
      </button>
      <div className={open ? 'flex w-full flex-wrap gap-1.5 sm:contents' : 'hidden sm:contents'}>
        <Choices filters={filters} setFilters={setFilters} />
      </div>
      <div className="w-full">
        <OutcomeToggles filters={filters} setFilters={setFilters} />
      </div>
    </search>
  )
}
