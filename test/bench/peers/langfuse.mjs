// The loop with Langfuse's SDK.

import { LangfuseSpanProcessor } from '@langfuse/otel'
import { startActiveObservation } from '@langfuse/tracing'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { report } from '../sdk/loop.ts'

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const processor = new LangfuseSpanProcessor({ publicKey: 'bench', secretKey: 'bench', baseUrl: process.env.OTEL_EXPORTER_OTLP_ENDPOINT })
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }))
await report(
  (index) => startActiveObservation('work', async () => index),
  () => processor.forceFlush(),
)
