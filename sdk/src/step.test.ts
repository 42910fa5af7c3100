import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { isChildOf, type Recorder, recordSpans, statusOf } from '../test/spans.ts'
import { declareFailure, HandoffRejected } from './failure.ts'
import { handoff } from './handoff.ts'
import { pipeline } from './pipeline.ts'
import { type RetryPolicy, retry } from './retry.ts'
import { step } from './step.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

describe('step', () => {
  it('records what it received and handed on, never the values', async () => {
    const result = step('plan', { layer: 'planning', agent: 'planner', input: { goal: 'secret', limit: 3 } }, ({ goal }) => ({
      plan: goal,
    }))
    expect(result).toEqual({ plan: 'secret' })
    const span = await spans.one('step plan')
    expect(span.attributes).toMatchObject({
      'seamtrace.span.kind': 'step',
      'seamtrace.step.name': 'plan',
      'seamtrace.layer': 'planning',
      'gen_ai.agent.name': 'planner',
      'seamtrace.state.keys': ['goal', 'limit'],
      'seamtrace.state.size': 27,
      'seamtrace.state.output.keys': ['plan'],
      'seamtrace.state.output.size': 17,
    })
    expect(JSON.stringify(span.attributes)).not.toContain('secret')
  })

  it('names the needed keys that are missing, by dot path, and goes on', async () => {
    const input: { order: { id: number | null }; note?: string } = { order: { id: null } }
    step('refund', { input, needs: ['order', 'order.id', 'note'] }, () => 'went on')
    const { attributes } = await spans.one('step refund')
    expect(attributes['seamtrace.state.needs']).toEqual(['order', 'order.id', 'note'])
    expect(attributes['seamtrace.state.missing_keys']).toEqual(['order.id', 'note'])
  })

  it('claims no missing keys when it does not know the input', async () => {
    step('a', { needs: ['x'] }, () => 1)
    expect((await spans.one('step a')).attributes['seamtrace.state.missing_keys']).toBeUndefined()
  })

  it('with retry puts the attempts directly below the step', async () => {
    let tries = 0
    const value = await step('fetch', { retry: { attempts: 3, backoffMs: 5 } }, () => {
      tries += 1
      if (tries < 3) throw new RangeError(`try ${tries}`)
      return tries
    })
    expect(value).toBe(3)
    const operation = await spans.one('step fetch')
    const attempts = await spans.named('attempt fetch')
    expect(attempts.every((span) => isChildOf(span, operation))).toBe(true)
    expect(
      attempts.map((span) => [span.attributes['seamtrace.attempt.number'], span.attributes['seamtrace.attempt.delay_ms'], statusOf(span)]),
    ).toEqual([
      [1, 0, 'ERROR'],
      [2, 5, 'ERROR'],
      [3, 10, 'UNSET'],
    ])
    expect(attempts[0]?.events[0]?.attributes).toMatchObject({ 'exception.type': 'RangeError', 'exception.message': 'try 1' })
    expect(attempts[0]?.attributes).toMatchObject({
      'seamtrace.span.kind': 'attempt',
      'seamtrace.attempt.max': 3,
      'seamtrace.step.name': 'fetch',
    })
    expect(statusOf(operation)).toBe('UNSET')
  })

  it('carries a failure that the program declares', async () => {
    step('parse', {}, () => declareFailure('state_schema_mismatch', 'total is no number'))
    const span = await spans.one('step parse')
    expect(span.attributes).toMatchObject({ 'seamtrace.failure.kind': 'state_schema_mismatch', 'seamtrace.outcome': 'failure' })
    expect([statusOf(span), span.status.message]).toEqual(['ERROR', 'total is no number'])
  })

  it('keeps types', () => {
    const policy: RetryPolicy = {}
    expectTypeOf(step('s', {}, () => 1)).toEqualTypeOf<number>()
    expectTypeOf(step('s', { input: { a: 1 } }, (input) => input.a)).toEqualTypeOf<number>()
    expectTypeOf(step('s', { input: 'x' }, async (input) => [input])).toEqualTypeOf<Promise<string[]>>()
    expectTypeOf(step('s', { retry: policy }, () => 1)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(step('s', { retry: policy, input: 1 }, async (input, attempt) => input + attempt.number)).toEqualTypeOf<Promise<number>>()
    const ticket = handoff('s', { id: 7 })
    expectTypeOf(step('s', { handoff: ticket }, ({ id }) => id)).toEqualTypeOf<number>()
  })
})

describe('handoff', () => {
  it('is a span of the sender, linked from the receiver, with the same digest on both sides', async () => {
    pipeline('p', {}, () => {
      const ticket = step('classify', {}, () => handoff('refund', { orderId: 7, note: 'x' }, { mustKeep: ['orderId'] }))
      step('refund', { handoff: ticket }, (payload) => expect(payload.orderId).toBe(7))
    })
    const sent = await spans.one('handoff classify→refund')
    const received = await spans.one('step refund')
    expect(isChildOf(sent, await spans.one('step classify'))).toBe(true)
    expect(sent.attributes).toMatchObject({
      'seamtrace.span.kind': 'handoff',
      'seamtrace.handoff.source.name': 'classify',
      'seamtrace.handoff.target.name': 'refund',
      'seamtrace.handoff.mode': 'pass_control',
      'seamtrace.handoff.payload.keys': ['orderId', 'note'],
      'seamtrace.handoff.payload.size': 24,
      'seamtrace.handoff.payload.must_keep': ['orderId'],
    })
    expect(sent.attributes['seamtrace.handoff.status']).toBeUndefined()
    expect(received.attributes['seamtrace.handoff.id']).toBe(sent.attributes['seamtrace.handoff.id'])
    expect(received.attributes['seamtrace.state.digest']).toBe(sent.attributes['seamtrace.handoff.payload.digest'])
    expect(received.attributes['seamtrace.handoff.status']).toBe('delivered')
    expect(received.links).toMatchObject([
      {
        context: { spanId: sent.spanContext().spanId, traceId: sent.spanContext().traceId },
        attributes: { 'seamtrace.link.type': 'handoff' },
      },
    ])
  })

  it('shows at the receiver what was lost on the way', async () => {
    const ticket = handoff('b', { order: { id: 7 }, body: 'long' }, { from: 'a', mustKeep: ['order.id', 'body'] })
    const revived: typeof ticket = JSON.parse(JSON.stringify(ticket))
    step('b', { handoff: revived, input: { order: { id: 7 }, body: null as unknown as string } }, () => 1)
    const [sent, received] = [await spans.one('handoff a→b'), await spans.one('step b')]
    expect(received.attributes['seamtrace.state.missing_keys']).toEqual(['body'])
    expect(received.attributes['seamtrace.state.digest']).not.toBe(sent.attributes['seamtrace.handoff.payload.digest'])
    expect(received.links).toHaveLength(1)
  })

  it('comes from the step that finished last, else from start', async () => {
    pipeline('p', {}, () => {
      handoff('first', {})
      step('first', {}, () => 1)
      handoff('second', {})
    })
    await spans.one('handoff start→first')
    await spans.one('handoff first→second')
  })

  it('is rejected by a receiver that throws HandoffRejected, and is not tried again', async () => {
    const ticket = handoff('b', {}, { from: 'a' })
    let tries = 0
    await expect(
      step('b', { handoff: ticket, retry: {} }, () => {
        tries += 1
        throw new HandoffRejected('no order')
      }),
    ).rejects.toThrow('no order')
    const span = await spans.one('step b')
    expect([span.attributes['seamtrace.handoff.status'], span.attributes['error.type'], statusOf(span), tries]).toEqual([
      'rejected',
      'HandoffRejected',
      'ERROR',
      1,
    ])
  })
})

describe('retry', () => {
  it('fails as an operation only when every attempt failed', async () => {
    const last = new Error('still down')
    await expect(
      retry('call', { attempts: 2, backoffMs: 0 }, () => {
        throw last
      }),
    ).rejects.toBe(last)
    const operation = await spans.one('retry call')
    expect(operation.attributes).toMatchObject({ 'seamtrace.span.kind': 'retry', 'seamtrace.retry.name': 'call', 'error.type': 'Error' })
    expect(statusOf(operation)).toBe('ERROR')
    expect(await spans.named('attempt call')).toHaveLength(2)
  })

  it('stops at an error that is not worth another try', async () => {
    await expect(
      retry('call', { retryOn: (error) => error instanceof RangeError }, async () => {
        throw new TypeError('no')
      }),
    ).rejects.toThrow('no')
    expect(await spans.named('attempt call')).toHaveLength(1)
  })

  it('ends an attempt that is too slow and tells the work to stop', async () => {
    const stopped: boolean[] = []
    const value = await retry('slow', { attempts: 2, backoffMs: 0, timeoutMs: 20 }, async ({ number, signal }) => {
      if (number === 2) return 'done'
      return new Promise<string>((resolve) =>
        signal.addEventListener('abort', () => {
          stopped.push(true)
          setTimeout(() => resolve('late'), 5)
        }),
      )
    })
    expect([value, stopped]).toEqual(['done', [true]])
    const [first] = await spans.named('attempt slow')
    expect(first?.attributes['error.type']).toBe('TimeoutError')
  })

  it('keeps types', () => {
    expectTypeOf(retry('r', {}, () => 1)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(retry('r', {}, async ({ number }) => ({ number }))).toEqualTypeOf<Promise<{ number: number }>>()
  })
})
