// The span processor that sends spans to Seamtrace: for `start`, or for a provider that the program built itself.
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { optionsOf } from './arguments.ts'
import { flushAtExit } from './exit.ts'
import { LIVE_RUNS } from './export/live-runs.ts'
import { createPipe, type Pipe } from './export/pipe.ts'
import { noting } from './seen-calls.ts'

export interface ProcessorOptions {
  /** base address of the collector, such as `http://collector:4318`; default `http://localhost:4318` */
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
  /**
   * Milliseconds between two signs of life of a run that goes on; default 10,000, or what `SEAMTRACE_HEARTBEAT_MS` says. A run of which three
   * are missing was killed. 0: runs are seen only when they have ended.
   */
  heartbeatMs?: number
  /**
   * Milliseconds without the begin or end of any span after which a run that goes on has stalled; default 300,000, or what
   * `SEAMTRACE_STALLED_AFTER_MS` says; 0: never
   */
  stalledAfterMs?: number
  /** takes the spans instead of OTLP/HTTP (tests, files) */
  exporter?: SpanExporter
}

/**
 * A processor that batches spans, keeps them while the collector is away, and tells the collector what it had to drop. What waits is sent
 * before the process ends, and by `flush()`.
 * @example new NodeSDK({ spanProcessors: [seamtraceProcessor({ endpoint: 'http://collector:4318' })] }).start()
 */
export function seamtraceProcessor(given?: ProcessorOptions): SpanProcessor {
  const { processor, pipe } = exportOf(optionsOf<ProcessorOptions>(given))
  const release = flushAtExit({ flush: () => processor.forceFlush().catch(() => {}), pipe })
  return {
    onStart: (span, parent) => processor.onStart(span, parent),
    onEnd: (span) => processor.onEnd(span),
    forceFlush: () => processor.forceFlush(),
    shutdown: () => {
      release()
      return processor.shutdown()
    },
  }
}

/** Where spans go: our own pipe, or the exporter that was given. */
export const exportOf = (options: ProcessorOptions): { processor: SpanProcessor; pipe?: Pipe } => {
  if (options.exporter !== undefined) return { processor: noting(new BatchSpanProcessor(options.exporter)) }
  const pipe = pipeOf(options)
  return { processor: pipe.processor, pipe }
}

/** What the environment says, else the program; what is no number of milliseconds says nothing. */
const millisOf = (name: string, given: number | undefined, otherwise: number): number => {
  const said = process.env[name]?.trim()
  const found = [said ? Number(said) : undefined, given].find((ms) => ms !== undefined && Number.isFinite(ms) && ms >= 0 && ms <= MOST_MS)
  return found ?? otherwise
}

// the longest that a timer takes
const MOST_MS = 2_147_483_647

const pipeOf = ({ endpoint, headers, apiKey, spool, heartbeatMs, stalledAfterMs }: ProcessorOptions): Pipe => {
  const key = process.env.SEAMTRACE_API_KEY?.trim() || apiKey
  const pipe = createPipe({
    endpoint,
    headers: { ...headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    spool: process.env.SEAMTRACE_SPOOL?.trim() || spool || 'auto',
    runs: {
      heartbeatMs: millisOf('SEAMTRACE_HEARTBEAT_MS', heartbeatMs, LIVE_RUNS.heartbeatMs),
      stalledAfterMs: millisOf('SEAMTRACE_STALLED_AFTER_MS', stalledAfterMs, LIVE_RUNS.stalledAfterMs),
    },
  })
  return { ...pipe, processor: noting(pipe.processor) }
}
