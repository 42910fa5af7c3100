import { END, START, StateGraph } from '@langchain/langgraph'
import { context, trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { facts, type Notes, pause, State } from '../../test/graph.ts'
import { isChildOf, type Recorder, recordSpans, statusOf } from '../../test/spans.ts'
import { tool } from '../call.ts'
import { pipeline } from '../pipeline.ts'
import { instrumentGraph } from './langgraph.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

describe('a graph', () => {
  it('is a pipeline, its nodes are steps, and calls nest in their node', async () => {
    const graph = new StateGraph(State)
      .addNode('search', async ({ question }) => ({ notes: [await tool('lookup', { input: { question } }, async () => 'found')] }))
      .addNode('write', () => ({ answer: '42' }))
      .addEdge(START, 'search')
      .addEdge('search', 'write')
      .addEdge('write', END)
      .compile()
    const app = instrumentGraph(graph, {
      pipeline: 'research',
      version: '2',
      needs: { write: ['question', 'answer'] },
      layers: { write: 'execution' },
    })
    expect(await app.invoke({ question: 'secret' })).toMatchObject({ answer: '42', notes: ['found'] })

    const root = await spans.one('pipeline research')
    const [search, write, call] = [await spans.one('step search'), await spans.one('step write'), await spans.one('execute_tool lookup')]
    expect((await spans.all()).length).toBe(4)
    expect(root.attributes).toMatchObject({ 'seamtrace.pipeline.name': 'research', 'seamtrace.pipeline.version': '2' })
    expect([isChildOf(search, root), isChildOf(write, root), isChildOf(call, search)]).toEqual([true, true, true])
    expect(search.attributes).toMatchObject({
      'seamtrace.span.kind': 'step',
      'seamtrace.step.name': 'search',
      'seamtrace.pipeline.name': 'research',
      'seamtrace.state.keys': ['question', 'notes'],
      'seamtrace.state.output.keys': ['notes'],
    })
    expect(write.attributes).toMatchObject({
      'seamtrace.state.missing_keys': ['answer'],
      'seamtrace.state.needs': ['question', 'answer'],
      'seamtrace.layer': 'execution',
    })
    expect(call.attributes['seamtrace.step.name']).toBe('search')
    expect(JSON.stringify((await spans.all()).map((span) => span.attributes))).not.toContain('secret')
  })

  it('leaves the given graph as it was, unrecorded', async () => {
    const graph = new StateGraph(State)
      .addNode('a', () => ({ answer: 'x' }))
      .addEdge(START, 'a')
      .compile()
    instrumentGraph(graph, { pipeline: 'p' })
    await graph.invoke({ question: 'q' })
    expect(await spans.all()).toEqual([])
  })

  it('keeps every call in its own branch when branches run at the same time', async () => {
    const branch = (name: string, ms: number) => async (): Promise<Partial<Notes>> => {
      await pause(ms)
      const before = trace.getSpan(context.active())?.spanContext().spanId
      const note = await tool(`tool ${name}`, {}, async () => {
        await pause(10 - ms)
        return name
      })
      expect(trace.getSpan(context.active())?.spanContext().spanId).toBe(before)
      return { notes: [note] }
    }
    const graph = new StateGraph(State)
      .addNode('a', branch('a', 8))
      .addNode('b', branch('b', 1))
      .addNode('c', branch('c', 4))
      .addNode('join', () => ({ answer: 'done' }))
      .addEdge(START, 'a')
      .addEdge(START, 'b')
      .addEdge(START, 'c')
      .addEdge(['a', 'b', 'c'], 'join')
      .compile()
    await instrumentGraph(graph, { pipeline: 'fan' }).invoke({ question: 'q' })
    for (const name of ['a', 'b', 'c'])
      expect(isChildOf(await spans.one(`execute_tool tool ${name}`), await spans.one(`step ${name}`))).toBe(true)
  })

  it('keeps concurrent runs apart', async () => {
    const graph = new StateGraph(State)
      .addNode('a', async ({ question }) => {
        await pause(3)
        return tool(question, {}, () => ({ answer: question }))
      })
      .addEdge(START, 'a')
      .compile()
    const app = instrumentGraph(graph, { pipeline: 'p' })
    await Promise.all(['x', 'y', 'z'].map((question) => app.invoke({ question })))
    const all = await spans.all()
    expect(new Set(all.map((span) => span.spanContext().traceId)).size).toBe(3)
    for (const name of ['x', 'y', 'z']) {
      const call = await spans.one(`execute_tool ${name}`)
      expect(all.some((span) => span.name === 'step a' && isChildOf(call, span))).toBe(true)
    }
  })

  it('keeps its type', () => {
    const graph = new StateGraph(State)
      .addNode('a', () => ({ answer: 'x' }))
      .addEdge(START, 'a')
      .compile()
    expectTypeOf(instrumentGraph(graph, { pipeline: 'p' })).toEqualTypeOf<typeof graph>()
  })

  it('inside a pipeline is a step of it', async () => {
    const graph = instrumentGraph(
      new StateGraph(State)
        .addNode('a', () => ({ answer: 'x' }))
        .addEdge(START, 'a')
        .compile(),
      { pipeline: 'inner' },
    )
    await pipeline('outer', {}, () => graph.invoke({ question: 'q' }))
    const [outer, inner, node] = [await spans.one('pipeline outer'), await spans.one('step inner'), await spans.one('step a')]
    expect([isChildOf(inner, outer), isChildOf(node, inner), node.attributes['seamtrace.pipeline.name']]).toEqual([true, true, 'outer'])
  })
})

describe('streaming', () => {
  const graph = new StateGraph(State)
    .addNode('a', async () => tool('t', {}, async () => ({ answer: 'x' })))
    .addNode('b', async () => {
      await pause(5)
      return { notes: ['n'] }
    })
    .addEdge(START, 'a')
    .addEdge('a', 'b')
    .compile()

  it('passes every chunk and ends the run with the stream, wherever it is read', async () => {
    const stream = await instrumentGraph(graph, { pipeline: 'p' }).stream({ question: 'q' }, { streamMode: 'updates' })
    const chunks: unknown[] = []
    await pipeline('elsewhere', {}, async () => {
      for await (const chunk of stream) chunks.push(chunk)
    })
    expect(chunks).toEqual([{ a: { answer: 'x' } }, { b: { notes: ['n'] } }])
    const root = await spans.one('pipeline p')
    expect([isChildOf(await spans.one('step a'), root), isChildOf(await spans.one('step b'), root)]).toEqual([true, true])
    expect(isChildOf(await spans.one('execute_tool t'), await spans.one('step a'))).toBe(true)
  })

  const slowly = (name: string) => async () => {
    await pause(3)
    return { notes: [name] }
  }
  const chain = () =>
    new StateGraph(State)
      .addNode('n1', slowly('n1'))
      .addNode('n2', slowly('n2'))
      .addNode('n3', slowly('n3'))
      .addNode('n4', slowly('n4'))
      .addNode('n5', slowly('n5'))
      .addNode('n6', slowly('n6'))
      .addEdge(START, 'n1')
      .addEdge('n1', 'n2')
      .addEdge('n2', 'n3')
      .addEdge('n3', 'n4')
      .addEdge('n4', 'n5')
      .addEdge('n5', 'n6')
      .compile()

  it('is recorded to its end when the reader leaves early, since the graph runs on', async () => {
    const stream = await instrumentGraph(chain(), { pipeline: 'p' }).stream({ question: 'q' }, { streamMode: 'updates' })
    for await (const _chunk of stream) break
    await vi.waitFor(async () => expect(facts(await spans.one('pipeline p'))).toEqual(['pipeline p', 'UNSET', undefined]))
    await spans.one('step n6')
  })

  it('is cancelled when the stream is cancelled', async () => {
    const stream = await instrumentGraph(chain(), { pipeline: 'p' }).stream({ question: 'q' }, { streamMode: 'updates' })
    await stream.next()
    await stream.cancel().catch(() => {})
    await vi.waitFor(async () => expect(facts(await spans.one('pipeline p'))).toEqual(['pipeline p', 'UNSET', 'cancelled']))
    expect(await spans.named('step n6')).toEqual([])
  })
})

describe('failures', () => {
  it('of a node fail the run and keep the error', async () => {
    const failure = new TypeError('bad state')
    const graph = new StateGraph(State)
      .addNode('a', () => {
        throw failure
      })
      .addEdge(START, 'a')
      .compile()
    await expect(instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' })).rejects.toBe(failure)
    for (const name of ['step a', 'pipeline p']) expect((await spans.one(name)).attributes['error.type']).toBe('TypeError')
  })

  it('of one branch cancel a branch that heeds the signal, and fail it not', async () => {
    const graph = new StateGraph(State)
      .addNode('bad', async () => {
        await pause(2)
        throw new Error('down')
      })
      .addNode('other', async (_state, config) => {
        await new Promise((_resolve, reject) =>
          config.signal?.addEventListener('abort', () => reject(new DOMException('stop', 'AbortError'))),
        )
        return {}
      })
      .addEdge(START, 'bad')
      .addEdge(START, 'other')
      .compile()
    await expect(instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' })).rejects.toThrow('down')
    await vi.waitFor(async () => expect(facts(await spans.one('step other'))).toEqual(['step other', 'UNSET', 'cancelled']))
    expect(facts(await spans.one('step bad'))).toEqual(['step bad', 'ERROR', undefined])
  })

  it('to recognize a graph warn and leave it alone', () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const builder = new StateGraph(State)
    expect(instrumentGraph(builder, { pipeline: 'p' })).toBe(builder)
    expect(warning).toHaveBeenCalledOnce()
    warning.mockRestore()
  })

  it('by the recursion limit are named on the pipeline', async () => {
    const graph = new StateGraph(State)
      .addNode('a', () => ({ notes: ['x'] }))
      .addEdge(START, 'a')
      .addConditionalEdges('a', () => 'a')
      .compile()
    await expect(instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' }, { recursionLimit: 3 })).rejects.toThrow(
      'Recursion limit',
    )
    const root = await spans.one('pipeline p')
    expect([statusOf(root), root.attributes['error.type'], (await spans.named('step a')).length]).toEqual([
      'ERROR',
      'GraphRecursionError',
      3,
    ])
  })

  it('by a route to an unknown node show the error', async () => {
    const graph = new StateGraph(State)
      .addNode('a', () => ({}))
      .addNode('b', () => ({}))
      .addEdge(START, 'a')
      .addConditionalEdges('a', () => 'nowhere', { there: 'b' } as Record<string, 'b'>)
      .compile()
    await expect(instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' })).rejects.toThrow()
    for (const name of ['step a', 'pipeline p']) expect(statusOf(await spans.one(name))).toBe('ERROR')
  })

  it('by the caller abort are a cancelled run', async () => {
    const aborter = new AbortController()
    const graph = new StateGraph(State)
      .addNode('a', async () => {
        aborter.abort()
        await pause(20)
        return {}
      })
      .addEdge(START, 'a')
      .compile()
    await expect(instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' }, { signal: aborter.signal })).rejects.toThrow()
    await vi.waitFor(async () => expect(facts(await spans.one('pipeline p'))).toEqual(['pipeline p', 'UNSET', 'cancelled']))
  })
})
