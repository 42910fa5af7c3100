// The events that told one message each, before OpenTelemetry 1.37 made attributes of them: what an inference was asked.
import type { Attributes, AttributeValue } from '@seamtrace/schema'
import { anyText } from './any-text.ts'

export type Message = { role: string; text: string }

const ROLE_OF_EVENT = new Map(
  Object.entries({
    'gen_ai.system.message': 'system',
    'gen_ai.user.message': 'user',
    'gen_ai.assistant.message': 'assistant',
    'gen_ai.tool.message': 'tool',
  }),
)

/** Content stands in the body or in the attributes; without content capture there is none. */
export const messageOfEvent = (name: string, attributes: Attributes, body: AttributeValue): Message | null => {
  const role = ROLE_OF_EVENT.get(name)
  if (role === undefined) return null
  const of = (key: string): string => anyText(body instanceof Map ? body.get(key) : undefined) || anyText(attributes.get(key))
  return { role, text: of('content') + of('tool_calls') }
}
