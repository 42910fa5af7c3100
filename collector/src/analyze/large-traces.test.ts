// What takes time by the square, or a frame of the stack for each span, does not come to an end here.
import type { RecognizedSpan } from '@seamtrace/schema'
import { expect, it } from 'vitest'
import { analyze } from './analyze.ts'
import * as large from './large-traces.fixture.ts'

const only = (spans: readonly RecognizedSpan[]) => {
  const runs = analyze(spans)
  expect(runs).toHaveLength(1)
  return (runs[0] as (typeof runs)[number]).run
}
const BOUND = 60_000

it('a chain of 5,000 steps or calls inside each other is charged at its end', { timeout: BOUND }, () => {
  expect(only(large.deepSteps(5_000)).failures).toHaveLength(1)
  const run = only(large.deepTools(5_000))
  expect(run.attributedTo?.seam).toMatch(/→tool 5000$/)
  expect(run.calls).toHaveLength(5_000)
})

it('a trace is 150 deep or 50,000', { timeout: BOUND }, () => {
  expect(only(large.deepSteps(150)).outcome).toBe('failure')
  expect(only(large.deepTools(50_000)).calls).toHaveLength(50_000)
})

it('100,000 siblings', { timeout: BOUND }, () => {
  const operations = only(large.manySteps(100_000)).steps.map((step) => step.operations.length)
  expect(operations.reduce((sum, count) => sum + count, 0)).toBe(100_000)
  expect(only(large.manyTools(100_000)).calls).toHaveLength(100_000)
})

it('25,000 failing steps, each with work that was rejected, or that nobody received', { timeout: BOUND }, () => {
  expect(only(large.manyRejected(25_000)).failures.length).toBeGreaterThan(24_000)
  expect(only(large.manyUndelivered(25_000)).attributedTo?.kind).toBe('dropped_handoff')
})

it('50,000 reads and writes of one key, none of which is stale', { timeout: BOUND }, () => {
  expect(only(large.manyReads(50_000)).attributedTo).toBeNull()
})

it('work that was tried 25,000 times', { timeout: BOUND }, () => {
  const run = only(large.manyTries(25_000))
  expect(run.calls.map(({ attempts, recovered }) => [attempts.length, recovered])).toEqual([[25_000, true]])
})

it('50,000 calls, each of which tells of a thousand tries inside it', { timeout: BOUND }, () => {
  const run = only(large.siblings(50_000, () => ({ type: 'tool', tool: 'search', resends: 1_000 })))
  expect(run.calls.map(({ attempts }) => attempts.length)).toEqual(Array.from({ length: 50_000 }, () => 2))
  expect(only(large.siblings(10, () => ({ type: 'tool', tool: 'search', resends: 900 }))).calls[0]?.attempts).toHaveLength(901)
})

it('a chain of 50,000 that hangs on a circle keeps its place in it', { timeout: BOUND }, () => {
  expect(only(large.chainOnCircle(50_000)).steps.length).toBeGreaterThan(49_000)
})

it('a pipeline that was taken up 50,000 times inside itself', { timeout: BOUND }, () => {
  expect(only(large.manyTakenUp(50_000)).runId).toBe('r-1')
})
