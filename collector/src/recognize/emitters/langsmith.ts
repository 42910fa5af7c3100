// LangSmith's export by OTLP: runs of LangChain and LangGraph with their metadata as keys; errors only as text.
import type { Span, SpanType } from '@seamtrace/schema'
import { emitter, type Told, textAt, transferTarget } from '../emitter.ts'
import { pipelineName, typeOfChain } from '../langgraph.ts'

const KIND = 'langsmith.span.kind'
const TRACE_NAME = 'langsmith.trace.name'
const META = 'langsmith.metadata.'
const NODE = `${META}langgraph_node`
const AGENT = `${META}lc_agent_name`

const TYPE_OF_KIND = new Map<string, SpanType>(
  Object.entries({
    llm: 'model',
    tool: 'tool',
    // its GenAI operation says `embeddings`
    retriever: 'retrieval',
    embedding: 'embedding',
    prompt: 'other',
    parser: 'other',
  } as const),
)

const nameOf = ({ attributes, name }: Span): string => textAt(attributes, TRACE_NAME) || name

const typeOf = (span: Span): SpanType | undefined => {
  const { attributes: a, parentSpanId } = span
  const kind = textAt(a, KIND)
  if (kind !== 'chain') return TYPE_OF_KIND.get(kind)
  const isRoot = parentSpanId === ''
  return typeOfChain({ name: nameOf(span), isRoot, node: textAt(a, NODE), agent: textAt(a, AGENT), tags: textAt(a, 'langsmith.span.tags') })
}

/**
 * The error of a run comes as an event. In JavaScript the status is OK all the same; in Python it is so where the span was begun in
 * one batch of runs and ended in another, for OK cannot be taken back.
 */
const hasError = ({ events }: Span): boolean => events.some(({ name }) => name === 'exception')

const namesOf = (span: Span, type: SpanType): Told | undefined => {
  const name = nameOf(span)
  if (type === 'pipeline') return { pipeline: pipelineName(name) }
  if (type === 'tool') return { tool: textAt(span.attributes, 'gen_ai.tool.name') || name, handoffTo: transferTarget(name) }
  return type === 'retrieval' ? { tool: name } : undefined
}

export const langsmith = emitter({
  name: 'langsmith',
  scopes: ['langsmith'],
  facts: ['repeats graphs'],
  marks: [KIND],
  typeOf,
  keys: {
    step: [NODE],
    agent: [AGENT],
    model: [`${META}ls_model_name`],
    provider: [`${META}ls_provider`],
    session: [`${META}thread_id`, `${META}session_id`, `${META}conversation_id`],
    user: [`${META}user_id`],
    result: ['gen_ai.completion'],
  },
  tells: (span, type) => (hasError(span) ? { ...namesOf(span, type), outcome: 'failure' } : namesOf(span, type)),
})
