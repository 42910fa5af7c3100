// LangGraph.js watched by OpenInference's LangChain instrumentation.
import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain'
import * as callbacks from '@langchain/core/callbacks/manager'
import { main, startTelemetry } from '../frame.ts'
import * as calls from '../langgraph/calls.ts'
import * as flows from '../langgraph/flows.ts'

await main({
  emitter: 'langgraph-js',
  library: '@langchain/langgraph',
  instrumentation: ['@arizeai/openinference-instrumentation-langchain'],
  start() {
    const provider = startTelemetry()
    new LangChainInstrumentation({ tracerProvider: provider }).manuallyInstrument(callbacks)
    return { flush: () => provider.forceFlush() }
  },
  scenarios: {
    happy_path: calls.happyPath,
    retry_then_success: calls.retryThenSuccess,
    retries_exhausted: calls.retriesExhausted,
    tool_error: calls.toolError,
    tool_error_result: calls.toolErrorResult,
    swallowed_error: calls.swallowedError,
    handoff: flows.handoff,
    human_waiting: flows.humanWaiting,
    human_interrupt: flows.humanInterrupt,
    loop_limit: flows.loopLimit,
    failed_check: flows.failedCheck,
    missing_state: calls.missingState,
    cached_tokens: calls.cachedTokens,
    parallel: flows.parallel,
  },
})
