// Who waits: a step, an agent or a run whose span ended well, but on something that waits for a person, a tool or a job.
import type { RecognizedSpan } from '@seamtrace/schema'
import { withFact } from '../recognize/emitter-of.ts'
import { callsOfAgent } from './asking-again.ts'
import { type Node, subtree } from './tree.ts'

/** What goes on with the work: saving, checking and remembering may come after the last of it. */
const WORK: ReadonlySet<RecognizedSpan['type']> = new Set(['pipeline', 'agent', 'step', 'model', 'tool', 'retrieval', 'human'])

/** What tells its own outcome: what a model says is no wait, whatever is inside it. */
const MAY_WAIT: ReadonlySet<RecognizedSpan['type']> = new Set(['pipeline', 'agent', 'step', 'attempt', 'other'])

/** Verdict of a call whose answer is not there yet. */
const PENDING = 'pending'

/** A tool that is held until somebody approves: its framework made a span of it, but nobody called it yet. */
export const heldBack = (span: RecognizedSpan): RecognizedSpan => ({ ...span, type: 'other', outcome: 'waiting' })

type Seen = { works: Set<Node>; waits: Set<Node> }

/** A child waits, and nothing was begun after it. */
const endsWaiting = ({ children }: Node, { works, waits }: Seen): boolean => {
  let latest: Node | null = null
  for (const child of children)
    if (works.has(child) && (!latest || child.span.startTimeUnixNano >= latest.span.startTimeUnixNano)) latest = child
  const start = latest?.span.startTimeUnixNano ?? 0n
  return children.some((child) => waits.has(child) && (child === latest || child.span.endTimeUnixNano > start))
}

/** The last call of an agent: what is inside a call is how that works. */
const lastCallOf = (agent: Node): Node | undefined =>
  callsOfAgent(agent).reduce<Node | undefined>(
    (last, node) => (last && node.span.startTimeUnixNano < last.span.startTimeUnixNano ? last : node),
    undefined,
  )

/** It asked for a tool that nobody called, or called one that gave nothing back yet. */
const endsPending = (node: Node): boolean => {
  const last = node.span.type === 'agent' ? lastCallOf(node) : undefined
  if (last?.span.verdict !== PENDING) return false
  if (last.span.type === 'tool') last.span = heldBack(last.span)
  return true
}

const FLAT = withFact('flat executions')

/** An execution that waits stopped in a node, whose own span ended well. */
const stoppedIn = ({ span, children }: Node, { waits }: Seen): Node | undefined => {
  if (!FLAT.has(span.emitter) || span.type !== 'pipeline' || children.some((child) => waits.has(child))) return undefined
  return children.reduce<Node | undefined>(
    (last, child) => (last && last.span.startTimeUnixNano > child.span.startTimeUnixNano ? last : child),
    undefined,
  )
}

/** Whether {@link markWaiting} would find anything. */
export const mayWait = ({ outcome, verdict }: RecognizedSpan): boolean => outcome === 'waiting' || verdict === PENDING

/** Tells of each span of a tree that it waits, where what is inside it does. */
export const markWaiting = (tree: Node): void => {
  const seen: Seen = { works: new Set(), waits: new Set() }
  // children come after their parents
  for (const node of subtree(tree).toReversed()) {
    if (WORK.has(node.span.type) || node.children.some((child) => seen.works.has(child))) seen.works.add(node)
    const { outcome, type } = node.span
    const waits = outcome === 'waiting' || (outcome === 'success' && (endsWaiting(node, seen) || endsPending(node)))
    if (!waits) continue
    const stopped = stoppedIn(node, seen)
    if (stopped) stopped.span = { ...stopped.span, outcome: 'waiting' }
    seen.waits.add(node)
    if (type === 'tool' && node.span.verdict === PENDING) node.span = heldBack(node.span)
    if (outcome === 'success' && MAY_WAIT.has(type)) node.span = { ...node.span, outcome: 'waiting' }
  }
}
