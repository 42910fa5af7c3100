// The span forest of a set of traces: children by parent, in order of time, whatever order or state the spans came in.
import type { RecognizedSpan } from '@seamtrace/schema'

export type Node = { span: RecognizedSpan; parent: Node | null; children: Node[] }

/** Order of start, then of end (many emitters cut starts to the millisecond), then of id: the same for every arrival order. */
export const bySpanStart = (a: RecognizedSpan, b: RecognizedSpan): number => {
  if (a.startTimeUnixNano !== b.startTimeUnixNano) return a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1
  if (a.endTimeUnixNano !== b.endTimeUnixNano) return a.endTimeUnixNano < b.endTimeUnixNano ? -1 : 1
  return bySpanId(a, b)
}

/** Ids of spans are unique in their trace only. */
export const bySpanId = (a: RecognizedSpan, b: RecognizedSpan): number => {
  if (a.spanId !== b.spanId) return a.spanId < b.spanId ? -1 : 1
  return a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0
}

/** Spans that are their own ancestors have no root: of each circle the earliest becomes one. Every node is walked through once. */
const earliestOfCircles = (nodes: readonly Node[]): Node[] => {
  const walkOf = new Map<Node, Node>()
  const found: Node[] = []
  for (const start of nodes) {
    let at: Node | null = start
    for (; at && !walkOf.has(at); at = at.parent) walkOf.set(at, start)
    if (!at || walkOf.get(at) !== start) continue
    let earliest = at
    for (let next = at.parent; next && next !== at; next = next.parent) if (bySpanStart(next.span, earliest.span) < 0) earliest = next
    found.push(earliest)
  }
  return found
}

const reachableFrom = (roots: readonly Node[]): Set<Node> => {
  const reached = new Set<Node>(roots)
  for (const node of reached) for (const child of node.children) reached.add(child)
  return reached
}

/** Every node has one parent at the most, so none is counted twice. */
const countFrom = (roots: readonly Node[]): number => {
  let count = 0
  const open = [...roots]
  for (let node = open.pop(); node; node = open.pop()) {
    count++
    for (const child of node.children) open.push(child)
  }
  return count
}

/** Makes roots of those children that pass. */
export const detachFrom = (parent: Node, passes: (child: Node) => boolean): Node[] => {
  const found = parent.children.filter(passes)
  if (found.length > 0) parent.children = parent.children.filter((child) => !passes(child))
  for (const node of found) node.parent = null
  return found
}

/** All of a span that the analysis may look at, to tell two apart that came with one id. */
const textOf = (span: RecognizedSpan): string =>
  JSON.stringify(span, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value instanceof Map ? [...value] : value))

/**
 * Of two copies of one span: the one that ended later, then the one that failed, so that the order of arrival does not matter. A copy
 * that differs in nothing of that has come from a program that makes its ids badly: then any rule will do.
 */
const tellsMore = (span: RecognizedSpan, known: RecognizedSpan): boolean => {
  if (span.endTimeUnixNano !== known.endTimeUnixNano) return span.endTimeUnixNano > known.endTimeUnixNano
  if (span.statusCode !== known.statusCode) return span.statusCode > known.statusCode
  if (span.attributes.size !== known.attributes.size) return span.attributes.size > known.attributes.size
  return span !== known && textOf(span) > textOf(known)
}

const sameTrace = (spans: readonly RecognizedSpan[]): boolean => spans.every((span) => span.traceId === spans[0]?.traceId)

/**
 * Builds the forest. Repeated spans (same trace and span id) count once.
 * @returns roots in order of time; a span whose parent never came is a root
 */
export const buildForest = (spans: readonly RecognizedSpan[]): Node[] => {
  // most sets are one trace: making no keys for them saves a sixth of the whole analysis
  const keyOf = sameTrace(spans)
    ? (_traceId: string, spanId: string): string => spanId
    : (traceId: string, spanId: string): string => `${traceId}/${spanId}`
  const nodes = new Map<string, Node>()
  for (const span of spans) {
    const key = keyOf(span.traceId, span.spanId)
    const known = nodes.get(key)
    if (!known) nodes.set(key, { span, parent: null, children: [] })
    else if (tellsMore(span, known.span)) known.span = span
  }
  const sorted = [...nodes.values()].sort((a, b) => bySpanStart(a.span, b.span))
  const roots: Node[] = []
  for (const node of sorted) {
    const parent = node.span.parentSpanId === '' ? undefined : nodes.get(keyOf(node.span.traceId, node.span.parentSpanId))
    if (!parent || parent === node) roots.push(node)
    else {
      node.parent = parent
      parent.children.push(node)
    }
  }
  if (countFrom(roots) === sorted.length) return roots
  const reached = reachableFrom(roots)
  for (const node of earliestOfCircles(sorted.filter((each) => !reached.has(each))))
    for (const root of node.parent ? detachFrom(node.parent, (child) => child === node) : []) roots.push(root)
  return roots.sort((a, b) => bySpanStart(a.span, b.span))
}

/** A node and everything below it, parents first, without recursion (traces can be very deep). */
export const subtree = (root: Node): Node[] => {
  const found: Node[] = []
  const open = [root]
  for (let node = open.pop(); node; node = open.pop()) {
    found.push(node)
    for (let index = node.children.length - 1; index >= 0; index--) open.push(node.children[index] as Node)
  }
  return found
}
