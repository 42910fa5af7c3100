// The list of runs: filters in the address, a virtual table, and a pill that tells of new runs without moving anything.
import { ArrowUp } from 'lucide-react'
import { useEffect } from 'react'
import { plural } from '../../lib/format.ts'
import { chipsOf, filterQuery, RUN_FILTERS, useRange, useRunFilters } from '../../lib/url-state.ts'
import { EmptyState, Freshness, Loaded, Skeleton } from '../../ui/states.tsx'
import { WiderRanges } from '../../ui/wider-ranges.tsx'
import { FilterBar } from './filter-bar.tsx'
import { FilterChips } from './filter-chips.tsx'
import { RunList } from './run-list.tsx'
import { useRuns } from './use-runs.ts'

const NOTHING_SET = Object.fromEntries(Object.keys(RUN_FILTERS).map((name) => [name, null]))

const NewRunsPill = ({ count, more, show }: { count: number; more: boolean; show: () => void }) =>
  count === 0 ? null : (
    <div className="pointer-events-none sticky top-24 z-20 -mb-8 flex justify-center sm:top-16" aria-live="polite">
      <button
        type="button"
        onClick={() => {
          show()
          window.scrollTo({ top: 0 })
        }}
        className="pointer-events-auto inline-flex h-8 items-center gap-1.5 rounded-full bg-accent px-3.5 font-medium text-accent-ink shadow-lg hover:brightness-110"
      >
        <ArrowUp className="size-4" aria-hidden="true" />
        {more ? `${count}+ new runs` : plural(count, 'new run')}
      </button>
    </div>
  )

const Empty = ({ filtered, clear }: { filtered: boolean; clear: () => void }) => {
  const [since] = useRange()
  return filtered ? (
    <EmptyState title="No run matches these filters">
      <p>
        in the last {since}. <WiderRanges />
      </p>
      <button
        type="button"
        onClick={clear}
        className="mt-3 rounded-md border border-line-strong px-3 py-1 font-medium text-ink hover:bg-hover"
      >
        Clear filters
      </button>
    </EmptyState>
  ) : (
    <EmptyState title={`No run ended in the last ${since}`}>
      <p>
        <WiderRanges />
      </p>
      <p>Setup says how to send runs.</p>
    </EmptyState>
  )
}

export const Runs = () => {
  const [since] = useRange()
  const [filters, setFilters] = useRunFilters()
  const { list, head, runs, fresh, showNew } = useRuns({ ...filterQuery(filters), since })
  const chips = chipsOf(filters)
  const clear = () => setFilters(NOTHING_SET)
  const isEmpty = list.isSuccess && runs.length === 0
  // Nothing on screen can jump while the list is empty, so the first runs come in by themselves.
  // biome-ignore lint/correctness/useExhaustiveDependencies: showNew is made anew on every render
  useEffect(() => {
    if (isEmpty && fresh.count > 0) showNew()
  }, [isEmpty, fresh.count])
  return (
    <div>
      <header className="mb-3 flex flex-wrap items-baseline gap-x-3">
        <h1 className="text-[1.43rem] font-semibold tracking-[-0.015em]">Runs</h1>
        {list.isSuccess && (
          <p className="text-ink-3">
            {plural(runs.length, 'run')}
            {list.hasNextPage ? ' loaded, more below' : ''}
          </p>
        )}
        <span className="ml-auto">
          <Freshness updatedAt={head.dataUpdatedAt || list.dataUpdatedAt} failed={head.isError} />
        </span>
      </header>
      <FilterBar filters={filters} setFilters={setFilters} />
      <FilterChips chips={chips} remove={(chip) => setFilters(chip.without)} clear={clear} />
      <NewRunsPill count={isEmpty ? 0 : fresh.count} more={fresh.more} show={showNew} />
      <Loaded of={list} skeleton={<Skeleton className="h-[60vh]" />}>
        {isEmpty ? (
          <Empty filtered={chips.length > 0} clear={clear} />
        ) : (
          <RunList
            runs={runs}
            hasMore={list.hasNextPage}
            isLoadingMore={list.isFetchingNextPage}
            loadMore={() => void list.fetchNextPage()}
          />
        )}
      </Loaded>
    </div>
  )
}
