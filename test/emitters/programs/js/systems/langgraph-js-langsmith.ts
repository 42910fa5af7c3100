// LangGraph.js watched by LangSmith, which exports its runs as OpenTelemetry spans.
process.env.LANGSMITH_TRACING = 'true'
process.env.LANGSMITH_TRACING_MODE = 'otel'
process.env.LANGSMITH_API_KEY = 'lsv2_none'

import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { awaitAllCallbacks } from '@langchain/core/callbacks/promises'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { initializeOTEL } from 'langsmith/experimental/otel/setup'
import { main } from '../frame.ts'
import { LANGGRAPH_SCENARIOS } from '../langgraph-scenarios.ts'

const start = () => {
  const { DEFAULT_LANGSMITH_SPAN_PROCESSOR } = initializeOTEL({
    exporterConfig: { url: `${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces` },
  })
  return {
    async flush() {
      await awaitAllCallbacks()
      await DEFAULT_LANGSMITH_SPAN_PROCESSOR.forceFlush()
    },
  }
}

await main({
  emitter: 'langgraph-js-langsmith',
  library: '@langchain/langgraph',
  instrumentation: ['langsmith'],
  start,
  scenarios: LANGGRAPH_SCENARIOS,
})
