import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { isChildOf, type Recorder, recordSpans, statusOf } from '../test/spans.ts'
import { tool } from './call.ts'
import { open } from './open.ts'
import { pipeline } from './pipeline.ts'
import { score } from './score.ts'
import { step } from './step.ts'
import { wrap } from './wrap.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(async () => {
  await spans.stop()
  vi.restoreAllMocks()
})

describe('open', () => {
  it('records what the callback form would', async () => {
    const run = open.pipeline('p', { runId: 'r' })
    const handle = run.run(() => open.step('s', { input: { a: 1 } }))
    handle.run(() => tool('t', () => 1))
    handle.end({ b: 2 })
    run.end()
    const inner = await spans.one('step s')
    expect(inner.attributes).toMatchObject({ 'seamtrace.state.keys': ['a'], 'seamtrace.state.output.keys': ['b'], 'seamtrace.run.id': 'r' })
    expect(isChildOf(inner, await spans.one('pipeline p'))).toBe(true)
    expect(isChildOf(await spans.one('execute_tool t'), inner)).toBe(true)
  })

  it('fails, ends with its block, and takes a second end for a mistake that is told', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    {
      using handle = open.tool('t')
      handle.fail(new RangeError('no'))
      handle.end()
      expect(warning).not.toHaveBeenCalled()
      handle.end()
    }
    expect(warning).toHaveBeenCalledTimes(1)
    expect(statusOf(await spans.one('execute_tool t'))).toBe('ERROR')
  })
})

describe('streams', () => {
  it('a generator that is given up ends its step, and stays the same object', async () => {
    const made = (function* () {
      yield 1
      yield 2
    })()
    const given = step('s', () => made)
    expect(given).toBe(made)
    expect(await spans.named('step s')).toHaveLength(0)
    for (const item of given) {
      expect(item).toBe(1)
      break
    }
    expect(statusOf(await spans.one('step s'))).toBe('UNSET')
  })

  it('one that breaks while it is read has failed, and its calls are its own', async () => {
    const stream = step('s', async function* () {
      yield tool('t', () => 1)
      throw new Error('broke')
    })
    const read = async (): Promise<void> => {
      for await (const _ of stream);
    }
    await expect(read()).rejects.toThrow('broke')
    const span = await spans.one('step s')
    expect(statusOf(span)).toBe('ERROR')
    expect(isChildOf(await spans.one('execute_tool t'), span)).toBe(true)
  })

  it('a ReadableStream ends its step when it is read', async () => {
    const make = (): ReadableStream<Uint8Array> => new Blob(['hello']).stream()
    const stream = await step('s', async () => make())
    expect(await spans.named('step s')).toHaveLength(0)
    expect(await new Response(stream).text()).toBe('hello')
    await spans.one('step s')
  })
})

it('a score below its threshold says no, of the run that has the id', async () => {
  const runId = pipeline('p', (run) => run.runId)
  score('helpful', 0.4, { threshold: 0.7, run: runId })
  const span = await spans.one('check helpful')
  expect(span.attributes).toMatchObject({
    'seamtrace.check.result': 'fail',
    'seamtrace.check.target': 'result',
    'gen_ai.evaluation.score.value': 0.4,
  })
  expect(isChildOf(span, await spans.one('pipeline p'))).toBe(true)
})

it('a wrapped function keeps its type, its this and its properties', async () => {
  function greet(this: { name: string } | undefined, greeting: string, times?: number): string {
    return `${greeting} ${this?.name} ${times ?? 1}`
  }
  const wrapped = wrap.step('greet', greet)
  expectTypeOf(wrapped).toEqualTypeOf<typeof greet>()
  expect(wrapped.call({ name: 'Ada' }, 'hello', 2)).toBe('hello Ada 2')
  expect(wrapped.length).toBe(greet.length)
  const same = wrap.tool('same', <T>(value: T): T => value)
  expectTypeOf(same<'a'>('a')).toEqualTypeOf<'a'>()
  expect((await spans.one('step greet')).attributes['seamtrace.step.name']).toBe('greet')
})
