// OpenInference (Arize, Phoenix), also as LangChain and LangGraph send it: one span kind for each unit of work.
import type { Span, SpanType } from '@seamtrace/schema'
import { emitter, jsonText, textAt, transferTarget } from '../emitter.ts'
import { pipelineName, typeOfChain } from '../langgraph.ts'
import { TURN_OF_AGENT } from '../turns.ts'

export const OI_KIND = 'openinference.span.kind'

const TYPE_OF_KIND = new Map<string, SpanType>(
  Object.entries({
    LLM: 'model',
    EMBEDDING: 'embedding',
    RETRIEVER: 'retrieval',
    RERANKER: 'retrieval',
    TOOL: 'tool',
    AGENT: 'agent',
    GUARDRAIL: 'check',
    EVALUATOR: 'check',
    PROMPT: 'other',
  } as const),
)

export const kindOfOpenInference = ({ attributes }: Span): string => textAt(attributes, OI_KIND).toUpperCase()
export const typeOfOpenInference = (kind: string): SpanType | undefined => TYPE_OF_KIND.get(kind)

/** Where nobody else reads these keys: of every framework that OpenInference instruments. */
export const OPENINFERENCE_KEYS = {
  agent: ['agent.name', 'graph.node.id'],
  tool: ['tool.name'],
  model: ['llm.response.model_name', 'llm.model_name', 'llm.request.model_name', 'embedding.model_name', 'reranker.model_name'],
  provider: ['llm.provider', 'llm.system'],
  finish: ['llm.finish_reason', 'llm.finish_reasons'],
  result: ['output.value'],
} as const

/** Of a check: the guardrail that fired said no. */
export const guardrailVerdict = ({ attributes }: Span): string => {
  const triggered = textAt(attributes, 'guardrail.triggered')
  return triggered === 'true' ? 'fail' : triggered === 'false' ? 'pass' : ''
}

type Metadata = { node: string; agent: string; session: string }

const readMetadata = (text: string): Metadata => ({
  node: jsonText(text, 'langgraph_node'),
  agent: jsonText(text, 'lc_agent_name'),
  session: jsonText(text, 'thread_id') || jsonText(text, 'session_id') || jsonText(text, 'conversation_id'),
})

// Reading it takes 3 µs, and all runs of a node have the same.
let last = { text: '', metadata: readMetadata('') }

const metadataOf = ({ attributes }: Span): Metadata => {
  const text = textAt(attributes, 'metadata')
  if (text !== last.text) last = { text, metadata: readMetadata(text) }
  return last.metadata
}

