import { Command, entrypoint, interrupt, MemorySaver, START, StateGraph, task } from '@langchain/langgraph'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { facts, pause, State } from '../../test/graph.ts'
import { isChildOf, type Recorder, recordSpans, statusOf } from '../../test/spans.ts'
import { tool } from '../call.ts'
import { instrumentGraph } from './langgraph.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

const thread = { configurable: { thread_id: 't' } }

describe('a task', () => {
  it('is a step below its entrypoint, and what it calls stands below it', async () => {
    const search = task('search', async (query: { text: string }) => tool('lookup', {}, async () => ({ hits: [query.text] })))
    const flow = entrypoint('research', async (text: string) => (await Promise.all([search({ text }), search({ text: 'b' })])).length)
    expect(await instrumentGraph(flow, { pipeline: 'p' }).invoke('secret')).toBe(2)
    const outer = await spans.one('step research')
    const [first, second] = await spans.named('step search')
    if (!first || !second) throw new Error('cannot find both tasks')
    expect([isChildOf(outer, await spans.one('pipeline p')), isChildOf(first, outer), isChildOf(second, outer)]).toEqual([true, true, true])
    expect(first.attributes).toMatchObject({ 'seamtrace.state.keys': ['text'], 'seamtrace.state.output.keys': ['hits'] })
    const parents = (await spans.named('execute_tool lookup')).map((call) => call.parentSpanContext?.spanId)
    expect(new Set(parents)).toEqual(new Set([first.spanContext().spanId, second.spanContext().spanId]))
    expect(JSON.stringify((await spans.all()).map((span) => span.attributes))).not.toContain('secret')
  })

  it('that is tried again is one step with its attempts', async () => {
    let tries = 0
    const retry = { maxAttempts: 3, initialInterval: 1, jitter: false, logWarning: false }
    const flaky = task({ name: 'flaky', retry }, async () => {
      tries += 1
      if (tries < 3) throw new TypeError('busy')
      return tries
    })
    expect(
      await instrumentGraph(
        entrypoint('flow', () => flaky()),
        { pipeline: 'p' },
      ).invoke('go'),
    ).toBe(3)
    const step = await spans.one('step flaky')
    const attempts = (await spans.all()).filter((span) => span.attributes['seamtrace.span.kind'] === 'attempt')
    expect(attempts.map((span) => [span.attributes['seamtrace.attempt.number'], statusOf(span), isChildOf(span, step)])).toEqual([
      [1, 'ERROR', true],
      [2, 'ERROR', true],
      [3, 'UNSET', true],
    ])
    expect(statusOf(step)).toBe('UNSET')
  })

  it('that fails keeps its error, and who called it fails by that, although LangGraph aborts it', async () => {
    const failure = new TypeError('bad')
    const broken = task('broken', async () => {
      throw failure
    })
    await expect(
      instrumentGraph(
        entrypoint('flow', () => broken()),
        { pipeline: 'p' },
      ).invoke('go'),
    ).rejects.toBe(failure)
    for (const name of ['step broken', 'step flow', 'pipeline p'])
      expect((await spans.one(name)).attributes['error.type']).toBe('TypeError')
  })

  it('that was done before a pause is not done again when the run goes on', async () => {
    const prepare = task('prepare', async () => pause(1))
    const flow = entrypoint({ name: 'flow', checkpointer: new MemorySaver() }, async () => {
      await prepare()
      return String(interrupt('ok?'))
    })
    const app = instrumentGraph(flow, { pipeline: 'p' })
    await app.invoke('go', thread)
    expect(await app.invoke(new Command({ resume: 'yes' }), thread)).toBe('yes')
    const runs = await spans.named('pipeline p')
    expect(runs.map((span) => span.attributes['seamtrace.outcome'])).toEqual(['waiting', undefined])
    expect(runs.at(-1)?.attributes['seamtrace.run.id']).toBe(runs.at(-2)?.attributes['seamtrace.run.id'])
    const resumed = (await spans.named('step prepare')).filter((span) => span.spanContext().traceId === runs.at(-1)?.spanContext().traceId)
    expect(resumed).toEqual([])
  })

  it('inside a node of a graph is a step too', async () => {
    const shout = task('shout', async (text: string) => text.toUpperCase())
    const graph = new StateGraph(State).addNode('a', async ({ question }) => ({ answer: await shout(question) })).addEdge(START, 'a')
    expect(await instrumentGraph(graph.compile(), { pipeline: 'p' }).invoke({ question: 'q' })).toMatchObject({ answer: 'Q' })
    expect(isChildOf(await spans.one('step shout'), await spans.one('step a'))).toBe(true)
    expect(facts(await spans.one('step shout'))).toEqual(['step shout', 'UNSET', undefined])
  })
})
