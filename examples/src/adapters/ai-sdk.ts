// Vercel AI SDK: an agent with a tool that fails once, on a model that is overloaded once.
import { createOpenAI } from '@ai-sdk/openai'
import { start } from '@seamtrace/sdk'
import { seamtraceTelemetry } from '@seamtrace/sdk/ai'
import { generateText, registerTelemetry, stepCountIs, tool } from 'ai'
import { z } from 'zod'

const seamtrace = start({ service: 'ai-sdk' })
registerTelemetry(seamtraceTelemetry())

const openai = createOpenAI({ baseURL: `${process.env.MODEL_URL}/v1`, apiKey: 'sk-none' })
const getOrder = tool({
  description: 'Looks up an order',
  inputSchema: z.object({ orderId: z.string() }),
  execute: async ({ orderId }) => {
    if (!orderId.startsWith('A-')) throw new Error('no such order: ids begin with A-')
    return `${orderId} is shipped`
  },
})

const { text } = await generateText({
  model: openai.chat('gpt-4.1-mini'),
  tools: { getOrder },
  prompt: 'Where is order A-17?',
  stopWhen: stepCountIs(5),
  telemetry: { functionId: 'support' },
})

console.log(text)
await seamtrace.shutdown()
