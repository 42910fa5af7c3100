import { expect, it } from 'vitest'
import { createRechecks } from './rechecks.ts'

const trace = (traceId: string, project = 'p') => ({ project, traceId })

it('gives what is due once, and tells when the next one is', () => {
  const rechecks = createRechecks()
  expect(rechecks.nextMs()).toBe(Number.POSITIVE_INFINITY)
  rechecks.note(trace('a'), 100)
  rechecks.note(trace('a', 'q'), 300)
  rechecks.note(trace('b'), 200)
  expect(rechecks.nextMs()).toBe(100)
  expect(rechecks.take(99)).toEqual([])
  expect(rechecks.take(200)).toEqual([trace('a'), trace('b')])
  expect(rechecks.nextMs()).toBe(300)
  expect(rechecks.take(300)).toEqual([trace('a', 'q')])
  expect(rechecks.take(1_000)).toEqual([])
})

it('forgets a trace that turns no more, and takes the newest time of one', () => {
  const rechecks = createRechecks()
  rechecks.note(trace('a'), 100)
  rechecks.note(trace('b'), 100)
  rechecks.note(trace('a'), undefined)
  rechecks.note(trace('b'), 500)
  expect(rechecks.take(400)).toEqual([])
  expect(rechecks.nextMs()).toBe(500)
})

it('holds no more than it may', () => {
  const rechecks = createRechecks(2)
  for (const id of ['a', 'b', 'c']) rechecks.note(trace(id), 1)
  expect(rechecks.take(1)).toEqual([trace('a'), trace('b')])
})
