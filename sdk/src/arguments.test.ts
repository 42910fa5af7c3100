import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { type Recorder, recordSpans } from '../test/spans.ts'
import { instrumentGraph } from './adapters/langgraph.ts'
import { instrumentOpenAI } from './adapters/openai.ts'
import { agent, type ToolOptions, tool } from './call.ts'
import { check } from './check.ts'
import { handoff } from './handoff.ts'
import { human } from './human.ts'
import { pipeline } from './pipeline.ts'
import { seamtraceProcessor } from './processor.ts'
import { retrieval } from './retrieval.ts'
import { retry } from './retry.ts'
import { telemetryErrors } from './safe.ts'
import { start } from './start.ts'
import { memory, state } from './state.ts'
import { step } from './step.ts'

type Loose = (...args: unknown[]) => unknown
const loose = (fn: unknown): Loose => fn as Loose

/** Every call that takes a name, options and a function, as a JavaScript program sees it. */
const CALLS: Record<string, Loose> = {
  pipeline: loose(pipeline),
  step: loose(step),
  tool: loose(tool),
  retrieval: loose(retrieval),
  agent: loose(agent),
  check: loose(check),
  human: loose(human),
  retry: loose(retry),
  state: (name, ...rest) => loose(state)(name, 'get', ...rest),
  memory: (name, ...rest) => loose(memory)(name, 'put', ...rest),
}

const unnameable = {
  toString(): string {
    throw new Error('toString')
  },
}
const throwing = (key: string): object =>
  Object.defineProperty({}, key, {
    get: () => {
      throw new Error('getter')
    },
  })

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

describe.each(Object.entries(CALLS))('%s', (_kind, call) => {
  it('runs the function without options, and with wrong ones', async () => {
    const before = telemetryErrors()
    const answer = (): string => 'approved'
    const wrong = [undefined, null, 7, 'text', true, Symbol('options'), [], () => {}]
    for (const options of wrong) expect(await call('n', options, answer)).toBe('approved')
    expect(await call('n', answer)).toBe('approved')
    expect(await call('n', answer, {})).toBe('approved')
    const recorded = (await spans.all()).filter((span) => span.attributes['seamtrace.span.kind'] !== 'attempt')
    expect(recorded).toHaveLength(wrong.length + 2)
    expect(telemetryErrors()).toBe(before)
  })

  it('runs it under any name', async () => {
    for (const name of [Symbol('s'), unnameable, Object.create(null), undefined, null, 7, 'x'.repeat(10_000)])
      expect(await call(name, {}, () => 'approved')).toBe('approved')
    for (const span of await spans.all()) expect(span.name.length).toBeLessThan(300)
  })

  it('runs it with options of wrong values, or that cannot be read', async () => {
    const keys = ['input', 'needs', 'handoff', 'retry', 'runId', 'signal', 'links', 'version', 'key', 'value', 'of', 'type', 'callId']
    for (const key of keys) {
      expect(await call('n', throwing(key), () => 'approved')).toBe('approved')
      for (const value of [null, 7, 'text', Symbol('value'), {}, [Symbol('item'), 1n]])
        expect(await call('n', { [key]: value }, () => 'approved')).toBe('approved')
    }
  })
})

describe('a step', () => {
  it('keeps its name and says its input when another option is wrong', async () => {
    loose(step)('s', { input: { a: 1 }, needs: 7, handoff: null, retry: null }, () => 1)
    expect((await spans.one('step s')).attributes).toMatchObject({ 'seamtrace.step.name': 's', 'seamtrace.state.keys': ['a'] })
  })
})

describe('a run', () => {
  it('is recorded with links that are none, and an id that is no text', async () => {
    loose(pipeline)('p', { links: 7, runId: 7 }, () => step('s', () => 1))
    for (const name of ['pipeline p', 'step s']) expect((await spans.one(name)).attributes['seamtrace.run.id']).toBe('7')
  })
})

describe('a retry policy', () => {
  it('of wrong values does not replace the error of the program', async () => {
    const mine = new Error('mine')
    const wrong = [
      { attempts: Symbol('x') },
      { attempts: 2, backoffMs: 1n },
      { attempts: 2, backoffMs: Number.NaN, factor: 'x' },
      { attempts: 2, backoffMs: 0, retryOn: 7 },
      { attempts: 2, backoffMs: 0, timeoutMs: 'soon' },
    ]
    for (const policy of wrong)
      await expect(
        loose(retry)('r', { backoffMs: 0, ...policy }, () => {
          throw mine
        }),
      ).rejects.toBe(mine)
  })

  it('with an endless timeout has none', async () => {
    for (const timeoutMs of [Number.POSITIVE_INFINITY, 2 ** 31])
      expect(await retry('r', { attempts: 1, timeoutMs }, () => new Promise((resolve) => setTimeout(resolve, 20, 'done')))).toBe('done')
  })
})

describe('what is called once', () => {
  it('takes wrong options too', async () => {
    for (const options of [null, undefined, 7]) {
      expect(loose(handoff)('to', {}, options)).toMatchObject({ to: 'to', from: 'start' })
      expect(loose(start)(options)).toHaveProperty('flush')
      expect(loose(seamtraceProcessor)(options)).toHaveProperty('onEnd')
      expect(loose(instrumentOpenAI)(options)).toBe(options)
    }
    expect(loose(handoff)(Symbol('to'), {}, { from: unnameable, mustKeep: 7 })).toHaveProperty('id')
    expect(loose(instrumentGraph)({ nodes: {}, _streamIterator: () => {} }, undefined)).toHaveProperty('nodes')
    expect(loose(instrumentGraph)(null, undefined)).toBe(null)
  })
})

it('keeps types without options', () => {
  const options: ToolOptions<number> | undefined = undefined
  expectTypeOf(pipeline('p', (run) => run.runId)).toEqualTypeOf<string>()
  expectTypeOf(step('s', () => 1)).toEqualTypeOf<number>()
  expectTypeOf(step('s', async () => 'x')).toEqualTypeOf<Promise<string>>()
  expectTypeOf(tool('t', () => 'x')).toEqualTypeOf<string>()
  expectTypeOf(tool('t', options, () => 'x')).toEqualTypeOf<string>()
  expectTypeOf(retry('r', ({ number }) => number)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(check('c', () => true as boolean)).toEqualTypeOf<boolean>()
  expectTypeOf(state('s', 'get', () => 1)).toEqualTypeOf<number>()
})
