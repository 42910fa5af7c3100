import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Recorder, recordSpans } from '../test/spans.ts'
import { tool } from './call.ts'
import { type Carrier, extract, inject } from './carrier.ts'
import { handoff } from './handoff.ts'
import { pipeline } from './pipeline.ts'
import { receive } from './receive.ts'
import { step } from './step.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await spans.stop()
})

const carriers: [string, () => Carrier][] = [
  ['a plain object', () => ({})],
  ['Headers', () => new Headers()],
  ['a Map', () => new Map<string, string>()],
  ['pairs', () => [] as [string, string][]],
]

describe('receive', () => {
  it.each(carriers)('in another process belongs to the run of the sender, by %s', async (_kind, make) => {
    const carrier = make()
    const runId = pipeline('p', { runId: 'run-7' }, (run) => {
      step('triage', () => handoff('refund', { order: { id: 7 }, note: 'x' }, { mustKeep: ['order.id', 'gone'], carrier }))
      return run.runId
    })
    // nothing of the sender is active here
    expect(receive(carrier, { input: { order: { id: 7 } } }, ({ order }) => tool('t', () => order.id))).toBe(7)
    const received = await spans.one('step refund')
    const sent = await spans.one('handoff triage→refund')
    const root = await spans.one('pipeline p')
    expect(received.attributes).toMatchObject({
      'seamtrace.run.id': runId,
      'seamtrace.pipeline.name': 'p',
      'seamtrace.handoff.source.name': 'triage',
      'seamtrace.handoff.status': 'delivered',
      'seamtrace.state.keys': ['order'],
      'seamtrace.state.missing_keys': ['gone'],
    })
    expect(received.links[0]?.context.spanId).toBe(sent.spanContext().spanId)
    expect(received.parentSpanContext?.spanId).toBe(root.spanContext().spanId)
    expect((await spans.one('execute_tool t')).attributes).toMatchObject({ 'seamtrace.run.id': runId, 'seamtrace.step.name': 'refund' })
  })

  it('takes the ticket itself, and gives its payload', () => {
    expect(pipeline('p', () => receive(handoff('b', { n: 4 }), ({ n }) => n + 1))).toBe(5)
  })

  it('works without a ticket, and with headers of a stranger', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const strangers: Carrier[] = [
      {},
      { 'seamtrace-handoff': '%' },
      { 'seamtrace-handoff': encodeURIComponent('{"id":"x","from":1}') },
      { 'seamtrace-handoff': 'x'.repeat(100_000), baggage: 'seamtrace.run.id=a%00b,seamtrace.pipeline.name=p' },
      { baggage: `seamtrace.run.id=${'r'.repeat(3_000)},seamtrace.pipeline.name=p` },
    ]
    for (const carrier of strangers) {
      expect(extract(carrier)).toBeUndefined()
      expect(receive(carrier, { input: 1 }, (given) => given)).toBe(1)
    }
    for (const span of await spans.named('step receive')) expect(span.attributes['seamtrace.run.id']).toBeUndefined()
    expect(warning).toHaveBeenCalled()
  })

  it('a handoff that is received twice is told once', () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    pipeline('p', () => {
      const ticket = handoff('b', 1)
      for (const _ of [1, 2, 3]) receive(ticket, (given) => given)
    })
    expect(warning.mock.calls.map(([, options]) => Reflect.get(Object(options), 'code'))).toEqual(['received-twice'])
  })
})

describe('baggage', () => {
  it('tells pipeline, run and step to whoever is called, and keeps what is there', () => {
    const before = propagation.setBaggage(context.active(), propagation.createBaggage({ mine: { value: '1' } }))
    const headers: Record<string, string> = {}
    context.with(before, () => pipeline('p', { runId: 'r' }, () => step('s', () => inject(headers))))
    expect(headers.baggage?.split(',').toSorted()).toEqual([
      'mine=1',
      'seamtrace.pipeline.name=p',
      'seamtrace.run.id=r',
      'seamtrace.step.name=s',
    ])
    expect(headers.traceparent).toMatch(/^00-/)
  })

  it('reaches what propagates for others, whosever propagator it is', async () => {
    const sent = (): string | undefined => {
      const carrier: Record<string, string> = {}
      pipeline('p', { runId: 'r' }, () => step('s', () => propagation.inject(context.active(), carrier)))
      return carrier.baggage?.split(',').toSorted().join()
    }
    const whole = 'seamtrace.pipeline.name=p,seamtrace.run.id=r,seamtrace.step.name=s'
    expect(sent()).toBe(whole)
    await spans.stop()
    trace.setGlobalTracerProvider(new BasicTracerProvider())
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    propagation.setGlobalPropagator(new W3CBaggagePropagator())
    expect(sent()).toBe(whole)
    trace.disable()
    context.disable()
    propagation.disable()
  })

  it('a pipeline that is called by another program begins a run of its own', async () => {
    const remote = propagation.createBaggage({ 'seamtrace.run.id': { value: 'theirs' }, 'seamtrace.pipeline.name': { value: 'other' } })
    context.with(propagation.setBaggage(context.active(), remote), () => pipeline('mine', () => trace.getActiveSpan()))
    const { attributes } = await spans.one('pipeline mine')
    expect(attributes['seamtrace.pipeline.name']).toBe('mine')
    expect(attributes['seamtrace.run.id']).toBeUndefined()
  })
})
