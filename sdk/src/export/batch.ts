// Ended spans become requests: soon, in small bites, so that a busy program is never held up for long.
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { safely } from '../safe.ts'
import type { Delivery } from './delivery.ts'

export interface BatchOptions {
  /** how long an ended span waits for others; default `OTEL_BSP_SCHEDULE_DELAY`, else 500 ms, so that a kill loses less than a second */
  delayMs?: number
  /** spans of a request; default `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, else 512 */
  maxSpans?: number
  /** how long a flush may take; default `OTEL_BSP_EXPORT_TIMEOUT`, else 10 s */
  flushMs?: number
}

export interface BatchProcessor extends SpanProcessor {
  /** Makes requests of all ended spans at once, whatever it takes. */
  writeAll(): void
}

const SAMPLED = 1
// A span takes some 15 µs: a bite holds the program up for a millisecond.
const BITE = 64
// Memory of spans that wait: the program makes them faster than they can be written.
const MOST_WAITING = 65_536

const fromEnvironment = (name: string, otherwise: number): number => {
  const value = Number(process.env[name])
  return Number.isFinite(value) && value > 0 ? value : otherwise
}

/** @param onLost is told of ended spans that found no room in memory, or that cannot be written */
export const createBatchProcessor = (
  delivery: Delivery,
  options: BatchOptions,
  onLost: (spans: number, reason: 'no_room' | 'broken') => void,
): BatchProcessor => {
  const delayMs = options.delayMs ?? fromEnvironment('OTEL_BSP_SCHEDULE_DELAY', 500)
  const maxSpans = options.maxSpans ?? fromEnvironment('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512)
  const flushMs = options.flushMs ?? fromEnvironment('OTEL_BSP_EXPORT_TIMEOUT', 10_000)
  const spans: ReadableSpan[] = []
  let parts: Uint8Array[] = []
  let written = 0
  let timer: NodeJS.Timeout | undefined
  let next: NodeJS.Immediate | undefined
  let isShut = false

  const send = (): void => {
    if (written === 0) return
    // messages of protobuf behind one another are one message
    const body = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
    const items = written
    parts = []
    written = 0
    delivery.deliver({ signal: 'traces', body, items })
  }
  const writeSome = (): void => {
    const bite = spans.splice(0, Math.min(BITE, maxSpans - written))
    const part = safely(() => ProtobufTraceSerializer.serializeRequest(bite))
    if (!part) return onLost(bite.length, 'broken')
    parts.push(part)
    written += bite.length
    if (written >= maxSpans) send()
  }
  const writeAll = (): void => {
    while (spans.length > 0) writeSome()
    send()
  }
  const goOn = (): void => {
    next = undefined
    writeSome()
    if (spans.length > 0) next = setImmediate(goOn).unref()
    else send()
  }
  const start = (): void => {
    clearTimeout(timer)
    timer = undefined
    next ??= setImmediate(goOn).unref()
  }
  const forceFlush = async (): Promise<void> => {
    writeAll()
    await delivery.settle(flushMs)
  }
  return {
    onStart: () => {},
    onEnd: (span) => {
      if (isShut || (span.spanContext().traceFlags & SAMPLED) === 0) return
      if (spans.length >= MOST_WAITING) return onLost(1, 'no_room')
      spans.push(span)
      if (spans.length >= maxSpans) start()
      else timer ??= setTimeout(start, delayMs).unref()
    },
    writeAll,
    forceFlush,
    shutdown: async () => {
      if (isShut) return
      isShut = true
      clearTimeout(timer)
      if (next) clearImmediate(next)
      await forceFlush()
      await delivery.close()
    },
  }
}
