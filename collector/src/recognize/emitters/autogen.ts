// AutoGen: the runtime that carries messages between agents, and the agents and tools themselves. It has no spans of models.
import { GEN_AI, type Span, type SpanType } from '@seamtrace/schema'
import { emitter, nameAfter, type Told, textAt, transferTarget } from '../emitter.ts'
import { typeOfOperation } from '../span-type.ts'

// of AgentChat: the id of the team, new in every process, stands behind the name
const TEAM_ID = /_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const operationOf = ({ attributes, name }: Span): string => textAt(attributes, 'messaging.operation') || (name.split(' ')[1] ?? '')

/** The type of the agent in `writer_1f0c….(default)-A`. */
const agentOf = ({ attributes, name }: Span): string => {
  const destination = textAt(attributes, 'messaging.destination') || (name.split(' ')[2] ?? '')
  const end = destination.indexOf('.(')
  return (end < 0 ? destination : destination.slice(0, end)).replace(TEAM_ID, '')
}

const isRuntime = ({ name }: Span): boolean => name.startsWith('autogen ')

const typeOf = (span: Span, operation: string): SpanType | undefined => {
  if (!isRuntime(span)) return typeOfOperation(operation)
  // a team has no span of its own: what the runtime did first is around everything
  if (span.parentSpanId === '') return 'pipeline'
  const runtime = operationOf(span)
  if (runtime === 'process') return 'step'
  // what is published goes to a topic: who takes it up shows in its own span
  return runtime === 'send' ? 'handoff' : 'other'
}

const tells = (span: Span, type: SpanType): Told | undefined => {
  if (type === 'pipeline') return { pipeline: '' }
  if (type === 'step') return { step: agentOf(span), agent: agentOf(span) }
  if (type === 'tool')
    return { handoffTo: transferTarget(textAt(span.attributes, GEN_AI.toolName) || nameAfter(span.name, 'execute_tool')) }
  return type === 'handoff' ? { handoffTo: agentOf(span) } : undefined
}

export const autogen = emitter({
  name: 'autogen',
  scopes: ['autogen *', 'autogen-core', 'autogen_core*'],
  typeOf,
  tells,
})
