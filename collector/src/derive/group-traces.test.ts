import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sessionKey } from '../store/runs-of-sessions.ts'
import { groupTraces } from './group-traces.ts'

const trace = (id: string, runs: string, project = 'p') => ({ id, project, runIds: new Set(runs) })
const shapeOf = (groups: { id: string }[][]) =>
  groups
    .map((group) =>
      group
        .map(({ id }) => id)
        .sort()
        .join(''),
    )
    .sort()

it('leaves traces alone that share no run', () => {
  expect(shapeOf(groupTraces([trace('a', ''), trace('b', 'x'), trace('c', 'y'), trace('d', 'x', 'q')]))).toEqual(['a', 'b', 'c', 'd'])
})

it('joins traces over any number of runs', () => {
  expect(shapeOf(groupTraces([trace('a', 'x'), trace('b', 'y'), trace('c', 'xy'), trace('d', 'z'), trace('e', 'yz')]))).toEqual(['abcde'])
})

it('gives every trace once, and shared runs always together', () => {
  const runs = fc.array(fc.constantFrom('x', 'y', 'z', 'v', 'w'), { maxLength: 2 })
  fc.assert(
    fc.property(fc.array(runs, { maxLength: 12 }), (all) => {
      const traces = all.map((own, index) => ({ ...trace(String(index), ''), runIds: new Set<string>(own) }))
      const groups = groupTraces(traces)
      expect(groups.flat()).toHaveLength(traces.length)
      expect(new Set(groups.flat()).size).toBe(traces.length)
      for (const run of ['x', 'y', 'z', 'v', 'w']) {
        const having = groups.filter((group) => group.some(({ runIds }) => runIds.has(run)))
        expect(having.length).toBeLessThanOrEqual(1)
      }
    }),
  )
})

it('joins the traces of a session only where a run of it waited', () => {
  const talk = (id: string, session: string, project = 'p') => ({ ...trace(id, '', project), sessionIds: new Set(session) })
  const traces = [talk('a', 's'), talk('b', 's'), talk('c', 't'), talk('d', 't'), talk('e', 's', 'q')]
  expect(shapeOf(groupTraces(traces, new Set([sessionKey({ project: 'p', sessionId: 's' })])))).toEqual(['ab', 'c', 'd', 'e'])
  expect(shapeOf(groupTraces(traces))).toEqual(['a', 'b', 'c', 'd', 'e'])
})
