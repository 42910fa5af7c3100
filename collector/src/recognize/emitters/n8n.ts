// n8n: executions of workflows and of their nodes; what a node of an AI agent is stands in its type.
import type { Attributes, Span, SpanOutcome, SpanType } from '@seamtrace/schema'
import { emitter, type Told, textAt } from '../emitter.ts'

const WORKFLOW = 'n8n.workflow.id'
const EXECUTION = 'n8n.execution.id'
const RETRY_OF = 'n8n.execution.retry_of'
const NODE = 'n8n.node.name'
const NODE_TYPE = 'n8n.node.type'

/** Nodes below an agent, by how their type begins behind the package: `@n8n/n8n-nodes-langchain.lmChatOpenAi`. */
const LANGCHAIN = '@n8n/n8n-nodes-langchain.'
const TYPE_OF_NODE: readonly (readonly [string, SpanType])[] = [
  ['lm', 'model'],
  ['embeddings', 'embedding'],
  ['tool', 'tool'],
  ['mcpClientTool', 'tool'],
  ['memory', 'memory'],
  ['vectorStore', 'retrieval'],
  ['retriever', 'retrieval'],
  ['reranker', 'retrieval'],
  ['outputParser', 'check'],
  ['guardrails', 'check'],
]

const nodeType = (attributes: Attributes): string => textAt(attributes, NODE_TYPE)
/** Any node that an agent may call as a tool is of a type of its own: `n8n-nodes-base.httpRequestTool`. */
const typeOfNode = (type: string): SpanType => {
  if (type.endsWith('Tool')) return 'tool'
  if (!type.startsWith(LANGCHAIN)) return 'step'
  const word = type.slice(LANGCHAIN.length)
  return TYPE_OF_NODE.find(([start]) => word.startsWith(start))?.[1] ?? 'step'
}

const OUTCOMES = new Map<string, SpanOutcome>(
  Object.entries({
    success: 'success',
    error: 'failure',
    crashed: 'failure',
    canceled: 'cancelled',
    cancelled: 'cancelled',
    waiting: 'waiting',
  } as const),
)

/** Numbers of executions begin anew in every installation; ids of workflows do not. */
const runOf = (attributes: Attributes, key: string): string => {
  const [workflow, execution] = [textAt(attributes, WORKFLOW), textAt(attributes, key)]
  return workflow === '' || execution === '' ? '' : `n8n-${workflow}-${execution}`
}

const tells = ({ attributes: a }: Span, type: SpanType): Told => {
  if (type === 'pipeline') {
    const outcome = OUTCOMES.get(textAt(a, 'n8n.execution.status'))
    return { runId: runOf(a, EXECUTION), retryOf: runOf(a, RETRY_OF), ...(outcome && { outcome }) }
  }
  const node = textAt(a, NODE)
  if (type !== 'step') return { tool: node }
  return nodeType(a).startsWith(`${LANGCHAIN}agent`) ? { step: node, agent: node } : { step: node }
}

export const n8n = emitter({
  name: 'n8n',
  facts: ['flat executions'],
  scopes: ['n8n-workflow', 'n8n'],
  marks: [WORKFLOW, 'n8n.node.id'],
  typeOf: ({ name, attributes }) => {
    if (name.startsWith('workflow.execute')) return 'pipeline'
    return attributes.has(NODE_TYPE) || name.startsWith('node.execute') ? typeOfNode(nodeType(attributes)) : 'other'
  },
  keys: { pipeline: ['n8n.workflow.name'], errorType: ['n8n.execution.error_type'] },
  tells,
})
