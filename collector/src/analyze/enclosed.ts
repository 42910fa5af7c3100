// Calls that stand beside the agent that made them: n8n hangs all nodes below the execution, also the models and tools of an agent.
import type { RecognizedSpan } from '@seamtrace/schema'
import { withFact } from '../recognize/emitter-of.ts'
import { type Node, subtree } from './tree.ts'
import { callTypeOf } from './unit.ts'

const FLAT = withFact('flat executions')

/** Whether {@link nestEnclosed} would move it. */
export const mayBeEnclosed = ({ emitter, type }: RecognizedSpan): boolean => FLAT.has(emitter) && callTypeOf(type) !== undefined

const isExecution = ({ span }: Node): boolean => FLAT.has(span.emitter) && span.type === 'pipeline'
const isAgent = ({ span }: Node): boolean => span.type === 'step' && span.agent !== ''

/** One sweep in order of start: agents of n8n act one after the other, so few are open at a time. */
const nestIn = (execution: Node): void => {
  let open: Node[] = []
  execution.children = execution.children.filter((child) => {
    const { startTimeUnixNano, endTimeUnixNano } = child.span
    open = open.filter(({ span }) => span.endTimeUnixNano >= startTimeUnixNano)
    if (isAgent(child)) open.push(child)
    // of several the one that began last
    const around = mayBeEnclosed(child.span) ? open.findLast(({ span }) => span.endTimeUnixNano >= endTimeUnixNano) : undefined
    if (!around) return true
    child.parent = around
    around.children.push(child)
    return false
  })
}

/** Puts each call of an execution below the agent in whose time it lies. */
export const nestEnclosed = (tree: Node): void => {
  for (const execution of subtree(tree).filter(isExecution)) nestIn(execution)
}
