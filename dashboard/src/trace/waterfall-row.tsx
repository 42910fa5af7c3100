// One span in the waterfall: its name at its depth, its bar on the time axis, failure and attempt marked.
import { ChevronDown, ChevronRight } from 'lucide-react'
import { formatDuration } from '../lib/format.ts'
import { px } from '../lib/px.ts'
import { layerColor } from '../ui/glyphs.tsx'
import { OutcomeIcon } from '../ui/outcome.tsx'
import type { SpanNode } from './span-tree.ts'
import { barOf, labelGoesBefore } from './time-axis.ts'

export const SPAN_GRID = 'grid grid-cols-[minmax(10.5rem,42%)_minmax(0,1fr)] gap-x-3'
export const SPAN_ROW_HEIGHT = 26
/** Spans that stand for what is inside them are drawn lighter. */
const CONTAINERS: ReadonlySet<string> = new Set(['pipeline', 'step', 'agent', 'retry', 'attempt'])
/** Deeper levels are no longer indented: the name keeps its room. */
const MOST_INDENT = 12

type Props = {
  node: SpanNode
  row: number
  top: number
  totalMs: number
  hasChildren: boolean
  collapsed: boolean
  selected: boolean
  charged: boolean
  select: () => void
  toggle: () => void
}

const Name = ({
  node,
  hasChildren,
  collapsed,
  charged,
  toggle,
}: Pick<Props, 'node' | 'hasChildren' | 'collapsed' | 'charged' | 'toggle'>) => {
  const { span, depth, orphan } = node
  const Chevron = collapsed ? ChevronRight : ChevronDown
  return (
    <span role="gridcell" className="flex min-w-0 items-center gap-1" style={{ paddingLeft: `${Math.min(depth, MOST_INDENT) * 0.86}rem` }}>
      {hasChildren ? (
        <button
          type="button"
          tabIndex={-1}
          aria-label={collapsed ? 'expand' : 'collapse'}
          onClick={(event) => {
            event.stopPropagation()
            toggle()
          }}
          className="inline-flex size-5 shrink-0 items-center justify-center rounded text-ink-3 hover:bg-sunken hover:text-ink"
        >
          <Chevron className="size-3.5" aria-hidden="true" />
        </button>
      ) : (
        <span className="size-5 shrink-0" />
      )}
      {depth > MOST_INDENT && (
        <span className="text-[0.75rem] text-ink-3" title={`depth ${depth}`}>
          +{depth - MOST_INDENT}
        </span>
      )}
      <span className="size-2 shrink-0 rounded-[3px]" style={{ background: layerColor(span.layer) }} title={`${span.layer} layer`} />
      <span
        className={`truncate text-[0.95em] ${span.outcome === 'failure' ? 'text-fail' : ''} ${span.type === 'step' || span.type === 'pipeline' ? 'font-medium' : ''}`}
        title={span.name}
      >
        {span.name}
      </span>
      {span.attempt > 1 && (
        <span className="shrink-0 rounded bg-sunken px-1 text-[0.8rem] text-ink-2" title={`attempt ${span.attempt}`}>
          #{span.attempt}
        </span>
      )}
      {orphan && (
        <span
          className="shrink-0 rounded border border-dashed border-line-strong px-1 text-[0.8rem] text-ink-3"
          title="the parent of this span has not arrived"
        >
          no parent
        </span>
      )}
      {charged && (
        <span
          className="shrink-0 rounded bg-fail px-1 text-[0.8rem] font-medium text-bg max-sm:hidden"
          title="the run's failure is charged to the seam into this span"
        >
          charged
        </span>
      )}
    </span>
  )
}

const SpanBar = ({ node, totalMs }: { node: SpanNode; totalMs: number }) => {
  const bar = barOf(node.startMs, node.durationMs, totalMs)
  const failed = node.span.outcome === 'failure'
  const before = labelGoesBefore(bar)
  const edge = before
    ? { right: `calc(${100 - bar.leftPercent}% + 6px)` }
    : { left: `calc(${bar.leftPercent}% + max(3px, ${bar.widthPercent}%) + 6px)` }
  const container = CONTAINERS.has(node.span.type)
  return (
    <span role="gridcell" className="relative block h-full">
      <span
        className={`absolute top-1/2 -translate-y-1/2 rounded-[3px] ${container ? 'h-2.5' : 'h-3'} ${failed ? 'shadow-[0_0_0_1.5px_var(--fail)]' : ''}`}
        style={{
          left: `${bar.leftPercent}%`,
          width: `max(3px, ${bar.widthPercent}%)`,
          background: layerColor(node.span.layer),
          opacity: container ? 0.42 : 1,
        }}
      />
      <span
        className="absolute top-1/2 inline-flex -translate-y-1/2 items-center gap-1 text-[0.8rem] whitespace-nowrap text-ink-2"
        style={edge}
      >
        {node.span.outcome !== 'success' && <OutcomeIcon outcome={node.span.outcome} label />}
        {formatDuration(node.durationMs)}
      </span>
    </span>
  )
}

export const WaterfallRow = (props: Props) => {
  const { node, row, top, totalMs, hasChildren, collapsed, selected, select } = props
  return (
    <div
      role="row"
      id={`span-row-${row}`}
      aria-level={node.depth + 1}
      aria-selected={selected}
      aria-rowindex={row + 1}
      {...(hasChildren ? { 'aria-expanded': !collapsed } : {})}
      data-testid="span-row"
      onClick={select}
      className={`${SPAN_GRID} absolute inset-x-0 cursor-pointer px-2 ${selected ? 'bg-accent-soft' : 'hover:bg-hover'}`}
      style={{ height: px(SPAN_ROW_HEIGHT), transform: `translateY(${top}px)` }}
    >
      <Name {...props} />
      <SpanBar node={node} totalMs={totalMs} />
    </div>
  )
}
