// Traces of the framework as they may come: never ended, out of order, late. What the real framework sends: test/adapters/.
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isChildOf, type Recorder, recordSpans } from '../../test/spans.ts'
import { seamtraceTracing } from './openai-agents.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

const trace = (traceId: string) => ({ traceId, name: 'support', groupId: null })
const span = (traceId: string, spanId: string, parentId: string | null, data: { type: string; name?: string }, endedAt?: string) => ({
  ...{ traceId, spanId, parentId, spanData: data, startedAt: endedAt ?? null, endedAt: endedAt ?? null, error: null },
})
const AGENT = { type: 'agent', name: 'Support' }
const TOOL = { type: 'function', name: 'get_order', input: '{}', output: 'shipped' }

it('ten thousand runs that never end fill no memory, and are told neither as good nor as failed', async () => {
  const processor = seamtraceTracing()
  for (let run = 0; run < 10_000; run++) {
    const id = `trace_${run}`
    await processor.onTraceStart(trace(id))
    await processor.onSpanStart(span(id, `${id}_agent`, null, AGENT))
    await processor.onSpanStart(span(id, `${id}_tool`, `${id}_agent`, TOOL))
    // the queue of the exporter holds 2,048
    if (run % 500 === 0) await spans.all()
  }
  const ended = await spans.all()
  // 20,000 spans were begun, of which 10,000 are kept; a run whose root never ends is unknown
  expect(ended).toHaveLength(10_000)
  expect(new Set(ended.map(({ attributes }) => attributes[SEAMTRACE.outcome]))).toEqual(new Set(['cancelled']))
  await processor.shutdown()
  expect((await spans.all()).filter(({ name }) => name.startsWith('pipeline'))).toEqual([])
})

it('what comes before its trace, or without its begin, stands where it belongs', async () => {
  const processor = seamtraceTracing()
  const agent = span('t', 'agent', null, AGENT)
  await processor.onSpanStart(agent)
  await processor.onSpanEnd(span('t', 'tool', 'agent', TOOL, new Date().toISOString()))
  await processor.onTraceStart(trace('t'))
  await processor.onSpanEnd(agent)
  await processor.onTraceEnd(trace('t'))
  const [told, called] = [await spans.one('invoke_agent Support'), await spans.one('execute_tool get_order')]
  expect(isChildOf(called, told)).toBe(true)
  expect(new Set((await spans.all()).map((one) => one.spanContext().traceId)).size).toBe(1)
})

it('a span that is told long after it happened keeps its times', async () => {
  const processor = seamtraceTracing()
  const at = '2026-01-02T03:04:05.000Z'
  await processor.onSpanStart(span('t', 'agent', null, AGENT))
  await processor.onSpanEnd(span('t', 'tool', 'agent', TOOL, at))
  const { startTime, endTime, attributes } = await spans.one('execute_tool get_order')
  expect([startTime, endTime]).toEqual([
    [Date.parse(at) / 1000, 0],
    [Date.parse(at) / 1000, 0],
  ])
  expect(attributes[GEN_AI.toolName]).toBe('get_order')
})

it('an end that comes twice, or to nothing, is told once or not at all', async () => {
  const processor = seamtraceTracing()
  const agent = span('t', 'agent', null, AGENT)
  await processor.onSpanStart(agent)
  await processor.onSpanEnd(agent)
  await processor.onSpanEnd(agent)
  await processor.onSpanEnd(span('t', 'turn', null, { type: 'turn' }))
  expect(await spans.named('invoke_agent Support')).toHaveLength(1)
})
