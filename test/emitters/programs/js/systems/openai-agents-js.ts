// OpenAI Agents JS, its trace processor being that of OpenInference.
import { OpenAIAgentsInstrumentation } from '@arizeai/openinference-instrumentation-openai-agents'
import * as agents from '@openai/agents'
import OpenAI from 'openai-v7'
import { MODEL_URL, main, startTelemetry } from '../frame.ts'
import { OPENAI_AGENTS_SCENARIOS } from '../openai-agents/scenarios.ts'

// the client is to leave retries to the agents; it is of the version that they use, but npm installs them a copy of their own
const client: unknown = new OpenAI({ baseURL: `${MODEL_URL}/v1`, apiKey: 'sk-none', maxRetries: 0 })
agents.setDefaultOpenAIClient(client as Parameters<typeof agents.setDefaultOpenAIClient>[0])

await main({
  emitter: 'openai-agents-js',
  library: '@openai/agents',
  instrumentation: ['@arizeai/openinference-instrumentation-openai-agents'],
  start() {
    const provider = startTelemetry()
    new OpenAIAgentsInstrumentation({ tracerProvider: provider }).manuallyInstrument(agents)
    return {
      async flush() {
        await agents.getGlobalTraceProvider().forceFlush()
        await provider.forceFlush()
      },
    }
  },
  scenarios: OPENAI_AGENTS_SCENARIOS,
})
