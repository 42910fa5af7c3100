import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { hrTimeToMilliseconds } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { SEAMTRACE } from '@seamtrace/schema'
import { describe, expect, it } from 'vitest'
import { createDemoClock } from './demo-clock.ts'
import { createShiftingExporter } from './shifting-exporter.ts'

const START = Date.UTC(2026, 0, 1)

const record = () => {
  const clock = createDemoClock(10)
  const memory = new InMemorySpanExporter()
  const exporter = createShiftingExporter(memory, clock)
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('test')
  return { clock, memory, exporter, tracer }
}

describe('the shifting exporter', () => {
  it('moves start, end and events, and the words that tell a duration', () => {
    const { clock, memory, tracer } = record()
    clock.begin('run', START)
    const span = tracer.startSpan('work', { attributes: { [SEAMTRACE.runId]: 'run', [SEAMTRACE.attemptDelayMs]: 7 } })
    span.addEvent('exception', { 'exception.message': 'attempt 1 of 3 timed out after 200 ms' })
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'attempt 1 of 3 timed out after 200 ms' })
    span.end()
    const [sent] = memory.getFinishedSpans()
    // OpenTelemetry stamps starts in whole milliseconds, which may lie just before the clock's beginning
    for (const time of [sent?.startTime, sent?.endTime, sent?.events[0]?.time]) {
      expect(Math.abs(hrTimeToMilliseconds(time ?? [0, 0]) - START)).toBeLessThan(1000)
    }
    expect(sent?.status.message).toBe('attempt 1 of 3 timed out after 2000 ms')
    expect(sent?.attributes[SEAMTRACE.attemptDelayMs]).toBe(70)
    expect(sent?.spanContext().traceId).toBe(span.spanContext().traceId)
  })

  it('holds a run back until its place is known', () => {
    const { clock, memory, exporter, tracer } = record()
    clock.begin('run')
    tracer.startSpan('work', { attributes: { [SEAMTRACE.runId]: 'run' } }).end()
    expect(memory.getFinishedSpans()).toHaveLength(0)
    clock.endAt('run', START)
    exporter.release()
    expect(memory.getFinishedSpans()).toHaveLength(1)
  })

  it('sends spans that belong to no run as they are', () => {
    const { memory, tracer } = record()
    tracer.startSpan('other', {}, trace.setSpan(context.active(), tracer.startSpan('parent'))).end()
    expect(memory.getFinishedSpans()[0]?.startTime[0]).toBeGreaterThan(START / 1000)
  })
})
