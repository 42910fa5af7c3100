// Ready-made OTLP bodies for the benchmarks: traces of a six-step agent, made with the real SDK and the standard serializer.
import { trace } from '@opentelemetry/api'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { handoff, pipeline, retry, start, step, tool } from '@seamtrace/sdk'

const STEPS = ['classify', 'retrieve', 'plan', 'act', 'verify', 'respond']

const model = (): void => {
  const span = trace.getTracer('bench').startSpan('chat gpt-4o-mini')
  span.setAttributes({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o-mini',
    'gen_ai.response.id': `resp-${Math.random().toString(36).slice(2)}`,
    'gen_ai.usage.input_tokens': 812,
    'gen_ai.usage.output_tokens': 96,
  })
  span.end()
}

/** One run: six steps with a model call each, a tool in a retry, and a handoff: 18 spans. */
export const oneRun = (index: number): Promise<void> =>
  pipeline('bench', { version: '1.0.0', session: `session-${index % 100}` }, async () => {
    for (const name of STEPS) await step(name, { input: { index, name } }, () => oneStep(name, index))
  })

const oneStep = async (name: string, index: number): Promise<void> => {
  model()
  if (name !== 'act') return
  await retry('search', { attempts: 2, backoffMs: 0 }, () =>
    tool('search', { input: { index } }, () => {
      if (index % 10 === 0) throw Object.assign(new Error('search answered 503'), { status: 503 })
      return { hits: 3 }
    }),
  ).catch(() => {})
  handoff('verify', { index })
}

/** Spans of `runs` runs, as the SDK hands them to an exporter. */
export const recordRuns = async (runs: number): Promise<ReadableSpan[]> => {
  const exporter = new InMemorySpanExporter()
  const seamtrace = start({ service: 'bench', exporter })
  for (let index = 0; index < runs; index++) {
    await oneRun(index)
    // the batch processor holds 2,048 spans at the most
    if (index % 50 === 49) await seamtrace.flush()
  }
  await seamtrace.flush()
  const spans = exporter.getFinishedSpans()
  await seamtrace.shutdown()
  return spans
}

/** OTLP/HTTP protobuf bodies of about `size` spans each. */
export const bodiesOf = (spans: readonly ReadableSpan[], size: number): { body: Uint8Array; spans: number }[] =>
  Array.from({ length: Math.ceil(spans.length / size) }, (_, index) => {
    const part = spans.slice(index * size, (index + 1) * size)
    return { body: ProtobufTraceSerializer.serializeRequest([...part]) ?? new Uint8Array(), spans: part.length }
  })
