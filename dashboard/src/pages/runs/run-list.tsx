// The virtual table of runs: only the rows on screen are in the document; the window scrolls.
import type { RunSummary } from '@seamtrace/schema'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { px } from '../../lib/px.ts'
import { useRange } from '../../lib/url-state.ts'
import { useMedia } from '../../lib/use-media.ts'
import { useNow } from '../../lib/use-now.ts'
import { COLUMNS, RunRow } from './run-row.tsx'

const WIDE = '(min-width: 64rem)'
const ROW_HEIGHT = { wide: 46, narrow: 88 }

const Head = () => (
  <div role="row" className={`${COLUMNS} sticky top-[3.1rem] z-10 hidden border-b border-line bg-bg py-1.5 text-sm text-ink-3 lg:grid`}>
    {['outcome', 'ended', 'pipeline', 'seam', 'message', 'duration', 'retries', 'cost', 'wasted'].map((name, index) => (
      <span key={name} role="columnheader" className={index > 4 ? 'text-right' : ''}>
        {name}
      </span>
    ))}
  </div>
)

type Props = { runs: readonly RunSummary[]; hasMore: boolean; isLoadingMore: boolean; loadMore: () => void }

export const RunList = ({ runs, hasMore, isLoadingMore, loadMore }: Props) => {
  const wide = useMedia(WIDE)
  const [since] = useRange()
  const now = useNow(10_000)
  const body = useRef<HTMLDivElement>(null)
  const [offset, setOffset] = useState(0)
  useLayoutEffect(() => setOffset(body.current?.offsetTop ?? 0), [])
  const rowHeight = px(wide ? ROW_HEIGHT.wide : ROW_HEIGHT.narrow)
  const rows = useWindowVirtualizer({
    count: runs.length,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: offset,
    getItemKey: (index) => runs[index]?.runId ?? index,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: heights change with the layout only
  useEffect(() => rows.measure(), [rowHeight])
  const items = rows.getVirtualItems()
  const lastVisible = items.at(-1)?.index ?? 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: loadMore is made anew on every render
  useEffect(() => {
    if (hasMore && !isLoadingMore && lastVisible >= runs.length - 20) loadMore()
  }, [hasMore, isLoadingMore, lastVisible, runs.length])
  return (
    <div role="table" aria-label="runs" aria-rowcount={hasMore ? -1 : runs.length}>
      <Head />
      <div ref={body} role="rowgroup" className="relative" style={{ height: rows.getTotalSize() }}>
        {items.map((item) => {
          const run = runs[item.index]
          return run ? (
            <RunRow
              key={item.key}
              run={run}
              since={since}
              now={now}
              index={item.index}
              top={item.start - offset}
              height={item.size}
              wide={wide}
            />
          ) : null
        })}
      </div>
      {hasMore && (
        <p className="py-4 text-center text-ink-3" role="status">
          loading more…
        </p>
      )}
    </div>
  )
}
