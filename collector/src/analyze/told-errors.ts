// Tools whose own spans say nothing of a result: that it was an error is told by the model that was shown it next.
import type { RecognizedSpan } from '@seamtrace/schema'
import { TOLD_ERROR } from '../recognize/tool-result.ts'
import { type Node, subtree } from './tree.ts'

/** Whether {@link markToldErrors} would find anything. */
export const tellsOfError = ({ type, verdict }: RecognizedSpan): boolean => type === 'model' && verdict === TOLD_ERROR

const FAILED = {
  outcome: 'failure',
  verdict: 'error',
  errorType: 'tool_error',
  failureKind: 'tool_error',
  failureRule: 'tool-result-error',
} as const

/** The one tool between two inferences is the one that the second was told of. */
const markAmong = (siblings: readonly Node[]): void => {
  let tools: Node[] = []
  for (const node of siblings) {
    if (node.span.type === 'tool') tools.push(node)
    if (node.span.type !== 'model') continue
    const [tool, ...others] = tools
    const isUntold = tool?.span.outcome === 'success' && tool.span.verdict === ''
    if (tellsOfError(node.span) && tool && isUntold && others.length === 0) tool.span = { ...tool.span, ...FAILED }
    tools = []
  }
}

export const markToldErrors = (tree: Node): void => {
  for (const { children } of subtree(tree)) markAmong(children)
}
