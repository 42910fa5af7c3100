import { Command, interrupt, MemorySaver, START, StateGraph } from '@langchain/langgraph'
import { trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { facts, State } from '../../test/graph.ts'
import { isChildOf, type Recorder, recordSpans } from '../../test/spans.ts'
import { pipeline } from '../pipeline.ts'
import { instrumentCheckpointer, instrumentGraph } from './langgraph.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

const asking = (checkpointer: MemorySaver) =>
  instrumentGraph(
    new StateGraph(State)
      .addNode('ask', () => ({ answer: String(interrupt('refund?')) }))
      .addEdge(START, 'ask')
      .compile({ checkpointer }),
    { pipeline: 'p' },
  )
const thread = (id: string, more: Record<string, string> = {}) => ({ configurable: { thread_id: id, ...more } })

const found = (span: ReadableSpan | undefined): unknown => span?.attributes['seamtrace.state.found']

class BrokenSaver extends MemorySaver {
  readonly failure = new TypeError('disk full')
  override async put(): Promise<never> {
    throw this.failure
  }
}

describe('a recorded checkpointer', () => {
  it('keeps type, class and behavior', async () => {
    const saver = new MemorySaver()
    const recorded = instrumentCheckpointer(saver)
    expectTypeOf(recorded).toEqualTypeOf<MemorySaver>()
    expect(recorded).toBeInstanceOf(MemorySaver)
    expect(instrumentCheckpointer(recorded)).toBe(recorded)
    await asking(recorded).invoke({ question: 'q' }, thread('t'))
    expect(await asking(recorded).invoke(new Command({ resume: 'yes' }), thread('t'))).toMatchObject({ answer: 'yes' })
    expect(await recorded.getTuple(thread('t'))).toEqual(await saver.getTuple(thread('t')))
  })

  it('tells what is stored and found, without values', async () => {
    const saver = instrumentCheckpointer(new MemorySaver(), { store: 'orders' })
    await asking(saver).invoke({ question: 'secret' }, thread('t'))
    const root = await spans.one('pipeline p')
    const stored = (await spans.named('state checkpoint orders')).at(-1)
    expect(stored && isChildOf(stored, root)).toBe(true)
    expect(stored?.attributes).toMatchObject({
      'seamtrace.state.key': 't',
      'seamtrace.state.keys': ['question', 'notes'],
      'seamtrace.state.size': 32,
      'seamtrace.state.digest': expect.stringMatching(/^[0-9a-f]{16}$/),
      'seamtrace.state.version': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    await asking(saver).invoke(new Command({ resume: 'yes' }), thread('t'))
    const restores = await spans.named('state restore orders')
    expect(restores.map(found)).toEqual([undefined, true])
    expect(restores[1]?.attributes).toMatchObject({ 'seamtrace.state.keys': ['question', 'notes'], 'seamtrace.state.size': 32 })
    expect((await spans.named('state put orders')).length).toBeGreaterThan(0)
    expect(JSON.stringify((await spans.all()).map((span) => span.attributes))).not.toContain('secret')
  })

  it('tells a lost state from a new thread', async () => {
    const app = asking(instrumentCheckpointer(new MemorySaver()))
    await app.invoke({ question: 'q' }, thread('new'))
    await app.invoke(new Command({ resume: 'yes' }), thread('forgotten')).catch(() => {})
    await app.invoke({ question: 'q' }, thread('new', { checkpoint_id: '1ef00000-0000-6000-8000-000000000000' })).catch(() => {})
    const [first, resumed, byId] = await spans.named('state restore MemorySaver')
    expect([found(first), found(resumed), found(byId)]).toEqual([undefined, false, false])
  })

  it('does not take the first look of a graph inside for a loss', async () => {
    const inner = new StateGraph(State)
      .addNode('deep', () => ({ notes: ['deep'] }))
      .addEdge(START, 'deep')
      .compile()
    const graph = new StateGraph(State)
      .addNode('ask', () => ({ answer: String(interrupt('?')) }))
      .addNode('inner', inner)
      .addEdge(START, 'ask')
      .addEdge('ask', 'inner')
      .compile({ checkpointer: instrumentCheckpointer(new MemorySaver()) })
    const app = instrumentGraph(graph, { pipeline: 'p' })
    await app.invoke({ question: 'q' }, thread('t'))
    await app.invoke(new Command({ resume: 'yes' }), thread('t'))
    const restores = await spans.named('state restore MemorySaver')
    expect(restores.some((span) => String(span.attributes['seamtrace.state.key']).startsWith('t/inner:'))).toBe(true)
    expect(restores.map(found)).not.toContain(false)
  })

  it('passes errors of the store on, and records them', async () => {
    const saver = new BrokenSaver()
    await expect(asking(instrumentCheckpointer(saver)).invoke({ question: 'q' }, thread('t'))).rejects.toBe(saver.failure)
    const [broken] = await spans.named('state checkpoint BrokenSaver')
    expect([broken && facts(broken)[1], broken?.attributes['error.type']]).toEqual(['ERROR', 'TypeError'])
  })

  it('records reads that the program makes in a run, and nothing outside', async () => {
    const saver = instrumentCheckpointer(new MemorySaver())
    await asking(saver).invoke({ question: 'q' }, thread('t'))
    const before = (await spans.all()).length
    for await (const tuple of saver.list(thread('t'))) expect(tuple.checkpoint.id).toBeDefined()
    await saver.getTuple(thread('t'))
    expect((await spans.all()).length).toBe(before)
    await pipeline('tidy', async () => {
      const inside = trace.getActiveSpan()
      for await (const _tuple of saver.list(thread('t'))) expect(trace.getActiveSpan()).toBe(inside)
      await saver.deleteThread('t')
    })
    const tidy = await spans.one('pipeline tidy')
    const mine = (await spans.all()).filter((span) => isChildOf(span, tidy)).map((span) => span.name)
    expect(mine).toEqual(['state get MemorySaver', 'state put MemorySaver'])
  })
})
