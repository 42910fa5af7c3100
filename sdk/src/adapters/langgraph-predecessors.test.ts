import { Command, END, interrupt, MemorySaver, Send, START, StateGraph } from '@langchain/langgraph'
import { context } from '@opentelemetry/api'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { pause, State } from '../../test/graph.ts'
import { type Recorder, recordSpans } from '../../test/spans.ts'
import { instrumentGraph } from './langgraph.ts'
import type { GraphRun } from './langgraph-nodes.ts'
import { listen, predecessorsOf } from './langgraph-predecessors.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

const nothing = (): object => ({})
const note = (text: string) => (): object => ({ notes: [text] })
const slowly = async (): Promise<object> => {
  await pause(5)
  return {}
}

/** The recorded predecessors of every run of a step, in the order in which the runs ended. */
const before = async (name: string): Promise<unknown[]> =>
  (await spans.named(`step ${name}`)).map((span) => span.attributes['seamtrace.step.predecessors'])

it('of a join are all it waited for, not only the one that ended last', async () => {
  const graph = new StateGraph(State)
    .addNode('intake', nothing)
    .addNode('fraud', slowly)
    .addNode('credit', nothing)
    .addNode('legal', nothing)
    .addEdge(START, 'intake')
    .addEdge('intake', 'credit')
    .addEdge('intake', 'fraud')
    .addEdge(['credit', 'fraud'], 'legal')
    .addEdge('legal', END)
    .compile()
  await instrumentGraph(graph, { pipeline: 'loan' }).invoke({ question: 'q' })
  expect(await before('legal')).toEqual([['credit', 'fraud']])
  expect([await before('credit'), await before('fraud')]).toEqual([[['intake']], [['intake']]])
  expect(await before('intake')).toEqual([undefined])
})

it('of a join of branches that end in different supersteps are all of them', async () => {
  const graph = new StateGraph(State)
    .addNode('short', nothing)
    .addNode('long1', nothing)
    .addNode('long2', nothing)
    .addNode('end', nothing)
    .addEdge(START, 'short')
    .addEdge(START, 'long1')
    .addEdge('long1', 'long2')
    .addEdge(['short', 'long2'], 'end')
    .compile()
  await instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' })
  expect(await before('end')).toEqual([['long2', 'short']])
})

it('of two plain edges, a route and a Command are the nodes that really led there, each time', async () => {
  let rounds = 0
  const graph = new StateGraph(State)
    .addNode('a', nothing)
    .addNode('b', () => new Command({ goto: 'meet' }), { ends: ['meet'] })
    .addNode('c', nothing)
    .addNode('meet', nothing)
    .addNode('other', nothing)
    .addEdge(START, 'a')
    .addEdge(START, 'b')
    .addEdge(START, 'c')
    .addEdge('a', 'meet')
    .addConditionalEdges('c', () => 'other', ['meet', 'other'])
    .addConditionalEdges('meet', () => {
      rounds += 1
      return rounds < 3 ? 'meet' : END
    })
    .compile()
  await instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' })
  expect(await before('meet')).toEqual([['a', 'b'], ['meet'], ['meet']])
  expect(await before('other')).toEqual([['c']])
})

it('are not those that run in the same superstep, nor those of an earlier visit', () => {
  const run: GraphRun = {
    context: context.active(),
    needs: {},
    layers: {},
    tickets: new Map(),
    pending: new Map(),
    trail: new Map(),
    paused: false,
  }
  const facts = (name: string) => ({ name, maxAttempts: undefined, outermost: true, channels: {} })
  const task = (superstep: number, trigger: string) => ({
    configurable: { checkpoint_ns: 'any:1', __pregel_send: () => {} },
    metadata: { langgraph_step: superstep, langgraph_triggers: [trigger] },
  })
  const writes = (name: string, superstep: number, ...list: unknown[]): void => {
    const heard = listen(run, facts(name), task(superstep, 'branch:to:any'))
    const write: unknown = heard.config.configurable?.__pregel_send
    if (typeof write === 'function') write(list)
    heard.keep()
  }
  const leadingTo = (name: string, superstep: number, trigger = `branch:to:${name}`) =>
    predecessorsOf(run, facts(name), task(superstep, trigger))
  writes('a', 1, ['branch:to:c', null], ['notes', ['x']], ['__pregel_tasks', new Send('d', {})])
  writes('b', 2, ['branch:to:c', null], ['__pregel_tasks', new Send('d', {})])
  expect([leadingTo('c', 2), leadingTo('c', 3), leadingTo('c', 4)]).toEqual([['a'], ['b'], undefined])
  expect([2, 2, 3, 4].map((superstep) => leadingTo('d', superstep, '__pregel_push'))).toEqual([['a'], ['a'], ['b'], undefined])
  expect(run.trail?.has('notes')).toBe(false)
})

