// The OpenAI client watched by OpenTelemetry's own instrumentation, which patches what is required, not what is imported.
import { createRequire } from 'node:module'
import { metrics } from '@opentelemetry/api'
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai'
import type { OpenAI } from 'openai'
import { main } from '../frame.ts'
import { openaiScenarios } from '../openai/scenarios.ts'
import { telemetry } from '../telemetry-first.ts'

const instrumentation = new OpenAIInstrumentation()
instrumentation.setTracerProvider(telemetry)
// without one it throws where a call fails
instrumentation.setMeterProvider(metrics.getMeterProvider())
const required = createRequire(import.meta.url)('openai') as { OpenAI: typeof OpenAI }

await main({
  emitter: 'openai-sdk',
  library: 'openai',
  instrumentation: ['@opentelemetry/instrumentation-openai'],
  start: () => ({ flush: () => telemetry.forceFlush() }),
  scenarios: openaiScenarios(required.OpenAI),
})
