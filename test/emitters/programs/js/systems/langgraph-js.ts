// LangGraph.js watched by OpenInference's LangChain instrumentation.
import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain'
import * as callbacks from '@langchain/core/callbacks/manager'
import { main, startTelemetry } from '../frame.ts'
import { LANGGRAPH_SCENARIOS } from '../langgraph-scenarios.ts'

await main({
  emitter: 'langgraph-js',
  library: '@langchain/langgraph',
  instrumentation: ['@arizeai/openinference-instrumentation-langchain'],
  start() {
    const provider = startTelemetry()
    new LangChainInstrumentation({ tracerProvider: provider }).manuallyInstrument(callbacks)
    return { flush: () => provider.forceFlush() }
  },
  scenarios: LANGGRAPH_SCENARIOS,
})
