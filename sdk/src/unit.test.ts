import { context, trace } from '@opentelemetry/api'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Recorder, recordSpans } from '../test/spans.ts'
import { tool } from './call.ts'
import { check } from './check.ts'
import { handoff } from './handoff.ts'
import { pipeline } from './pipeline.ts'
import { telemetryErrors } from './safe.ts'
import { state } from './state.ts'
import { step } from './step.ts'

let spans: Recorder | undefined
afterEach(async () => {
  await spans?.stop()
  spans = undefined
})

const hostile = {
  get key(): string {
    throw new Error('getter')
  },
}

describe('recording', () => {
  it('never throws into the program, and counts what went wrong', async () => {
    spans = recordSpans()
    const before = telemetryErrors()
    expect(
      pipeline('p', { input: hostile }, () =>
        step('s', { input: hostile, needs: ['key'] }, () => tool('t', { input: hostile }, () => hostile)),
      ),
    ).toBe(hostile)
    expect(telemetryErrors()).toBeGreaterThan(before)
    expect((await spans.one('execute_tool t')).attributes['gen_ai.tool.name']).toBe('t')
    expect((await spans.one('step s')).attributes).toMatchObject({ 'seamtrace.step.name': 's', 'seamtrace.state.needs': ['key'] })
    expect((await spans.one('pipeline p')).attributes['seamtrace.pipeline.name']).toBe('p')
  })

  it('keeps the span when one of its options cannot be read', async () => {
    spans = recordSpans()
    const options = {
      get version(): string {
        throw new Error('getter')
      },
    }
    expect(pipeline('p', options, () => 7)).toBe(7)
    expect((await spans.one('pipeline p')).attributes['seamtrace.span.kind']).toBe('pipeline')
  })

  it('never throws into the program when the tracer itself is broken', () => {
    const broken = {
      getTracer: () => {
        throw new Error('broken provider')
      },
    }
    trace.setGlobalTracerProvider(broken)
    try {
      expect(pipeline('p', {}, () => step('s', {}, () => 7))).toBe(7)
      expect(() =>
        step('s', {}, () => {
          throw new RangeError('mine')
        }),
      ).toThrow(RangeError)
    } finally {
      trace.disable()
    }
  })

  it('costs nothing but the call when nothing was started', async () => {
    expect(await pipeline('p', {}, async () => step('s', { input: { a: 1 } }, ({ a }) => a))).toBe(1)
  })

  it('reads no payload when nothing was started, or the run is not sampled', async () => {
    let reads = 0
    const payload = {
      get key(): string {
        reads += 1
        return 'value'
      },
    }
    const program = (): unknown =>
      pipeline('p', { input: payload }, () =>
        step('s', { input: payload, needs: ['key'] }, () => {
          handoff('t', payload, { mustKeep: ['key'] })
          check('c', { input: payload }, () => true)
          state('store', 'put', { value: payload }, () => payload)
          return tool('t', { input: payload }, () => payload)
        }),
      )
    program()
    expect(reads).toBe(0)
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_off')
    spans = recordSpans({ content: 'full' })
    vi.unstubAllEnvs()
    program()
    expect(reads).toBe(0)
    await spans.stop()
    spans = recordSpans()
    program()
    expect(reads).toBeGreaterThan(0)
  })

  it('remembers the last step of a run that is not sampled, for its handoffs', () => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_off')
    spans = recordSpans()
    vi.unstubAllEnvs()
    pipeline('p', {}, () => {
      step('a', {}, () => 1)
      expect(handoff('b', {}).from).toBe('a')
    })
  })

  it('returns a subclass of Promise as it is', async () => {
    spans = recordSpans()
    class Request extends Promise<number> {
      readonly id = 'r1'
    }
    const sent = new Request((resolve) => resolve(3))
    const returned = step('s', {}, () => sent)
    expect(returned).toBe(sent)
    expect([returned.id, await returned]).toEqual(['r1', 3])
  })

  it('asks a lazy thenable only once', async () => {
    spans = recordSpans()
    let asked = 0
    const query: PromiseLike<number> = {
      // biome-ignore lint/suspicious/noThenProperty: a lazy query builder is what this test is about
      then: (resolve) => {
        asked += 1
        return Promise.resolve(5).then(resolve)
      },
    }
    expect([await step('s', {}, () => query), asked]).toEqual([5, 1])
  })

  it('runs the function once and inside the span, and restores what was active before', () => {
    spans = recordSpans()
    let runs = 0
    step('s', {}, () => {
      runs += 1
      expect(trace.getSpan(context.active())).toBeDefined()
    })
    expect([runs, trace.getSpan(context.active())]).toEqual([1, undefined])
  })

  it('bounds messages to 2 kB and keeps one stack per error', async () => {
    spans = recordSpans()
    expect(() =>
      step('a', {}, () =>
        step('b', {}, () => {
          throw new Error('é'.repeat(5_000))
        }),
      ),
    ).toThrow()
    const [inner, outer] = [await spans.one('step b'), await spans.one('step a')]
    expect(Buffer.byteLength(inner.status.message ?? '')).toBeLessThanOrEqual(2_048)
    expect(inner.events[0]?.attributes?.['exception.stacktrace']).toBeDefined()
    expect(outer.events[0]?.attributes?.['exception.message']).toBe(inner.status.message)
    expect(outer.events[0]?.attributes?.['exception.stacktrace']).toBeUndefined()
  })

  it('records content only when it was switched on', async () => {
    spans = recordSpans({ content: 'full' })
    step('s', { input: { q: 'question' } }, () => 'answer')
    expect((await spans.one('step s')).attributes).toMatchObject({ 'seamtrace.input': '{"q":"question"}', 'seamtrace.output': 'answer' })
  })
})
