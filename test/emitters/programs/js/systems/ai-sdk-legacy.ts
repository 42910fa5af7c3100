// Vercel AI SDK 5, whose telemetry is built in and was the same from version 3 to 6.

import { createOpenAI } from 'ai-sdk-openai-v2'
import { generateText, stepCountIs } from 'ai-v5'
import { type Ask, aiSdkScenarios, MODEL } from '../ai-sdk/scenarios.ts'
import { MODEL_URL, main, startTelemetry } from '../frame.ts'

const openai = createOpenAI({ baseURL: `${MODEL_URL}/v1`, apiKey: 'sk-none' })

const ask: Ask = ({ steps, functionId, ...request }) =>
  generateText({
    model: openai.chat(MODEL),
    ...request,
    stopWhen: stepCountIs(steps),
    experimental_telemetry: { isEnabled: true, functionId },
  })

await main({
  emitter: 'ai-sdk-legacy',
  library: 'ai-v5',
  instrumentation: ['ai-v5'],
  start() {
    const provider = startTelemetry()
    return { flush: () => provider.forceFlush() }
  },
  scenarios: aiSdkScenarios(ask),
})
