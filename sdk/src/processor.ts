// The span processor that sends spans to Seamtrace: for `start`, or for a provider that the program built itself.
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { optionsOf } from './arguments.ts'

export interface ProcessorOptions {
  /** base address of the collector, without `/v1/traces`; default `http://localhost:4318` */
  endpoint?: string
  headers?: Record<string, string>
  /** ingest key, sent as `authorization: Bearer …` */
  apiKey?: string
  /** takes the spans instead of OTLP/HTTP (tests, files) */
  exporter?: SpanExporter
}

/**
 * A batching processor for programs that set up OpenTelemetry themselves.
 * @example new NodeSDK({ spanProcessors: [seamtraceProcessor({ endpoint: 'http://collector:4318' })] }).start()
 */
export function seamtraceProcessor(given?: ProcessorOptions): SpanProcessor {
  const options = optionsOf<ProcessorOptions>(given)
  return new BatchSpanProcessor(options.exporter ?? otlpExporter(options))
}

export interface HurriedExporter extends SpanExporter {
  /** from now on gives up after 2.5 s instead of the export timeout (10 s), because the process wants to end */
  hurry(): void
}

const HURRIED_TIMEOUT_MS = 2_500

export function otlpExporter(options: ProcessorOptions): HurriedExporter {
  const bearer: Record<string, string> = options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }
  const url = endpointIsInEnvironment() || options.endpoint === undefined ? undefined : `${options.endpoint.replace(/\/+$/, '')}/v1/traces`
  const config = { ...(url === undefined ? {} : { url }), headers: { ...options.headers, ...bearer } }
  const patient = new OTLPTraceExporter(config)
  let current = patient
  return {
    export: (spans, done) => current.export(spans, done),
    forceFlush: () => current.forceFlush(),
    shutdown: async () => {
      await Promise.all([patient.shutdown(), current.shutdown()])
    },
    hurry: () => {
      if (current === patient) current = new OTLPTraceExporter({ ...config, timeoutMillis: HURRIED_TIMEOUT_MS })
    },
  }
}

const endpointIsInEnvironment = (): boolean =>
  Boolean(process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?.trim() || process.env.OTEL_EXPORTER_OTLP_ENDPOINT?.trim())
