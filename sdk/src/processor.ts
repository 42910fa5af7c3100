// The span processor that sends spans to Seamtrace: for `start`, or for a provider that the program built itself.
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { optionsOf } from './arguments.ts'
import { createPipe, type Pipe } from './export/pipe.ts'
import { noting } from './seen-calls.ts'

export interface ProcessorOptions {
  /** base address of the collector, without `/v1/traces`; default `http://localhost:4318` */
  endpoint?: string
  headers?: Record<string, string>
  /** ingest key, sent as `authorization: Bearer …`; default `SEAMTRACE_API_KEY` */
  apiKey?: string
  /**
   * Where spans wait on disk while the collector does not answer, up to 64 MiB: `auto` (default, or what `SEAMTRACE_SPOOL` says), a folder
   * of this user's among the temporary files; `off`, in memory up to 16 MiB; else a folder. What a process left that was killed is sent by
   * the next one that sends to the same collector with the same key.
   */
  spool?: 'auto' | 'off' | (string & {})
  /** takes the spans instead of OTLP/HTTP (tests, files) */
  exporter?: SpanExporter
}

/**
 * A processor that batches spans, keeps them while the collector is away, and tells the collector what it had to drop.
 * @example new NodeSDK({ spanProcessors: [seamtraceProcessor({ endpoint: 'http://collector:4318' })] }).start()
 */
export function seamtraceProcessor(given?: ProcessorOptions): SpanProcessor {
  const options = optionsOf<ProcessorOptions>(given)
  return options.exporter === undefined ? pipeOf(options).processor : noting(new BatchSpanProcessor(options.exporter))
}

export const pipeOf = ({ endpoint, headers, apiKey, spool }: ProcessorOptions): Pipe => {
  const key = process.env.SEAMTRACE_API_KEY?.trim() || apiKey
  const pipe = createPipe({
    endpoint,
    headers: { ...headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    spool: process.env.SEAMTRACE_SPOOL?.trim() || spool || 'auto',
  })
  return { ...pipe, processor: noting(pipe.processor) }
}
