// Vercel AI SDK 7 (`@ai-sdk/otel`): GenAI keys in a scope of its own; its steps are turns of the model loop.
import { GEN_AI } from '@seamtrace/schema'
import { emitter, runOfCall, textAt } from '../emitter.ts'
import { finishReasonsOf } from '../finish-reasons.ts'

// one span is around all tries, whose number its error tells
const FAILED_AFTER = /^Failed after (\d{1,4}) attempts\b/
const FINISH = [GEN_AI.finishReasons]
const ASKED_CALL = /"type":"tool_call","id":"([^"]{1,100})"/
const ASKED_FOR_APPROVAL = '"tool-approval-request"'

export const vercelAi = emitter({
  name: 'vercel_ai',
  scopes: ['gen_ai', '@ai-sdk/otel'],
  facts: ['shows models'],
  keys: { session: ['ai.settings.context.sessionId', 'ai.settings.context.threadId', 'ai.settings.context.chatId'] },
  tells: ({ attributes, statusMessage }, type) => {
    if (type === 'model') {
      const resends = Number(FAILED_AFTER.exec(statusMessage)?.[1] ?? 1) - 1
      // unless a tool is called next, it is left to a person or to the program
      if (!finishReasonsOf(attributes, FINISH).includes('tool_calls')) return { resends }
      return { resends, verdict: 'pending', runId: runOfCall(ASKED_CALL.exec(textAt(attributes, GEN_AI.outputMessages))?.[1] ?? '') }
    }
    // approved, it is called in another trace
    if (type === 'tool') return { runId: runOfCall(textAt(attributes, GEN_AI.toolCallId)) }
    if (type !== 'agent') return undefined
    // without a functionId the span is named after the model, which is no agent
    const agent = textAt(attributes, GEN_AI.agentName)
    // the only sign that a person is asked: the answer ends with the request
    const waits = textAt(attributes, GEN_AI.outputMessages).includes(ASKED_FOR_APPROVAL)
    return waits ? { agent, outcome: 'waiting' } : { agent }
  },
})
