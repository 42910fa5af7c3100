// What the metadata of LangGraph says of a chain run: every run below a node inherits it, only the node's own run is the step.
import type { SpanType } from '@seamtrace/schema'

export type ChainRun = {
  name: string
  isRoot: boolean
  /** of the metadata `langgraph_node` */
  node: string
  /** of the metadata `lc_agent_name` */
  agent: string
  /** the run's tags as one text, '' when none are told */
  tags: string
}

/** Names that a framework gives to what has none: they name no pipeline. */
const NAMELESS: ReadonlySet<string> = new Set(['LangGraph', 'CompiledStateGraph', 'AgentExecutor', 'RunnableSequence', 'RunnableLambda'])
export const pipelineName = (name: string): string => (NAMELESS.has(name) ? '' : name)

/** Only the node's own run carries a tag `graph:step:N`. */
const isNodeRun = ({ name, node, tags }: ChainRun): boolean =>
  name === node && node !== '__start__' && (tags === '' || tags.includes('graph:step:'))

/** Runnables, prompts and parsers between the nodes are no steps of the workflow. */
export const typeOfChain = (run: ChainRun): SpanType => {
  // below a request that was served a graph without a name of its own is still told by the one it has
  if (run.isRoot || (run.node === '' && run.name === 'LangGraph')) return 'pipeline'
  // an agent that is a node: the node's own run does not carry the agent's name, that of its graph does
  if (run.agent !== '' && run.agent === run.name) return 'agent'
  return run.node !== '' && isNodeRun(run) ? 'step' : 'other'
}
