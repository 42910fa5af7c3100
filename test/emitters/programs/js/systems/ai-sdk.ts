// Vercel AI SDK 7 with its own OpenTelemetry integration.
import { createOpenAI } from '@ai-sdk/openai'
import { OpenTelemetry } from '@ai-sdk/otel'
import { tool as aiTool, generateText, type ModelMessage, registerTelemetry, stepCountIs } from 'ai'
import { type Ask, aiSdkScenarios, alone, inputSchema, MODEL } from '../ai-sdk/scenarios.ts'
import { type Happened, MODEL_URL, main, model, script, startTelemetry, step, tool } from '../frame.ts'

const openai = createOpenAI({ baseURL: `${MODEL_URL}/v1`, apiKey: 'sk-none' })

const ask: Ask = ({ steps, functionId, ...request }) =>
  generateText({ model: openai.chat(MODEL), ...request, stopWhen: stepCountIs(steps), telemetry: { functionId } })

const refund = aiTool({ description: 'Pays money back', inputSchema, needsApproval: true, execute: async () => 'refunded' })
const approve = (messages: ModelMessage[]) =>
  generateText({ model: openai.chat(MODEL), tools: { refund }, messages, stopWhen: stepCountIs(5), telemetry: { functionId: 'support' } })

const ASKS_REFUND = { tools: [{ name: 'refund', arguments: { orderId: 'A-17' } }] }
const REFUND_ME: ModelMessage = { role: 'user', content: 'Refund me' }

const humanWaiting = async (): Promise<Happened> => {
  await script([ASKS_REFUND])
  await approve([REFUND_ME])
  return {
    story: 'A tool needs an approval, and nobody has answered yet.',
    runs: [{ ...alone, outcome: 'waiting', steps: [step('support', 'waiting')], models: [model(MODEL)] }],
  }
}

const humanInterrupt = async (): Promise<Happened> => {
  await script([ASKS_REFUND, { text: 'The refund is on its way.' }])
  const first = await approve([REFUND_ME])
  const approvals = first.content.flatMap((part) =>
    part.type === 'tool-approval-request' ? [{ type: 'tool-approval-response' as const, approvalId: part.approvalId, approved: true }] : [],
  )
  await approve([REFUND_ME, ...first.response.messages, { role: 'tool', content: approvals }])
  return {
    story: 'A tool needs an approval; it is given with a second call, which runs the tool and answers.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('refund')], models: [model(MODEL), model(MODEL)] }],
  }
}

await main({
  emitter: 'ai-sdk',
  library: 'ai',
  instrumentation: ['@ai-sdk/otel'],
  start() {
    const provider = startTelemetry()
    registerTelemetry(new OpenTelemetry({ agentSpanName: 'functionId' }))
    return { flush: () => provider.forceFlush() }
  },
  scenarios: { ...aiSdkScenarios(ask), human_waiting: humanWaiting, human_interrupt: humanInterrupt },
})
