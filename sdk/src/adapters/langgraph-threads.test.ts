import { Command, interrupt, MemorySaver, START, StateGraph } from '@langchain/langgraph'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { facts, State } from '../../test/graph.ts'
import { type Recorder, recordSpans } from '../../test/spans.ts'
import { tool } from '../call.ts'
import { instrumentGraph } from './langgraph.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

describe('an interrupt', () => {
  const approval = (saver: MemorySaver) =>
    new StateGraph(State)
      .addNode('prepare', () => ({ notes: ['p'] }))
      .addNode('approve', () => ({ answer: String(interrupt({ ask: 'refund?' })) }))
      .addNode('pay', () => ({ notes: ['paid'] }))
      .addEdge(START, 'prepare')
      .addEdge('prepare', 'approve')
      .addEdge('approve', 'pay')
      .compile({ checkpointer: saver })
  const thread = (id: string) => ({ configurable: { thread_id: id } })

  it('waits without an error; resuming keeps the run id in a new trace, even in another process', async () => {
    const saver = new MemorySaver()
    const paused = await instrumentGraph(approval(saver), { pipeline: 'refund' }).invoke({ question: 'q' }, thread('t1'))
    expect(paused).toHaveProperty('__interrupt__')
    const first = await spans.one('pipeline refund')
    expect(facts(first)).toEqual(['pipeline refund', 'UNSET', 'waiting'])
    expect(facts(await spans.one('step approve'))).toEqual(['step approve', 'UNSET', 'waiting'])
    expect((await spans.all()).every((span) => span.events.length === 0)).toBe(true)
    expect(first.attributes['session.id']).toBe('t1')

    // a second instance knows nothing but the checkpoints
    const done = await instrumentGraph(approval(saver), { pipeline: 'refund' }).invoke(new Command({ resume: 'yes' }), thread('t1'))
    expect(done).toMatchObject({ answer: 'yes' })
    const [, second] = await spans.named('pipeline refund')
    expect(second?.attributes['seamtrace.run.id']).toBe(first.attributes['seamtrace.run.id'])
    expect(first.attributes['seamtrace.run.id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(second?.spanContext().traceId).not.toBe(first.spanContext().traceId)
    expect(second?.links).toMatchObject([
      { context: { spanId: first.spanContext().spanId }, attributes: { 'seamtrace.link.type': 'resume' } },
    ])
    expect(second?.attributes['seamtrace.outcome']).toBeUndefined()
  })

  it('is followed by a run of its own when the thread gets new input', async () => {
    const saver = new MemorySaver()
    const app = instrumentGraph(approval(saver), { pipeline: 'refund' })
    await app.invoke({ question: 'q' }, thread('t1'))
    await app.invoke({ question: 'another' }, thread('t1'))
    await app.invoke({ question: 'q' }, thread('t2'))
    const ids = (await spans.named('pipeline refund')).map((span) => span.attributes['seamtrace.run.id'])
    expect(new Set(ids).size).toBe(3)
  })

  it('keeps a run id that the program gave', async () => {
    const app = instrumentGraph(approval(new MemorySaver()), { pipeline: 'refund', runId: 'order-7' })
    await app.invoke({ question: 'q' }, thread('t1'))
    await app.invoke(new Command({ resume: 'yes' }), thread('t1'))
    expect((await spans.named('pipeline refund')).map((span) => span.attributes['seamtrace.run.id'])).toEqual(['order-7', 'order-7'])
  })

  it('inside a tool is no failed tool', async () => {
    const graph = new StateGraph(State)
      .addNode('a', () => tool('ask', {}, () => ({ answer: String(interrupt('?')) })))
      .addEdge(START, 'a')
      .compile({ checkpointer: new MemorySaver() })
    await instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' }, thread('t1'))
    expect(facts(await spans.one('execute_tool ask'))).toEqual(['execute_tool ask', 'UNSET', 'waiting'])
  })

  it('between nodes waits too', async () => {
    const graph = new StateGraph(State)
      .addNode('a', () => ({ notes: ['a'] }))
      .addNode('b', () => ({ notes: ['b'] }))
      .addEdge(START, 'a')
      .addEdge('a', 'b')
      .compile({ checkpointer: new MemorySaver(), interruptBefore: ['b'] })
    const app = instrumentGraph(graph, { pipeline: 'p' })
    await app.invoke({ question: 'q' }, thread('t1'))
    await app.invoke(null, thread('t1'))
    const runs = await spans.named('pipeline p')
    expect(runs.map((span) => span.attributes['seamtrace.outcome'])).toEqual(['waiting', undefined])
    expect(new Set(runs.map((span) => span.attributes['seamtrace.run.id'])).size).toBe(1)
  })

  it('continuing a failed thread is a new run that says what it repeats', async () => {
    let broken = true
    const graph = new StateGraph(State)
      .addNode('a', () => {
        if (broken) throw new Error('down')
        return { answer: 'x' }
      })
      .addEdge(START, 'a')
      .compile({ checkpointer: new MemorySaver() })
    const app = instrumentGraph(graph, { pipeline: 'p' })
    await expect(app.invoke({ question: 'q' }, thread('t1'))).rejects.toThrow('down')
    broken = false
    await app.invoke(null, thread('t1'))
    const [failed, again] = await spans.named('pipeline p')
    expect(again?.attributes['seamtrace.run.retry_of']).toBe(failed?.attributes['seamtrace.run.id'])
    expect(again?.attributes['seamtrace.run.id']).not.toBe(failed?.attributes['seamtrace.run.id'])
  })

  it('is still the same run after a person has corrected its state', async () => {
    const saver = new MemorySaver()
    const app = instrumentGraph(approval(saver), { pipeline: 'refund' })
    await app.invoke({ question: 'q' }, thread('t1'))
    await app.updateState(thread('t1'), { question: 'better' }, 'prepare')
    await app.updateState(thread('t1'), { question: 'best' }, 'prepare')
    await app.invoke(null, thread('t1'))
    await app.invoke(new Command({ resume: 'yes' }), thread('t1'))
    const runs = await spans.named('pipeline refund')
    expect(runs.map((span) => span.attributes['seamtrace.outcome'])).toEqual(['waiting', 'waiting', undefined])
    expect(new Set(runs.map((span) => span.attributes['seamtrace.run.id'])).size).toBe(1)
  })

  const history = async (app: ReturnType<typeof approval>, node: string) => {
    for await (const state of app.getStateHistory(thread('t1'))) if (state.next.includes(node)) return state.config
    throw new Error(`cannot find a checkpoint before ${node}`)
  }

  it.each([
    ['as it was', async (_app: ReturnType<typeof approval>, at: object) => at],
    ['with another state', (app: ReturnType<typeof approval>, at: object) => app.updateState(at, { question: 'other' }, 'prepare')],
  ])('that is taken up again from an old checkpoint, %s, is a new run that says what it replays', async (_how, prepare) => {
    const app = instrumentGraph(approval(new MemorySaver()), { pipeline: 'refund' })
    await app.invoke({ question: 'q' }, thread('t1'))
    await app.invoke(new Command({ resume: 'yes' }), thread('t1'))
    await app.invoke(null, await prepare(app, await history(app, 'approve')))
    const [first, , fork] = await spans.named('pipeline refund')
    expect(fork?.attributes['seamtrace.run.retry_of']).toBe(first?.attributes['seamtrace.run.id'])
    expect(fork?.attributes['seamtrace.run.id']).not.toBe(first?.attributes['seamtrace.run.id'])
    expect(fork?.links).toMatchObject([{ attributes: { 'seamtrace.link.type': 'replay' } }])
    // what follows the fork belongs to it
    await app.invoke(new Command({ resume: 'yes' }), thread('t1'))
    expect((await spans.named('pipeline refund')).at(-1)?.attributes['seamtrace.run.id']).toBe(fork?.attributes['seamtrace.run.id'])
  })
})
