// Records the spans of one test in memory and answers questions about them.
import { SpanStatusCode } from '@opentelemetry/api'
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { type StartOptions, start } from '../src/start.ts'

export interface Recorder {
  /** every finished span so far, in the order in which they ended */
  all(): Promise<ReadableSpan[]>
  /** the only span of this name; throws when there is none or more */
  one(name: string): Promise<ReadableSpan>
  named(name: string): Promise<ReadableSpan[]>
  stop(): Promise<void>
}

export function recordSpans(options: StartOptions = {}): Recorder {
  const exporter = new InMemorySpanExporter()
  const seamtrace = start({ ...options, exporter })
  const all = async (): Promise<ReadableSpan[]> => {
    await seamtrace.flush()
    return exporter.getFinishedSpans()
  }
  const named = async (name: string): Promise<ReadableSpan[]> => (await all()).filter((span) => span.name === name)
  const one = async (name: string): Promise<ReadableSpan> => {
    const [span, ...more] = await named(name)
    if (span === undefined || more.length > 0)
      throw new Error(`cannot find one span "${name}" among: ${(await all()).map((at) => at.name).join(', ')}`)
    return span
  }
  return { all, named, one, stop: () => seamtrace.shutdown() }
}

export const statusOf = (span: ReadableSpan): string => SpanStatusCode[span.status.code] ?? ''

export const isChildOf = (child: ReadableSpan, parent: ReadableSpan): boolean =>
  child.parentSpanContext?.spanId === parent.spanContext().spanId
