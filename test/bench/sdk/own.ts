// One variant of the loop without packages of others, in a process of its own: bare, OpenTelemetry alone, or with our SDK.
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BasicTracerProvider, BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { pipeline, seamtraceProcessor, start, step } from '@seamtrace/sdk'
import { report, type Step } from './loop.ts'

const bareSpans = (processor: SpanProcessor): { step: Step; flush: () => Promise<void> } => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const provider = new BasicTracerProvider({ spanProcessors: [processor] })
  trace.setGlobalTracerProvider(provider)
  const tracer = trace.getTracer('bench')
  return {
    step: (index) =>
      tracer.startActiveSpan('step work', async (span) => {
        try {
          return index
        } finally {
          span.end()
        }
      }),
    flush: () => provider.forceFlush(),
  }
}

const VARIANTS: Record<string, () => Promise<void>> = {
  nothing: () => report(async (index) => index),
  opentelemetry: () => {
    const { step: work, flush } = bareSpans(new BatchSpanProcessor(new OTLPTraceExporter()))
    return report(work, flush)
  },
  // what a span costs when it is sent as ours are: the base of what step() adds
  'opentelemetry-our-processor': () => {
    const { step: work, flush } = bareSpans(seamtraceProcessor())
    return report(work, flush)
  },
  seamtrace: () => {
    const seamtrace = start({ service: 'bench' })
    return pipeline('bench', () => report((index) => step('work', async () => index), seamtrace.flush))
  },
}

await VARIANTS[process.argv[2] ?? '']?.()