// Of an agent that LangGraph.js makes: its node answers with one message, which bears the agent's name and nothing else does.
const SIGNED =
  /^\{"messages":\[\{"lc":1,"type":"constructor","id":\["langchain_core","messages","AIMessage"\],"kwargs":\{(?:"id":"[^"]*",)?"name":"([^"]+)"/
const signatureOf = ({ attributes }: Span): string => SIGNED.exec(textAt(attributes, 'output.value'))?.[1] ?? ''

const tagsOf = ({ attributes }: Span): string => {
  const tags = attributes.get('tag.tags')
  return Array.isArray(tags) ? tags.join(' ') : textAt(attributes, 'tag.tags')
}

/** LangChain makes a chain of every runnable: of those only nodes are steps. */
const isLangChain = (span: Span): boolean =>
  span.scopeName.includes('langchain') || textAt(span.attributes, 'metadata').includes('"langgraph_')

// of LlamaIndex: the workflow in which its agents take turns, whose steps are those of the loop
const LOOPS_OF_AGENTS = /^(AgentWorkflow|FunctionAgent|ReActAgent|CodeActAgent)\./
const isLlamaIndex = ({ scopeName }: Span): boolean => scopeName.endsWith('.llama_index')

/** Who speaks in a turn stands at the end of the event that began it: `AgentSetup(…, current_agent_name='clerk')`. */
const SPEAKER = /current_agent_name='([^']+)'\)"\}$/
const speakerOf = ({ attributes, name }: Span): string =>
  name.endsWith(TURN_OF_AGENT) ? (SPEAKER.exec(textAt(attributes, 'input.value').slice(-LONGEST_SPEAKER))?.[1] ?? '') : ''
const LONGEST_SPEAKER = 300

/** LlamaIndex's own tool by which one of its agents hands over. */
const receiverOf = (span: Span): string =>
  isLlamaIndex(span) && textAt(span.attributes, 'tool.name') === 'handoff'
    ? (/"to_agent": ?"([^"]+)"/.exec(textAt(span.attributes, 'input.value'))?.[1] ?? '')
    : ''

/** LlamaIndex makes a chain of every method; a step of a workflow takes an event. */
const isStepOfWorkflow = ({ attributes, name }: Span): boolean =>
  textAt(attributes, 'input.value').includes('"ev":') && !LOOPS_OF_AGENTS.test(name)

/** A class of the user's is a name; a method of the library's own is none. */
const workflowName = (name: string): string => (name.endsWith('.run') && !LOOPS_OF_AGENTS.test(name) ? name.slice(0, -'.run'.length) : '')

const typeOfChainSpan = (span: Span): SpanType => {
  const { name, parentSpanId } = span
  const isRoot = parentSpanId === ''
  if (isLlamaIndex(span)) {
    if (isRoot) return 'pipeline'
    return speakerOf(span) !== '' ? 'agent' : isStepOfWorkflow(span) ? 'step' : 'other'
  }
  if (!isLangChain(span)) return isRoot ? 'pipeline' : 'step'
  const { node, agent } = metadataOf(span)
  return typeOfChain({ name, isRoot, node, agent, tags: tagsOf(span) })
}

/** A refused inference names its model among its parameters only. */
export const requestedModel = ({ attributes }: Span): string => jsonText(textAt(attributes, 'llm.invocation_parameters'), 'model')

// LlamaIndex tells of each method of a class, and of the making of a request as if it were one
const RETRIEVES = /\._?a?retrieve$/
const PREPARES = /\._?prepare_\w+$/

export const openinference = emitter({
  name: 'openinference',
  scopes: ['@arizeai/openinference-*', 'openinference.instrumentation.*'],
  facts: ['repeats graphs'],
  marks: [OI_KIND],
  typeOf: (span, operation) => {
    const kind = kindOfOpenInference(span)
    if (kind === 'CHAIN') return typeOfChainSpan(span)
    if (kind === 'TOOL' && receiverOf(span) !== '') return 'handoff'
    if (kind === 'LLM' && PREPARES.test(span.name)) return 'other'
    return typeOfOpenInference(kind) ?? (kind === '' && operation !== '' ? undefined : 'other')
  },
  keys: OPENINFERENCE_KEYS,
  tells: (span, type) => {
    if (type === 'check') return { verdict: guardrailVerdict(span) }
    if (type === 'retrieval' && RETRIEVES.test(span.name)) return { tool: span.name.replace(RETRIEVES, '') }
    if (type === 'handoff') return { handoffTo: receiverOf(span) }
    if (type === 'agent' && isLlamaIndex(span)) return { agent: speakerOf(span) }
    const { node, agent, session } = metadataOf(span)
    const ofAgent = agent === '' ? undefined : { agent }
    if (type === 'pipeline')
      return { pipeline: isLlamaIndex(span) ? workflowName(span.name) : pipelineName(span.name), sessionId: session, ...ofAgent }
    if (type === 'step') return ofAgent ?? { agent: signatureOf(span) }
    if (type === 'model' && span.statusCode === 2) return { step: node, model: requestedModel(span), ...ofAgent }
    if (type !== 'tool') return { step: node, ...ofAgent }
    return { handoffTo: transferTarget(textAt(span.attributes, 'tool.name') || span.name), step: node, ...ofAgent }
  },
})
