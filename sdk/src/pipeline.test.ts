import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { isChildOf, type Recorder, recordSpans, statusOf } from '../test/spans.ts'
import { Waiting } from './failure.ts'
import { pipeline } from './pipeline.ts'
import { step } from './step.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

describe('pipeline', () => {
  it('is one root span with name, version, session and user, and no run id of its own', async () => {
    let seen = ''
    pipeline('support-refund', { version: '3', session: 's1', user: 'u1', retryOf: 'r0', input: { order: 7 } }, (run) => {
      seen = run.runId
    })
    const span = await spans.one('pipeline support-refund')
    expect(span.attributes).toEqual({
      'seamtrace.span.kind': 'pipeline',
      'seamtrace.schema.version': '1',
      'seamtrace.pipeline.name': 'support-refund',
      'seamtrace.pipeline.version': '3',
      'session.id': 's1',
      'user.id': 'u1',
      'seamtrace.run.retry_of': 'r0',
      'seamtrace.state.keys': ['order'],
      'seamtrace.state.size': 11,
      'seamtrace.state.digest': expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    const { traceId, spanId } = span.spanContext()
    expect(seen).toBe(`${traceId}-${spanId}`)
    expect(statusOf(span)).toBe('UNSET')
  })

  it('lends its name and an explicit run id to everything below it, across awaits', async () => {
    await pipeline('p', { runId: 'run-1' }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      await step('a', {}, async () => step('b', {}, () => 1))
    })
    const [root, a, b] = [await spans.one('pipeline p'), await spans.one('step a'), await spans.one('step b')]
    expect(isChildOf(a, root) && isChildOf(b, a)).toBe(true)
    for (const span of [root, a, b]) expect(span.attributes).toMatchObject({ 'seamtrace.pipeline.name': 'p', 'seamtrace.run.id': 'run-1' })
    expect(b.attributes['seamtrace.step.name']).toBe('b')
  })

  it('inside another pipeline is a step of that run', async () => {
    pipeline('outer', {}, (outer) => pipeline('inner', { input: { a: 1 } }, (run) => expect(run.runId).toBe(outer.runId)))
    const inner = await spans.one('step inner')
    expect(inner.attributes).toMatchObject({
      'seamtrace.span.kind': 'step',
      'seamtrace.pipeline.name': 'outer',
      'seamtrace.state.keys': ['a'],
    })
  })

  it('keeps values, promises and errors as they are', async () => {
    const failure = new Error('boom')
    expect(pipeline('sync', {}, () => 7)).toBe(7)
    expect(await pipeline('async', {}, async () => 'x')).toBe('x')
    expect(() =>
      pipeline('throws', {}, () => {
        throw failure
      }),
    ).toThrow(failure)
    await expect(
      pipeline('rejects', {}, async () => {
        throw failure
      }),
    ).rejects.toBe(failure)
    const span = await spans.one('pipeline rejects')
    expect(statusOf(span)).toBe('ERROR')
    expect(span.status.message).toBe('boom')
    expect(span.attributes).toMatchObject({ 'error.type': 'Error', 'seamtrace.outcome': 'failure' })
    expect(span.events[0]?.attributes).toMatchObject({ 'exception.type': 'Error', 'exception.message': 'boom' })
  })

  it('waits without an error status when Waiting is thrown or wait() was called', async () => {
    await expect(
      pipeline('thrown', {}, async () =>
        step('ask', {}, () => {
          throw new Waiting('approval')
        }),
      ),
    ).rejects.toThrow(Waiting)
    pipeline('said', {}, (run) => run.wait())
    pipeline('given up', {}, (run) => run.cancel())
    for (const name of ['pipeline thrown', 'step ask', 'pipeline said']) {
      const span = await spans.one(name)
      expect([span.attributes['seamtrace.outcome'], statusOf(span), span.events.length]).toEqual(['waiting', 'UNSET', 0])
    }
    expect((await spans.one('pipeline given up')).attributes['seamtrace.outcome']).toBe('cancelled')
  })

  it('has failed when it broke after it said that it waits', async () => {
    expect(() =>
      pipeline('p', {}, (run) => {
        run.wait()
        throw new Error('late')
      }),
    ).toThrow('late')
    expect((await spans.one('pipeline p')).attributes['seamtrace.outcome']).toBe('failure')
  })

  it('waits when a LangGraph result holds open interrupts', async () => {
    pipeline('p', {}, () => ({ answer: 1, __interrupt__: [{ id: 'i', value: 'ok?' }] }))
    expect((await spans.one('pipeline p')).attributes['seamtrace.outcome']).toBe('waiting')
  })

  it('is cancelled by the caller abort, and failed by a timeout signal or an abort of unknown origin', async () => {
    const aborter = new AbortController()
    aborter.abort()
    expect(() => pipeline('mine', { signal: aborter.signal }, () => aborter.signal.throwIfAborted())).toThrow()
    const late = AbortSignal.timeout(1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(() => pipeline('late', { signal: late }, () => late.throwIfAborted())).toThrow()
    expect(() => pipeline('unknown', {}, () => aborter.signal.throwIfAborted())).toThrow()
    const outcomes = await Promise.all(
      ['mine', 'late', 'unknown'].map(async (name) => {
        const span = await spans.one(`pipeline ${name}`)
        return [span.attributes['seamtrace.outcome'], statusOf(span), span.attributes['error.type']]
      }),
    )
    expect(outcomes).toEqual([
      ['cancelled', 'UNSET', undefined],
      ['failure', 'ERROR', 'TimeoutError'],
      ['failure', 'ERROR', 'AbortError'],
    ])
  })

  it('keeps types', () => {
    expectTypeOf(pipeline('p', {}, () => 1 as const)).toEqualTypeOf<1>()
    expectTypeOf(pipeline('p', {}, async () => ({ a: 'x' }))).toEqualTypeOf<Promise<{ a: string }>>()
  })
})