it('of what was sent is the sender, of a deferred node everyone that led to it', async () => {
  const graph = new StateGraph(State)
    .addNode('plan', nothing)
    .addNode('work', note('w'))
    .addNode('more', nothing)
    .addNode('gather', nothing, { defer: true })
    .addEdge(START, 'plan')
    .addConditionalEdges('plan', () => [new Send('work', { question: 'a' }), new Send('work', { question: 'b' })])
    .addEdge('plan', 'more')
    .addEdge('plan', 'gather')
    .addEdge('work', 'gather')
    .addEdge('more', END)
    .compile()
  await instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' })
  expect(await before('work')).toEqual([['plan'], ['plan']])
  expect(await before('gather')).toEqual([['plan', 'work']])
})

it('of an attempt that failed do not count, and a retried node keeps its own', async () => {
  let tries = 0
  const graph = new StateGraph(State)
    .addNode('first', nothing)
    .addNode(
      'flaky',
      () => {
        tries += 1
        if (tries < 2) throw new Error('down')
        return {}
      },
      { retryPolicy: { maxAttempts: 2, initialInterval: 1, jitter: false, logWarning: false } },
    )
    .addNode('last', nothing)
    .addEdge(START, 'first')
    .addEdge('first', 'flaky')
    .addEdge('flaky', 'last')
    .compile()
  await instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' })
  expect([await before('flaky'), await before('last')]).toEqual([[['first']], [['flaky']]])
})

it('stay open where something wrote unseen: before a pause, from a cache, by a command of a graph inside; a join is known still', async () => {
  const paused = new StateGraph(State)
    .addNode('done', nothing)
    .addNode('ask', () => ({ answer: String(interrupt('ok?')) }))
    .addNode('next', nothing)
    .addNode('both', nothing)
    .addEdge(START, 'done')
    .addEdge(START, 'ask')
    .addEdge('done', 'next')
    .addEdge('ask', 'next')
    .addEdge(['done', 'ask'], 'both')
    .compile({ checkpointer: new MemorySaver() })
  const thread = { configurable: { thread_id: 't' } }
  const app = instrumentGraph(paused, { pipeline: 'p' })
  await app.invoke({ question: 'q' }, thread)
  await app.invoke(new Command({ resume: 'yes' }), thread)
  expect([await before('next'), await before('both')]).toEqual([[undefined], [['ask', 'done']]])

  const cached = new StateGraph(State)
    .addNode('known', nothing, { cachePolicy: true })
    .addNode('fresh', nothing)
    .addNode('end', nothing)
    .addEdge(START, 'known')
    .addEdge(START, 'fresh')
    .addEdge('known', 'end')
    .addEdge('fresh', 'end')
    .compile()
  const kept = new Map<string, { key: [string[], string]; value: unknown }>()
  const cache = {
    get: async (keys: unknown[]) => keys.flatMap((key) => kept.get(JSON.stringify(key)) ?? []),
    set: async (pairs: { key: [string[], string]; value: unknown }[]) => {
      for (const pair of pairs) kept.set(JSON.stringify(pair.key), pair)
    },
    clear: async () => kept.clear(),
  }
  const quick = instrumentGraph(Object.assign(cached, { cache }), { pipeline: 'p' })
  await quick.invoke({ question: 'q' })
  await quick.invoke({ question: 'q' })
  expect(await before('end')).toEqual([undefined, undefined])
  expect(await before('known')).toHaveLength(1)

  const talk = new StateGraph(State)
    .addNode('talk', () => new Command({ goto: 'bob', graph: Command.PARENT }))
    .addEdge(START, 'talk')
    .compile()
  const team = new StateGraph(State)
    .addNode('alice', talk, { ends: ['bob'] })
    .addNode('carol', nothing)
    .addNode('bob', nothing)
    .addEdge(START, 'alice')
    .addEdge(START, 'carol')
    .addEdge('carol', 'bob')
    .compile()
  await instrumentGraph(team, { pipeline: 'p' }).invoke({ question: 'q' })
  expect(await before('bob')).toEqual([undefined])
})

it('inside a graph used or called by a node are known for joins only: it may run again, and count anew', async () => {
  const inner = () =>
    new StateGraph(State)
      .addNode('x', nothing)
      .addNode('y', nothing)
      .addNode('z', nothing)
      .addNode('last', nothing)
      .addEdge(START, 'x')
      .addEdge(START, 'y')
      .addEdge(['x', 'y'], 'z')
      .addEdge('z', 'last')
      .compile()
  const used = new StateGraph(State).addNode('outer', inner()).addEdge(START, 'outer').compile()
  await instrumentGraph(used, { pipeline: 'p' }).invoke({ question: 'q' })
  const called = instrumentGraph(inner(), { pipeline: 'q' })
  const calling = new StateGraph(State)
    .addNode('outer', (state) => called.invoke(state))
    .addEdge(START, 'outer')
    .compile()
  await calling.invoke({ question: 'q' })
  expect(await before('z')).toEqual([
    ['x', 'y'],
    ['x', 'y'],
  ])
  expect(await before('last')).toEqual([undefined, undefined])
})
