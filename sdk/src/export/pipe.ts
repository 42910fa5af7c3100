// Spans all the way to the collector: batch, delivery, spool, and the tally of what was lost.
import { diag } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { safely } from '../safe.ts'
import { type BatchOptions, createBatchProcessor } from './batch.ts'
import { createDelivery, DELIVERY_LIMITS, type DeliveryCounts, type DeliveryLimits } from './delivery.ts'
import { type DiskSpool, defaultSpoolFolder, openDiskSpool } from './disk-spool.ts'
import { createLiveRuns, LIVE_RUNS, type LiveRunsOptions } from './live-runs.ts'
import { createLosses, type LossReason } from './losses.ts'
import { createSender, type Target } from './send.ts'
import { telling } from './told.ts'

export interface PipeOptions extends Target {
  /** `auto`: a folder of this user's among the temporary files; `off`: memory only; else the folder */
  spool: string
  limits?: Partial<DeliveryLimits>
  batch?: BatchOptions
  runs?: Partial<LiveRunsOptions>
}

export interface Pipe {
  /** where spans go */
  readonly url: string
  processor: SpanProcessor
  counts(): DeliveryCounts & { lost: Readonly<Record<LossReason, number>> }
  /** The process ends: a request may take 2.5 s at the most. */
  hurry(): void
  /** Writes to disk what was not taken yet. Does not wait for anything. */
  saveAll(): void
}

const REPORT_AFTER_MS = 1_000
// a process that wants to end waits 3 s at the most
const HURRIED_TIMEOUT_MS = 2_500

export const createPipe = (options: PipeOptions): Pipe => {
  const losses = createLosses()
  let resource: ReadableSpan['resource'] | undefined
  let reportTimer: NodeJS.Timeout | undefined
  const report = (): void => {
    reportTimer = undefined
    const request = resource && losses.report(resource)
    if (request) delivery.deliver(request)
  }
  const onLost = (spans: number, reason: LossReason): void => {
    losses.add(spans, reason)
    reportTimer ??= setTimeout(report, REPORT_AFTER_MS).unref()
  }
  const sender = telling(createSender(options))
  const delivery = createDelivery({
    sender,
    spool: spoolOf(options, sender.url),
    limits: { ...DELIVERY_LIMITS, ...options.limits },
    onLost,
  })
  const batch = createBatchProcessor(delivery, options.batch ?? {}, onLost)
  const told = { ...LIVE_RUNS, ...options.runs }
  const runs = told.heartbeatMs > 0 ? createLiveRuns(told, delivery.deliver) : undefined
  const reportNow = (): void => {
    clearTimeout(reportTimer)
    report()
  }
  return {
    url: sender.url,
    processor: {
      onStart: (span, parent) => {
        safely(() => runs?.onStart(span, parent))
        batch.onStart(span, parent)
      },
      onEnd: (span) => {
        resource = span.resource
        safely(() => runs?.onEnd(span))
        batch.onEnd(span)
      },
      forceFlush: () => batch.forceFlush(),
      shutdown: async () => {
        runs?.stop()
        reportNow()
        await batch.shutdown()
      },
    },
    counts: () => ({ ...delivery.counts(), lost: losses.counts() }),
    hurry: () => delivery.hurry(HURRIED_TIMEOUT_MS),
    saveAll: () => {
      batch.writeAll()
      reportNow()
      delivery.saveAll()
    },
  }
}

/** Without a disk spans are kept in memory: a program must run where it may not write. */
const spoolOf = ({ spool, headers }: PipeOptions, url: string): DiskSpool | undefined => {
  if (spool === 'off') return undefined
  const target = JSON.stringify([url, headers, process.env.OTEL_EXPORTER_OTLP_HEADERS ?? ''])
  try {
    return openDiskSpool(spool === 'auto' ? defaultSpoolFolder() : spool, target)
  } catch (error) {
    diag.warn('seamtrace: cannot keep spans on disk while the collector is away; they are kept in memory', error)
    return undefined
  }
}
