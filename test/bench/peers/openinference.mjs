// The loop with OpenInference's helpers, on OpenTelemetry's own batches.

import { withSpan } from '@arizeai/openinference-core'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { report } from '../sdk/loop.ts'

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] })
trace.setGlobalTracerProvider(provider)
const work = withSpan(async (index) => index, { name: 'work', kind: 'CHAIN' })
await report(work, () => provider.forceFlush())
