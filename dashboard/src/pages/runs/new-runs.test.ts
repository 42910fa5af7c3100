// A list that must not jump: what is new is counted, what is known is updated in place.
import type { RunSummary } from '@seamtrace/schema'
import { expect, test } from 'vitest'
import { newRunsOf, withUpdates } from './new-runs.ts'

const run = (runId: string, outcome: RunSummary['outcome'] = 'success'): RunSummary => ({
  runId,
  outcome,
  provisional: false,
  pipeline: 'p',
  version: '',
  environment: '',
  sessionId: '',
  recovered: false,
  startTime: '',
  durationMs: 0,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
  wastedUsd: 0,
  unpricedCalls: 0,
  story: '',
  liveness: null,
  attributedTo: null,
  steps: 0,
  retries: 0,
})

test('runs that the list lacks are counted', () => {
  expect(newRunsOf([run('c'), run('b')], new Set(['a', 'b']))).toEqual({ count: 1, more: false })
  expect(newRunsOf([run('d'), run('c')], new Set(['a', 'b']))).toEqual({ count: 2, more: true })
  expect(newRunsOf([], new Set())).toEqual({ count: 0, more: false })
})

test('rows keep their order, take newer versions and appear once', () => {
  const rows = withUpdates([run('b', 'running'), run('a'), run('b', 'running')], [run('c'), run('b', 'failure')])
  expect(rows.map(({ runId, outcome }) => `${runId} ${outcome}`)).toEqual(['b failure', 'a success'])
})
