// Pydantic AI: agents, inferences and tools as GenAI, and by name before its format 2; a deferred tool waits.
import type { Span, SpanType } from '@seamtrace/schema'
import { emitter, type Told, textAt } from '../emitter.ts'
import { typeOfOperation } from '../span-type.ts'

const DEFERRAL = 'pydantic_ai.tool.deferral.name'
const STAGE = 'pydantic_ai.tool.failure_stage'

const TYPE_OF_NAME = new Map<string, SpanType>([
  ['agent run', 'agent'],
  ['running tool', 'tool'],
])

/**
 * A run that was deferred ends with the model's request for a tool: where a tool gives the answer, what it gave stands behind that. In
 * JSON no text of a message looks like the beginning of one.
 */
const endsWithRequest = ({ attributes }: Span): boolean => {
  const messages = textAt(attributes, 'pydantic_ai.all_messages')
  const last = messages.slice(Math.max(0, messages.lastIndexOf('{"role":"')))
  return last.startsWith('{"role":"assistant"') && last.includes('"type":"tool_call"')
}

const tellsOfAgent = (span: Span): Told => {
  const { attributes, name, statusCode } = span
  const agent = textAt(attributes, 'gen_ai.agent.name') || textAt(attributes, 'agent_name')
  const outcome = statusCode !== 2 && endsWithRequest(span) ? ({ outcome: 'waiting' } as const) : {}
  return agent === '' && name === 'agent run' ? { agent, ...outcome } : outcome
}

const tells = (span: Span, type: SpanType): Told | undefined => {
  const { attributes, statusCode } = span
  if (type === 'agent') return tellsOfAgent(span)
  if (type !== 'tool') return undefined
  if (attributes.has(DEFERRAL)) return { outcome: 'waiting' }
  const stage = textAt(attributes, STAGE)
  return stage !== '' && statusCode === 2 && !attributes.has('error.type') ? { errorType: stage } : undefined
}

export const pydanticAi = emitter({
  name: 'pydantic_ai',
  scopes: ['pydantic-ai', 'pydantic_ai*'],
  facts: ['shows models'],
  marks: ['pydantic_ai.all_messages', STAGE, DEFERRAL],
  typeOf: ({ name }, operation) => typeOfOperation(operation) ?? TYPE_OF_NAME.get(name),
  keys: { agent: ['agent_name'], model: ['model_name'] },
  tells,
})
