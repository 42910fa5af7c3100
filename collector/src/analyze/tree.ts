// The span forest of a set of traces: children by parent, in order of time, whatever order or state the spans came in.
import type { RecognizedSpan } from '@seamtrace/schema'

export type Node = { span: RecognizedSpan; parent: Node | null; children: Node[] }

/** Order of start, then of end (many emitters cut starts to the millisecond), then of id: the same for every arrival order. */
export const bySpanStart = (a: RecognizedSpan, b: RecognizedSpan): number => {
  if (a.startTimeUnixNano !== b.startTimeUnixNano) return a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1
  if (a.endTimeUnixNano !== b.endTimeUnixNano) return a.endTimeUnixNano < b.endTimeUnixNano ? -1 : 1
  return a.spanId < b.spanId ? -1 : a.spanId > b.spanId ? 1 : 0
}

/** A node whose ancestors form a circle has no root; the earliest of the circle becomes one. */
const isInCircle = (node: Node): boolean => {
  const seen = new Set<Node>()
  for (let at: Node | null = node; at; at = at.parent) {
    if (seen.has(at)) return true
    seen.add(at)
  }
  return false
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

export const detach = (node: Node): Node => {
  if (node.parent) node.parent.children = node.parent.children.filter((child) => child !== node)
  node.parent = null
  return node
}

/** Of two copies of one span: the one that ended later, then the one that failed, so that the order of arrival does not matter. */
const tellsMore = (span: RecognizedSpan, known: RecognizedSpan): boolean => {
  if (span.endTimeUnixNano !== known.endTimeUnixNano) return span.endTimeUnixNano > known.endTimeUnixNano
  if (span.statusCode !== known.statusCode) return span.statusCode > known.statusCode
  return span.attributes.size > known.attributes.size
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
  for (const node of sorted) {
    if (reached.has(node) || !isInCircle(node)) continue
    roots.push(detach(node))
    for (const found of reachableFrom([node])) reached.add(found)
  }
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
