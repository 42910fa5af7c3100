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

const tells = ({ attributes, name, statusCode }: Span, type: SpanType): Told | undefined => {
  if (type === 'agent') {
    const agent = textAt(attributes, 'gen_ai.agent.name') || textAt(attributes, 'agent_name')
    return agent === '' && name === 'agent run' ? { agent } : undefined
  }
  if (type !== 'tool') return undefined
  if (attributes.has(DEFERRAL)) return { outcome: 'waiting' }
  const stage = textAt(attributes, STAGE)
  return stage !== '' && statusCode === 2 && !attributes.has('error.type') ? { errorType: stage } : undefined
}

export const pydanticAi = emitter({
  name: 'pydantic_ai',
  scopes: ['pydantic-ai', 'pydantic_ai*'],
  marks: ['pydantic_ai.all_messages', STAGE, DEFERRAL],
  typeOf: ({ name }, operation) => typeOfOperation(operation) ?? TYPE_OF_NAME.get(name),
  keys: { agent: ['agent_name'], model: ['model_name'] },
  tells,
})
