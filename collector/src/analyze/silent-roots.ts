// Roots that end well whatever happens: how the last thing ended that was done below them is how the run ended.
import { adk } from '../recognize/emitters/adk.ts'
import { langsmith } from '../recognize/emitters/langsmith.ts'
import { openaiAgents } from '../recognize/emitters/openai-agents.ts'
import type { Node } from './tree.ts'

// Of OpenAI Agents it is the trace, which has no status; ADK closes the span before the error goes through it, and LangSmith's export
// forgets the error of the outermost run.
const SILENT: ReadonlySet<string> = new Set([openaiAgents, adk, langsmith].map(({ name }) => name))

const isUnit = ({ type }: Node['span']): boolean => type === 'agent' || type === 'step' || type === 'pipeline'

/** The outermost steps and agents below. */
const unitsBelow = (root: Node): Node[] => {
  const found: Node[] = []
  const open = [...root.children]
  for (let node = open.pop(); node; node = open.pop()) {
    if (isUnit(node.span)) found.push(node)
    else for (const child of node.children) open.push(child)
  }
  return found
}

/** Lets a root that cannot tell fail with a step or agent after which nothing was begun. */
export const failWithLast = (root: Node): void => {
  const { span } = root
  if (span.type !== 'pipeline' || span.outcome !== 'success' || !SILENT.has(span.emitter)) return
  const units = unitsBelow(root)
  const begun = units.reduce((latest, unit) => (unit.span.startTimeUnixNano > latest ? unit.span.startTimeUnixNano : latest), 0n)
  const failed = units.find((unit) => unit.span.outcome === 'failure' && unit.span.endTimeUnixNano > begun)
  if (!failed) return
  root.span = { ...span, outcome: 'failure', errorType: failed.span.errorType, errorMessage: failed.span.errorMessage }
}
