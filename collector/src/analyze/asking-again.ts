// Agents that went round in a circle until something stopped them: they asked for what they had been told, and nobody answered any more.
import type { RecognizedSpan } from '@seamtrace/schema'
import { type Node, subtree } from './tree.ts'
import { inputOf } from './unit.ts'

const CALLS: ReadonlySet<RecognizedSpan['type']> = new Set(['model', 'tool', 'handoff'])

/** What an agent called; an agent below has its own calls, and ends with them. */
export const callsOfAgent = ({ children }: Node): Node[] => {
  const calls: Node[] = []
  const open = [...children]
  for (let node = open.pop(); node; node = open.pop()) {
    if (CALLS.has(node.span.type)) calls.push(node)
    if (node.span.type !== 'agent') for (const child of node.children) open.push(child)
  }
  return calls
}

/** A tool and what it was asked; '' where that is not told. */
const questionOf = (span: RecognizedSpan): string => {
  const input = inputOf(span)
  return input === '' ? '' : `${span.tool}\u0000${input}`
}

/**
 * It ended on tools, all of which it had asked the same before, in an earlier turn: who stops at the first result of a tool has no
 * second turn, and who wants more asks something else.
 */
const endsAskingAgain = (agent: Node): boolean => {
  const calls = callsOfAgent(agent).map(({ span }) => span)
  const turn = calls.reduce((latest, { type, startTimeUnixNano: at }) => (type === 'model' && at > latest ? at : latest), -1n)
  const last = calls.filter(({ type, startTimeUnixNano }) => type !== 'model' && startTimeUnixNano >= turn)
  if (turn < 0n || last.length === 0 || last.some(({ type }) => type === 'handoff')) return false
  const before = calls.filter(({ type, endTimeUnixNano }) => type === 'tool' && endTimeUnixNano <= turn)
  const known = new Set(before.map(questionOf))
  return last.every((span) => span.outcome === 'success' && questionOf(span) !== '' && known.has(questionOf(span)))
}

/** Whether {@link markAskingAgain} would look at anything. */
export const mayAskAgain = ({ type }: RecognizedSpan): boolean => type === 'agent'

/** What such an agent is stopped by is its budget of steps, which frameworks keep without an error. */
export const markAskingAgain = (tree: Node): void => {
  for (const node of subtree(tree)) {
    if (node.span.type !== 'agent' || node.span.outcome !== 'success' || !endsAskingAgain(node)) continue
    const told = { failureKind: 'step_budget', failureRule: 'ended-asking-again' } as const
    node.span = { ...node.span, outcome: 'failure', errorMessage: 'stopped while it asked for what it had been told before', ...told }
  }
}
