// The waterfall of all spans of a run: a virtual treegrid with keyboard, folding and a selection that lives in the address.
import type { SpanSummary } from '@seamtrace/schema'
import { useVirtualizer } from '@tanstack/react-virtual'
import { TriangleAlert } from 'lucide-react'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { formatCount } from '../lib/format.ts'
import { px } from '../lib/px.ts'
import { buildSpanTree, parentIndex, type SpanTree, visibleRows } from './span-tree.ts'
import { TimeLines, TimeRuler } from './time-ruler.tsx'
import { SPAN_GRID, SPAN_ROW_HEIGHT, WaterfallRow } from './waterfall-row.tsx'

type Props = { spans: readonly SpanSummary[]; hidden: number; selected: string; chargedSpan: string; select: (spanId: string) => void }

const HiddenBanner = ({ shown, hidden }: { shown: number; hidden: number }) => (
  <p role="status" className="mb-2 flex items-center gap-2 rounded-md border border-wait/40 px-3 py-1.5 text-ink-2">
    <TriangleAlert className="size-4 shrink-0 text-wait" aria-hidden="true" />
    {formatCount(hidden)} of {formatCount(shown + hidden)} spans are not shown here: the first {formatCount(shown)} by start are. Counts and
    attribution above include all of them.
  </p>
)

/** Folded spans; spans with children can be folded one by one or all at once. */
const useFolding = (tree: SpanTree) => {
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set())
  const set = (id: string, folded: boolean) => {
    const next = new Set(collapsed)
    if (folded) next.add(id)
    else next.delete(id)
    setCollapsed(next)
  }
  const foldAll = () => setCollapsed(new Set(tree.nodes.filter((node, index) => node.depth > 0 && node.last > index).map(({ id }) => id)))
  return { collapsed, set, foldAll, unfoldAll: () => setCollapsed(new Set()) }
}

/** Row the key leads to, or a folding; null for keys that mean nothing here. */
const keyMove = (
  key: string,
  at: number,
  rows: readonly number[],
  tree: SpanTree,
  collapsed: ReadonlySet<string>,
): { row: number } | { fold: boolean } | null => {
  const index = rows[at] ?? 0
  const node = tree.nodes[index]
  const folded = node ? collapsed.has(node.id) : false
  const isLeaf = node?.last === index
  switch (key) {
    case 'ArrowDown':
      return { row: Math.min(at + 1, rows.length - 1) }
    case 'ArrowUp':
      return { row: Math.max(at - 1, 0) }
    case 'PageDown':
      return { row: Math.min(at + 15, rows.length - 1) }
    case 'PageUp':
      return { row: Math.max(at - 15, 0) }
    case 'Home':
      return { row: 0 }
    case 'End':
      return { row: rows.length - 1 }
    case 'ArrowRight':
      return isLeaf ? null : folded ? { fold: false } : { row: at + 1 }
    case 'ArrowLeft':
      return isLeaf || folded ? { row: Math.max(0, rows.indexOf(parentIndex(tree, index))) } : { fold: true }
    default:
      return null
  }
}

export const SpanWaterfall = ({ spans, hidden, selected, chargedSpan, select }: Props) => {
  const tree = useMemo(() => buildSpanTree(spans), [spans])
  const { collapsed, set, foldAll, unfoldAll } = useFolding(tree)
  const rows = useMemo(() => visibleRows(tree, collapsed), [tree, collapsed])
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => px(SPAN_ROW_HEIGHT),
    overscan: 14,
  })
  const at = rows.findIndex((index) => tree.nodes[index]?.span.spanId === selected)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new selection scrolls
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' })
  }, [selected, tree])
  const onKeyDown = (event: KeyboardEvent) => {
    const move = keyMove(event.key, Math.max(at, 0), rows, tree, collapsed)
    if (!move) return
    event.preventDefault()
    const target = tree.nodes[rows['row' in move ? move.row : Math.max(at, 0)] ?? 0]
    if (!target) return
    if ('fold' in move) set(target.id, move.fold)
    else select(target.span.spanId)
  }
  const totalMs = Math.max(tree.durationMs, 0.001)
  return (
    <div>
      {hidden > 0 && <HiddenBanner shown={spans.length} hidden={hidden} />}
      <div className="mb-1 flex items-center gap-2 text-sm text-ink-3">
        <button type="button" onClick={unfoldAll} className="rounded px-1 hover:bg-hover hover:text-ink">
          expand all
        </button>
        <button type="button" onClick={foldAll} className="rounded px-1 hover:bg-hover hover:text-ink">
          collapse all
        </button>
        <span className="ml-auto hidden sm:inline">arrow keys move and fold</span>
      </div>
      <div className="rounded-lg border border-line bg-surface">
        <div className={`${SPAN_GRID} border-b border-line px-2 pt-1 text-sm text-ink-3`}>
          <span>{formatCount(rows.length)} rows</span>
          <TimeRuler durationMs={totalMs} />
        </div>
        <div
          ref={scroller}
          role="treegrid"
          aria-label="spans"
          aria-rowcount={rows.length}
          tabIndex={0}
          {...(at >= 0 ? { 'aria-activedescendant': `span-row-${at}` } : {})}
          onKeyDown={onKeyDown}
          className="thin-scroll max-h-[32rem] overflow-y-auto overscroll-contain"
        >
          <div className="relative" style={{ height: virtual.getTotalSize() }}>
            <div className={`${SPAN_GRID} absolute inset-0 px-2`}>
              <span />
              <span className="relative">
                <TimeLines durationMs={totalMs} />
              </span>
            </div>
            {virtual.getVirtualItems().map((item) => {
              const index = rows[item.index] ?? 0
              const node = tree.nodes[index]
              if (!node) return null
              const isCollapsed = collapsed.has(node.id)
              return (
                <WaterfallRow
                  key={node.id}
                  node={node}
                  row={item.index}
                  top={item.start}
                  totalMs={totalMs}
                  hasChildren={node.last > index}
                  collapsed={isCollapsed}
                  selected={item.index === at}
                  charged={node.span.spanId === chargedSpan}
                  select={() => select(node.span.spanId)}
                  toggle={() => set(node.id, !isCollapsed)}
                />
              )
            })}
          </div>
        </div>
      </div>
    </div>
  )
}
