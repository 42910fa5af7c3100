// The OpenAI client watched by OpenLLMetry.
import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai'
import { OpenAI } from 'openai'
import { main, startTelemetry } from '../frame.ts'
import { openaiScenarios } from '../openai/scenarios.ts'

await main({
  emitter: 'openllmetry-openai',
  library: 'openai',
  instrumentation: ['@traceloop/instrumentation-openai'],
  start() {
    const provider = startTelemetry()
    const instrumentation = new OpenAIInstrumentation()
    instrumentation.setTracerProvider(provider)
    instrumentation.manuallyInstrument(OpenAI)
    return { flush: () => provider.forceFlush() }
  },
  scenarios: openaiScenarios(OpenAI),
})
