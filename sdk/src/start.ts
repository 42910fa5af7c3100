// Starts recording: resource, exporter, provider and the flush at the end of the process.
import { context, diag, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { defaultResource, detectResources, envDetector, type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { OTEL } from '@seamtrace/schema/words'
import { announceFirstRun, isDevelopment } from './announce.ts'
import { optionsOf } from './arguments.ts'
import { flushAll, flushAtExit } from './exit.ts'
import { endLeftOpen } from './left-open.ts'
import { exportOf, type ProcessorOptions } from './processor.ts'
import { type ContentMode, setContentMode } from './redact.ts'
import { safely } from './safe.ts'
import { forgetWarnings, warnOnce } from './warn.ts'

export interface StartOptions extends ProcessorOptions {
  /** default `OTEL_SERVICE_NAME` */
  service?: string
  serviceVersion?: string
  /** e.g. `production`; rates are kept apart by it */
  environment?: string
  /**
   * `full` records inputs and outputs as text, `mask` without the secrets and personal data that are found in them; default `off` (or what
   * `SEAMTRACE_CONTENT` says): names, sizes and digests only
   */
  content?: ContentMode
  /** further processors, beside the one that exports */
  spanProcessors?: SpanProcessor[]
}

/** What `start` returns. Both promises settle always, and never later than the export timeout. */
export interface Started {
  /** sends what is waiting */
  flush(): Promise<void>
  /** sends what is waiting and stops recording; a later `start` begins anew */
  shutdown(): Promise<void>
}

let running: Started | undefined

/**
 * Starts recording and sends spans by OTLP/HTTP. The standard variables win over the options: `OTEL_EXPORTER_OTLP_ENDPOINT`
 * (default `http://localhost:4318`), `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`,
 * `OTEL_TRACES_SAMPLER`, `OTEL_BSP_*`, `OTEL_SDK_DISABLED`. A global provider that the program registered is kept: then this only
 * warns, and {@link seamtraceProcessor} is what to add to it. At a terminal, or with `NODE_ENV=development`, the address of the first run
 * is printed once (of the dashboard on the collector's host, or `SEAMTRACE_DASHBOARD_URL`). Never throws.
 * @example
 * const seamtrace = start({ service: 'support', environment: 'production' })
 * await seamtrace.shutdown()
 */
export function start(given?: StartOptions): Started {
  const options = optionsOf<StartOptions>(given)
  if (running !== undefined) {
    warnOnce('started-twice', 'cannot start twice: the first call stays in force')
    return running
  }
  setContentMode(contentOf(options))
  if (process.env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return NOTHING
  return safely(() => register(options)) ?? NOTHING
}

/**
 * Sends what is waiting, wherever recording was started (`start`, `--import @seamtrace/sdk/register`, or {@link seamtraceProcessor}). For functions whose process is
 * frozen as soon as they answer. Settles always, within the export timeout.
 * @example
 * export const handler = async (event) => {
 *   try {
 *     return await pipeline('order', () => work(event))
 *   } finally {
 *     await flush()
 *   }
 * }
 */
export const flush = (): Promise<void> => flushAll()

const MODES: readonly ContentMode[] = ['off', 'mask', 'full']

/** The environment wins; a word that is no mode switches nothing on. */
const contentOf = ({ content }: StartOptions): ContentMode => {
  const said = process.env.SEAMTRACE_CONTENT?.trim() || content || 'off'
  const mode = MODES.find((known) => known === said)
  if (mode === undefined) warnOnce('content-mode', `cannot use content ${said}: it is off, mask or full; nothing is recorded as text`)
  return mode ?? 'off'
}

const NOTHING: Started = { flush: async () => {}, shutdown: async () => {} }

function register(options: StartOptions): Started {
  const { processor, pipe } = exportOf(options)
  const provider = new BasicTracerProvider({
    resource: resourceOf(options),
    spanProcessors: [
      ...(options.spanProcessors ?? []),
      ...(pipe !== undefined && isDevelopment() ? [announceFirstRun(pipe.url)] : []),
      processor,
    ],
  })
  if (!trace.setGlobalTracerProvider(provider)) {
    warnOnce(
      'provider-present',
      'cannot register a tracer provider: one is there already and stays; add seamtraceProcessor() to its spanProcessors',
    )
    return NOTHING
  }
  const ownContext = context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const ownPropagation = propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  )
  const flush = (): Promise<void> => quietly(() => provider.forceFlush())
  const release = flushAtExit({ flush, pipe })
  const shutdown = async (): Promise<void> => {
    if (running !== started) return
    running = undefined
    release()
    safely(endLeftOpen)
    await quietly(() => provider.shutdown())
    trace.disable()
    if (ownContext) context.disable()
    if (ownPropagation) propagation.disable()
    forgetWarnings()
  }
  const started: Started = { flush, shutdown }
  running = started
  return started
}

/** What the operator says in the environment wins over what the program says. */
function resourceOf(options: StartOptions): Resource {
  const said = resourceFromAttributes({
    ...(options.service === undefined ? {} : { [OTEL.serviceName]: options.service }),
    ...(options.serviceVersion === undefined ? {} : { [OTEL.serviceVersion]: options.serviceVersion }),
    ...(options.environment === undefined ? {} : { [OTEL.environment]: options.environment }),
  })
  return defaultResource()
    .merge(said)
    .merge(detectResources({ detectors: [envDetector] }))
}

/** A collector that is away must not make the program fail. */
async function quietly(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    safely(() => diag.error('seamtrace: cannot export spans', error))
  }
}
