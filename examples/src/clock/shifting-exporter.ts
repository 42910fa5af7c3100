// A span exporter around the real one that puts every span at its place in history.
import type { Attributes } from '@opentelemetry/api'
import { type ExportResult, ExportResultCode, hrTimeDuration } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import { SEAMTRACE } from '@seamtrace/schema'
import type { DemoClock, HrTime } from './demo-clock.ts'

export type ShiftingExporter = SpanExporter & {
  /** sends what was held back for runs whose place in history is known by now */
  release(): void
}

/** Spans tell their run by `seamtrace.run.id`; spans without one are sent as they are. */
export const createShiftingExporter = (inner: SpanExporter, clock: DemoClock): ShiftingExporter => {
  let held: ReadableSpan[] = []
  const send = (spans: readonly ReadableSpan[], done: (result: ExportResult) => void) => {
    const shifted: ReadableSpan[] = []
    for (const span of spans) {
      const moved = shift(span, clock)
      if (moved) shifted.push(moved)
      else held.push(span)
    }
    if (shifted.length > 0) inner.export(shifted, done)
    else done({ code: ExportResultCode.SUCCESS })
  }
  return {
    export: send,
    release: () => {
      const waiting = held
      held = []
      send(waiting, () => {})
    },
    shutdown: () => inner.shutdown(),
    forceFlush: async () => {
      await inner.forceFlush?.()
    },
  }
}

const shift = (span: ReadableSpan, clock: DemoClock): ReadableSpan | null => {
  const runId = span.attributes[SEAMTRACE.runId]
  if (typeof runId !== 'string') return span
  const startTime = clock.toHistory(runId, span.startTime)
  const endTime = clock.toHistory(runId, span.endTime)
  if (!startTime || !endTime) return null
  const at = (time: HrTime) => clock.toHistory(runId, time) ?? time
  const events = span.events.map((event) => ({
    ...event,
    time: at(event.time),
    attributes: event.attributes && stretchTexts(event.attributes, clock.speed),
  }))
  const status = { ...span.status, ...(span.status.message === undefined ? {} : { message: stretch(span.status.message, clock.speed) }) }
  return Object.create(span, {
    startTime: { value: startTime },
    endTime: { value: endTime },
    duration: { value: hrTimeDuration(startTime, endTime) },
    events: { value: events },
    status: { value: status },
    attributes: { value: stretchDelay(span.attributes, clock.speed) },
  }) as ReadableSpan
}

/** The back-off that an attempt tells must be as long as the gap before it. */
const stretchDelay = (attributes: Attributes, speed: number): Attributes => {
  const delayMs = attributes[SEAMTRACE.attemptDelayMs]
  return typeof delayMs === 'number' ? { ...attributes, [SEAMTRACE.attemptDelayMs]: Math.round(delayMs * speed) } : attributes
}

/** A time-out that is told in words has to last as long as the span that shows it. */
const stretch = (text: string, speed: number): string =>
  text.replace(/timed out after (\d+) ms/, (_, ms: string) => `timed out after ${Math.round(Number(ms) * speed)} ms`)

const stretchTexts = <T extends Record<string, unknown>>(attributes: T, speed: number): T =>
  Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [key, typeof value === 'string' ? stretch(value, speed) : value]),
  ) as T
