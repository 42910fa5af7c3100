// The spans of a run as a tree in reading order: depth, subtree and times relative to the run's first span. Pure.
import type { SpanSummary } from '@seamtrace/schema'

export type SpanNode = {
  id: string
  span: SpanSummary
  depth: number
  startMs: number
  durationMs: number
  /** index of the last descendant in reading order; its own index when it has none */
  last: number
  /** its parent was sent by nobody, or lies beyond the limit */
  orphan: boolean
}
export type SpanTree = { nodes: SpanNode[]; indexOf: ReadonlyMap<string, number>; durationMs: number; startUnixMs: number }

/** Span ids are unique in a trace only, and a run may hold several. */
export const spanKey = ({ traceId, spanId }: { traceId: string; spanId: string }): string => `${traceId}:${spanId}`

const byStart = (a: SpanSummary, b: SpanSummary): number => {
  const difference = BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)
  return difference < 0n ? -1 : difference > 0n ? 1 : a.spanId < b.spanId ? -1 : 1
}

const msBetween = (fromNano: bigint, toNano: bigint): number => Number(toNano - fromNano) / 1e6

const parentKey = (span: SpanSummary): string => `${span.traceId}:${span.parentSpanId}`

/** Iterative, so that depth is no limit; spans in a circle of parents are shown as roots instead of being lost. */
export const buildSpanTree = (unsorted: readonly SpanSummary[]): SpanTree => {
  const spans = unsorted.toSorted(byStart)
  const known = new Set(spans.map(spanKey))
  const children = Map.groupBy(spans, parentKey)
  const roots = spans.filter((span) => span.parentSpanId === '' || !known.has(parentKey(span)))
  const origin = BigInt(spans[0]?.startTimeUnixNano ?? 0)
  const nodes: SpanNode[] = []
  const indexOf = new Map<string, number>()
  const walk = (root: SpanSummary) => {
    const stack = [{ span: root, depth: 0 }]
    for (let next = stack.pop(); next; next = stack.pop()) {
      const id = spanKey(next.span)
      if (indexOf.has(id)) continue
      const startMs = msBetween(origin, BigInt(next.span.startTimeUnixNano))
      const durationMs = Number(BigInt(next.span.durationNano)) / 1e6
      indexOf.set(id, nodes.length)
      nodes.push({
        id,
        span: next.span,
        depth: next.depth,
        startMs,
        durationMs,
        last: nodes.length,
        orphan: next.depth === 0 && next.span.parentSpanId !== '',
      })
      for (const child of (children.get(id) ?? []).toReversed()) stack.push({ span: child, depth: next.depth + 1 })
    }
  }
  for (const root of roots) walk(root)
  for (const span of spans) if (!indexOf.has(spanKey(span))) walk(span)
  closeSubtrees(nodes)
  const durationMs = nodes.reduce((end, node) => Math.max(end, node.startMs + node.durationMs), 0)
  return { nodes, indexOf, durationMs, startUnixMs: Number(origin / 1_000_000n) }
}

/** Fills `last`: a subtree ends before the next node of its depth or above. */
const closeSubtrees = (nodes: readonly SpanNode[]) => {
  const open: SpanNode[] = []
  nodes.forEach((node, index) => {
    for (let top = open.at(-1); top && top.depth >= node.depth; top = open.at(-1)) {
      top.last = index - 1
      open.pop()
    }
    open.push(node)
  })
  for (const node of open) node.last = nodes.length - 1
}

/** Indexes of the rows to show when the given spans are folded. */
export const visibleRows = (tree: SpanTree, collapsed: ReadonlySet<string>): number[] => {
  const rows: number[] = []
  for (let index = 0; index < tree.nodes.length; index++) {
    const node = tree.nodes[index]
    if (!node) break
    rows.push(index)
    if (collapsed.has(node.id)) index = node.last
  }
  return rows
}

/** Index of the parent row; -1 for a root. */
export const parentIndex = (tree: SpanTree, index: number): number => {
  const node = tree.nodes[index]
  return node ? (tree.indexOf.get(`${node.span.traceId}:${node.span.parentSpanId}`) ?? -1) : -1
}
