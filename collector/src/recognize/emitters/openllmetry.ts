// OpenLLMetry (Traceloop): workflows, tasks, agents and tools by `traceloop.span.kind`, inferences as GenAI, also in its older keys.
import type { Span, SpanType } from '@seamtrace/schema'
import { emitter, nameAfter, textAt, transferTarget } from '../emitter.ts'
import { pipelineName } from '../langgraph.ts'
import { typeOfOperation } from '../span-type.ts'
import { storeName, typeOfDatabase } from './database.ts'
import { typeOfMcp } from './mcp.ts'

const KIND = 'traceloop.span.kind'
const ENTITY = 'traceloop.entity.name'
const GUARD_STATUS = 'gen_ai.guardrail.status'

const TYPE_OF_KIND = new Map<string, SpanType>(
  Object.entries({
    workflow: 'pipeline',
    task: 'step',
    agent: 'agent',
    tool: 'tool',
    handoff: 'handoff',
    session: 'other',
  } as const),
)
const TYPE_OF_REQUEST = new Map<string, SpanType>(
  Object.entries({ chat: 'model', completion: 'model', embedding: 'embedding', rerank: 'retrieval' } as const),
)

/** Chains of LangChain come as tasks: what it puts between the nodes of a graph is no step. */
const PLUMBING = ['Runnable', 'ChannelWrite', 'ChannelRead', 'ChatPromptTemplate', 'PromptTemplate', '__start__', 'Branch']
const isPlumbing = (name: string): boolean => PLUMBING.some((word) => name.startsWith(word)) || name.endsWith('OutputParser')

const typeOf = (span: Span, operation: string): SpanType | undefined => {
  const { attributes } = span
  const kind = textAt(attributes, KIND)
  if (kind === 'task' && isPlumbing(textAt(attributes, ENTITY))) return 'other'
  if (attributes.has(GUARD_STATUS)) return 'check'
  if (attributes.has('mcp.method.name')) return typeOfMcp(span)
  const known = TYPE_OF_KIND.get(kind) ?? typeOfOperation(operation) ?? TYPE_OF_REQUEST.get(textAt(attributes, 'llm.request.type'))
  return known ?? (attributes.has('db.system') ? typeOfDatabase(span) : 'other')
}

/** `A → B.handoff`; the far side is often unknown to it. */
const handoffOf = ({ attributes, name }: Span) => {
  const goto = textAt(attributes, 'langgraph.command.goto_node') || nameAfter(name, 'goto')
  if (goto !== '') return { handoffFrom: textAt(attributes, 'langgraph.command.source_node'), handoffTo: goto }
  const [from = '', to = ''] = name.replace(/\.handoff$/, '').split(' → ')
  const told = { from: textAt(attributes, 'gen_ai.handoff.from_agent') || from, to: textAt(attributes, 'gen_ai.handoff.to_agent') || to }
  return { handoffFrom: told.from, handoffTo: told.to === 'unknown' ? '' : told.to }
}

const VERDICTS = new Map([
  ['PASSED', 'pass'],
  ['FAILED', 'fail'],
])

/** Tools of MCP answer with a list, which its instrumentation leaves out when it is empty, though it tells what was asked. */
const answeredNothing = ({ attributes, scopeName, statusCode }: Span): boolean =>
  scopeName === '@traceloop/instrumentation-mcp' &&
  statusCode !== 2 &&
  attributes.has('traceloop.entity.input') &&
  !attributes.has('traceloop.entity.output')

export const openllmetry = emitter({
  name: 'openllmetry',
  scopes: ['@traceloop/*', 'traceloop.tracer', 'traceloop'],
  facts: ['repeats graphs'],
  marks: [KIND, ENTITY, 'traceloop.workflow.name', GUARD_STATUS, 'llm.request.type'],
  typeOf,
  keys: {
    pipeline: ['traceloop.workflow.name'],
    step: ['gen_ai.task.name'],
    check: ['gen_ai.guardrail.name'],
    model: ['llm.response.model', 'llm.request.model'],
    session: ['traceloop.association.properties.session_id', 'traceloop.association.properties.thread_id'],
    user: ['traceloop.association.properties.user_id'],
    result: ['traceloop.entity.output'],
  },
  tells: (span, type) => {
    const entity = textAt(span.attributes, ENTITY)
    if (type === 'pipeline') return { pipeline: pipelineName(textAt(span.attributes, 'traceloop.workflow.name') || entity) }
    if (type === 'step') return entity === '' ? undefined : { step: entity }
    if (type === 'agent') return entity === '' ? undefined : { agent: entity }
    if (type === 'tool')
      return entity === ''
        ? undefined
        : { tool: entity, handoffTo: transferTarget(entity), ...(answeredNothing(span) && { verdict: 'empty' }) }
    if (type === 'retrieval') return { tool: entity || storeName(span) }
    if (type === 'check') return { verdict: VERDICTS.get(textAt(span.attributes, GUARD_STATUS)) ?? '' }
    return type === 'handoff' ? handoffOf(span) : undefined
  },
})
