// Steps as rows: attempts are never hidden, loops and nesting keep their place.
import type { Attempt, Call, Run, Step } from '@seamtrace/schema'
import { expect, test } from 'vitest'
import { stepRows } from './step-rows.ts'

const START = '2026-01-01T00:00:00.000Z'
const attempt = (number: number, atMs: number, outcome: Attempt['outcome'] = 'success'): Attempt => ({
  number,
  outcome,
  spanId: `span-${number}-${atMs}`,
  startTime: new Date(Date.parse(START) + atMs).toISOString(),
  durationMs: 10,
  errorType: '',
  waitMs: 0,
})
const step = (name: string, parent: string, visits: Attempt[][]): Step => ({
  name,
  parent,
  layer: 'execution',
  layerRule: 'explicit',
  agent: '',
  costUsd: 0,
  operations: visits.map((attempts, index) => ({ visit: index + 1, outcome: 'success', recovered: false, attempts })),
})
const call = (name: string, stepName: string, visit: number, attempts: Attempt[]): Call => ({
  type: 'tool',
  name,
  spanId: '',
  step: stepName,
  visit,
  model: '',
  provider: '',
  outcome: 'success',
  recovered: true,
  attempts,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: null,
  costSource: 'unpriced',
})
const run = (steps: Step[], calls: Call[]): Run => ({
  runId: 'r',
  traceIds: [],
  provisional: false,
  pipeline: 'p',
  version: '',
  environment: '',
  service: '',
  sessionId: '',
  userId: '',
  retryOf: '',
  outcome: 'success',
  recovered: false,
  startTime: START,
  durationMs: 100,
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costUsd: 0,
  wastedUsd: 0,
  wasted: { failedRunUsd: 0, failedAttemptsUsd: 0, duplicateWorkUsd: 0 },
  unpricedCalls: 0,
  reportedCalls: 0,
  attributedTo: null,
  story: '',
  liveness: null,
  steps,
  handoffs: [],
  calls,
  failures: [],
})
const outline = (of: Run) => stepRows(of).map((row) => `${' '.repeat(row.depth)}${row.name}`)

test('a single attempt is one row, several are listed below', () => {
  const calls = [call('api', 'order', 1, [attempt(1, 0, 'failure'), attempt(2, 20)]), call('model', 'order', 1, [attempt(1, 50)])]
  expect(outline(run([step('order', '', [[attempt(1, 0)]])], calls))).toEqual(['order', ' api', '  attempt 1', '  attempt 2', ' model'])
})

test('a loop shows every visit with the calls of that visit', () => {
  const calls = [call('model', 'draft', 2, [attempt(1, 30)])]
  expect(outline(run([step('draft', '', [[attempt(1, 0)], [attempt(1, 30)]])], calls))).toEqual([
    'draft · visit 1',
    'draft · visit 2',
    ' model',
  ])
})

test('steps nest, and a step that is its own ancestor ends the descent', () => {
  expect(
    outline(run([step('outer', '', [[attempt(1, 0)]]), step('inner', 'outer', [[attempt(1, 1)]]), step('outer', 'inner', [])], [])),
  ).toEqual(['outer', ' inner'])
})

test('calls of no known step are not lost', () => expect(outline(run([], [call('api', 'ghost', 1, [attempt(1, 0)])]))).toEqual(['api']))

test('attempts are placed on the clock of the run', () =>
  expect(stepRows(run([step('a', '', [[attempt(1, 40)]])], []))[0]?.attempts[0]?.startMs).toBe(40))
