// Vercel AI SDK up to version 6: `ai.generateText` around `ai.generateText.doGenerate`, tools as `ai.toolCall`.
import type { Span, SpanType } from '@seamtrace/schema'
import { emitter, textAt } from '../emitter.ts'

const OPERATION = 'ai.operationId'
const FUNCTION = 'ai.telemetry.functionId'

const TYPE_OF_END: readonly (readonly [string, SpanType])[] = [
  ['.doGenerate', 'model'],
  ['.doStream', 'model'],
  ['.doEmbed', 'embedding'],
  ['.doRerank', 'retrieval'],
]
const AGENTS: ReadonlySet<string> = new Set(['ai.generateText', 'ai.streamText', 'ai.generateObject', 'ai.streamObject'])

const typeOf = ({ attributes, name }: Span): SpanType => {
  const operation = textAt(attributes, OPERATION) || (name.split(' ', 1)[0] as string)
  if (operation === 'ai.toolCall') return 'tool'
  if (AGENTS.has(operation)) return 'agent'
  return TYPE_OF_END.find(([end]) => operation.endsWith(end))?.[1] ?? 'other'
}

export const vercelAiLegacy = emitter({
  name: 'vercel_ai_legacy',
  scopes: ['ai'],
  facts: ['shows models'],
  marks: [OPERATION],
  typeOf,
  keys: {
    agent: [FUNCTION],
    tool: ['ai.toolCall.name'],
    model: ['ai.response.model', 'ai.model.id'],
    provider: ['ai.model.provider'],
    session: ['ai.telemetry.metadata.sessionId', 'ai.telemetry.metadata.threadId', 'ai.telemetry.metadata.chatId'],
    user: ['ai.telemetry.metadata.userId'],
    response: ['ai.response.id'],
    finish: ['ai.response.finishReason', 'ai.finishReason'],
    result: ['ai.toolCall.result'],
  },
  // without a functionId the span is named after the function of the SDK, which is no agent
  tells: ({ attributes }, type) => (type === 'agent' ? { agent: textAt(attributes, FUNCTION) } : undefined),
})
