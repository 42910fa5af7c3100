// AutoGen: the runtime that carries messages between agents, and the agents and tools themselves. It has no spans of models.
import { GEN_AI, type Span, type SpanType } from '@seamtrace/schema'
import { emitter, type Told, textAt, transferTarget } from '../emitter.ts'
import { typeOfOperation } from '../span-type.ts'

// of AgentChat: the id of the team, new in every process, stands behind the name
const TEAM_ID = /_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
// `clerk_1f0c…/1f0c…`: of an agent, behind its name and as its key
const TEAM_OF_AGENT = /_([0-9a-f]{8}-[0-9a-f-]{27})\/\1$/

const operationOf = ({ attributes, name }: Span): string => textAt(attributes, 'messaging.operation') || (name.split(' ')[1] ?? '')

/** The type of the agent in `writer_1f0c….(default)-A`. */
const agentOf = ({ attributes, name }: Span): string => {
  const destination = textAt(attributes, 'messaging.destination') || (name.split(' ')[2] ?? '')
  const end = destination.indexOf('.(')
  return (end < 0 ? destination : destination.slice(0, end)).replace(TEAM_ID, '')
}

const isRuntime = ({ name }: Span): boolean => name.startsWith('autogen ')

/**
 * AgentChat's containers and managers also take note of what others said. The one message that makes an agent speak has no content, and
 * is published, while those that pause or reset it are sent.
 */
const isWork = ({ attributes }: Span): boolean => {
  const recipient = textAt(attributes, 'recipient_agent_class')
  if (recipient.endsWith('GroupChatManager')) return false
  if (recipient !== 'ChatAgentContainer') return true
  return textAt(attributes, 'message') === '{}' && textAt(attributes, 'message_context').includes('"is_rpc": false')
}

const PEOPLE: ReadonlySet<string> = new Set(['user', 'human'])
const toolOf = ({ attributes }: Span): string => textAt(attributes, GEN_AI.toolName)

const typeOf = (span: Span, operation: string): SpanType | undefined => {
  if (!isRuntime(span)) return operation === 'execute_tool' && transferTarget(toolOf(span)) !== '' ? 'handoff' : typeOfOperation(operation)
  // a team has no span of its own: what the runtime did first is around everything
  if (span.parentSpanId === '') return 'pipeline'
  const runtime = operationOf(span)
  if (runtime === 'process') return isWork(span) ? 'step' : 'other'
  // what is published goes to a topic: who takes it up shows in its own span
  return runtime === 'send' ? 'handoff' : 'other'
}

const handoffOf = (span: Span): Told => {
  if (isRuntime(span)) return { handoffTo: agentOf(span) }
  const handoffTo = transferTarget(toolOf(span))
  // the team stops here, and goes on when it is run with the answer
  return PEOPLE.has(handoffTo) ? { handoffTo, outcome: 'waiting' } : { handoffTo }
}

const tells = (span: Span, type: SpanType): Told | undefined => {
  if (type === 'pipeline') return { pipeline: '' }
  if (type === 'step') return { step: agentOf(span), agent: agentOf(span) }
  if (type === 'agent') return { sessionId: TEAM_OF_AGENT.exec(textAt(span.attributes, GEN_AI.agentId))?.[1] ?? '' }
  return type === 'handoff' ? handoffOf(span) : undefined
}

export const autogen = emitter({
  name: 'autogen',
  scopes: ['autogen *', 'autogen-core', 'autogen_core*'],
  typeOf,
  tells,
})
