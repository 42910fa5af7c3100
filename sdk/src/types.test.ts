// The types of a program stay what they were: `tsc` holds them, and each function runs as it is typed.
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Attempt, type Carrier, type Handoff, handoff, open, pipeline, type RetryPolicy, receive, retry, step, wrap } from './index.ts'

interface Order {
  id: number
}

function overloaded(given: string): 'text'
function overloaded(given: number): 'number'
function overloaded(given: string | number): string {
  return typeof given
}
const generic = <T extends object, K extends keyof T>(from: T, key: K): T[K] => from[key]
function bound(this: { name: string }, greeting: string, ...rest: number[]): string {
  return `${greeting} ${this.name} ${rest.length}`
}
async function* tokens(prompt: string): AsyncGenerator<string, number, boolean> {
  return (yield prompt) ? 1 : 0
}
function* counted(to: number): Generator<number, string, undefined> {
  for (let n = 0; n < to; n += 1) yield n
  return 'done'
}

describe('wrap', () => {
  it('keeps overloads, generics, this, generators and optional arguments', async () => {
    for (const kind of ['step', 'tool', 'retrieval', 'agent'] as const) {
      const of = wrap[kind]
      expectTypeOf(of('o', overloaded)).toEqualTypeOf<typeof overloaded>()
      const word: 'text' = of('o', overloaded)('a')
      expect(word).toBe('string')
      const same: typeof generic = of('g', generic)
      expect(same({ id: 7 }, 'id')).toBe(7)
      expectTypeOf(of('g', generic)({ id: 7 }, 'id')).toEqualTypeOf<number>()
      expectTypeOf(of('b', bound)).toEqualTypeOf<typeof bound>()
      expectTypeOf(of('b', bound)).thisParameter.toEqualTypeOf<{ name: string }>()
      expect(of('b', bound).call({ name: 'Ada' }, 'hello', 1, 2)).toBe('hello Ada 2')
      const stream = of('t', tokens)('x')
      expectTypeOf(stream).toEqualTypeOf<AsyncGenerator<string, number, boolean>>()
      expect(await stream.next()).toEqual({ done: false, value: 'x' })
      expect(await stream.next(true)).toEqual({ done: true, value: 1 })
      expect([...of('c', counted)(2)]).toEqual([0, 1])
      const optional = of('p', (order: Order, note?: string) => [order, note] as const)
      expectTypeOf(optional).parameters.toEqualTypeOf<[order: Order, note?: string]>()
    }
  })

  it('keeps a method a method of its class', () => {
    class Desk {
      name = 'front'
      greet = wrap.step('greet', function (this: Desk, who: string) {
        return `${who} at ${this.name}`
      })
    }
    expectTypeOf(new Desk().greet).returns.toEqualTypeOf<string>()
    expect(new Desk().greet('Ada')).toBe('Ada at front')
    // @ts-expect-error a number is not what the function takes
    expect(new Desk().greet(7)).toBe('7 at front')
  })
})

describe('step', () => {
  it('gives what its function gives', async () => {
    expectTypeOf(step('s', () => 1 as const)).toEqualTypeOf<1>()
    expectTypeOf(step('s', { input: { id: 7 } }, ({ id }) => id)).toEqualTypeOf<number>()
    expectTypeOf(step('s', async () => 'a')).toEqualTypeOf<Promise<string>>()
    expectTypeOf(step('s', { input: 'x' }, tokens)).toEqualTypeOf<AsyncGenerator<string, number, boolean>>()
    expectTypeOf(step('s', () => counted(1))).toEqualTypeOf<Generator<number, string, undefined>>()
    expectTypeOf(step('s', { retry: {}, input: 1 }, (n, { signal }) => [n, signal] as const)).toEqualTypeOf<
      Promise<readonly [number, AbortSignal]>
    >()
    const through = <T>(value: T): T => step('s', { input: value }, (same) => same)
    expectTypeOf(through<'a'>('a')).toEqualTypeOf<'a'>()
    // @ts-expect-error the input is a number
    expect(step('s', { input: 1 }, (given: string) => given)).toBe(1)
    // @ts-expect-error there is no such layer
    expect(step('s', { layer: 'basement' }, () => 1)).toBe(1)
    expectTypeOf(pipeline('p', ({ runId }) => runId)).toEqualTypeOf<string>()
  })
})

describe('retry', () => {
  it('gives a promise of what its function gives', async () => {
    expectTypeOf(retry('r', () => 1 as const)).toEqualTypeOf<Promise<1>>()
    expectTypeOf(retry('r', {}, async (attempt: Attempt) => attempt.number)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(retry('r', () => tokens('a'))).toEqualTypeOf<Promise<AsyncGenerator<string, number, boolean>>>()
    expectTypeOf<NonNullable<RetryPolicy['retryOn']>>().parameter(0).toEqualTypeOf<unknown>()
    const through = <T>(value: T): Promise<Awaited<T>> => retry('r', () => value)
    expectTypeOf(through<'a'>('a')).toEqualTypeOf<Promise<'a'>>()
    expect(await through('a')).toBe('a')
  })
})

describe('handoff and receive', () => {
  it('carry the type of the payload across', async () => {
    const ticket = handoff('b', { id: 7 } as Order, { mustKeep: ['id'] })
    expectTypeOf(ticket).toEqualTypeOf<Handoff<Order>>()
    expectTypeOf(receive(ticket, ({ id }) => id)).toEqualTypeOf<number>()
    expectTypeOf(receive(ticket, async (order) => order)).toEqualTypeOf<Promise<Order>>()
    expectTypeOf(receive(ticket, { retry: {} }, (order, { number }) => [order, number] as const)).toEqualTypeOf<
      Promise<readonly [Order, number]>
    >()
    expectTypeOf(step('b', { handoff: ticket }, (order) => order)).toEqualTypeOf<Order>()
    const headers: Carrier = {}
    expectTypeOf(receive(headers, { input: { id: 7 } }, ({ id }) => id)).toEqualTypeOf<number>()
    expectTypeOf(receive(headers, { input: 'x' }, tokens)).toEqualTypeOf<AsyncGenerator<string, number, boolean>>()
    expectTypeOf(receive(headers, (nothing) => nothing)).toEqualTypeOf<undefined>()
    expect(receive(ticket, ({ id }) => id)).toBe(7)
  })

  it('as a unit by hand', () => {
    using handle = open.step('s', { input: { id: 7 } })
    expectTypeOf(handle.run(() => 1 as const)).toEqualTypeOf<1>()
    expectTypeOf(handle.run(async () => 'a')).toEqualTypeOf<Promise<string>>()
  })
})
