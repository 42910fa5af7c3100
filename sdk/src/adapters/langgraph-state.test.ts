import { Command, START, StateGraph } from '@langchain/langgraph'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { State } from '../../test/graph.ts'
import { type Recorder, recordSpans } from '../../test/spans.ts'
import { instrumentGraph } from './langgraph.ts'
import { changesOf } from './langgraph-state.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

const keys = (changed: string[] | undefined, removed?: string[]) => ({
  'seamtrace.state.changed_keys': changed,
  'seamtrace.state.removed_keys': removed,
})

describe('what a node changed', () => {
  it('is told on its step, by names', async () => {
    const graph = new StateGraph(State)
      .addNode('write', () => ({ answer: 'secret', notes: ['n'], question: 'q' }))
      .addNode('clear', () => new Command({ update: { answer: null } }))
      .addEdge(START, 'write')
      .addEdge('write', 'clear')
      .compile()
    await instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' })
    expect((await spans.one('step write')).attributes['seamtrace.state.changed_keys']).toEqual(['answer', 'notes'])
    expect((await spans.one('step clear')).attributes['seamtrace.state.removed_keys']).toEqual(['answer'])
    expect((await spans.one('step clear')).attributes['seamtrace.state.changed_keys']).toBeUndefined()
    expect(JSON.stringify((await spans.all()).map((span) => span.attributes))).not.toContain('secret')
  })

  it.each([
    ['an equal value is no change', { a: { x: 1, y: [2] } }, { a: { y: [2], x: 1 } }, keys(undefined)],
    ['a longer list is one', { a: [1] }, { a: [1, 2] }, keys(['a'])],
    ['what was not there cannot be removed', {}, { a: null }, keys(undefined)],
    ['several commands add up', { b: 1 }, [{ a: 1 }, { lg_name: 'Command', update: [['b', null]] }], keys(['a'], ['b'])],
    ['a result that is no update changes nothing', { a: 1 }, 'done', keys(undefined)],
  ])('%s', (_case, state, value, expected) => {
    expect(changesOf(state, value)).toEqual(expected)
  })

  it('is bounded', () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`${index}${'k'.repeat(500)}`, index]))
    const changed = changesOf({}, many)['seamtrace.state.changed_keys']
    expect([Array.isArray(changed) && changed.length, String(Array.isArray(changed) && changed[0]).length]).toEqual([64, 128])
  })
})
