// What the overview says first: the neediest pipeline, its headline, and the steps that changed between versions.
import type { AlertState, GapBar, GapReport, PipelineSummary, SeamSummary } from '@seamtrace/schema'
import { expect, test } from 'vitest'
import { choosePipeline } from './choose-pipeline.ts'
import { compareVersions } from './compare-versions.ts'
import { headlineOf } from './headline-of.ts'

const rate = (successes: number, n: number) => ({ n, successes, rate: n === 0 ? null : successes / n, low: 0, high: 1 })
const outcomes = { success: 0, failure: 0, waiting: 0, running: 0, cancelled: 0, unknown: 0 }
const summary = (pipeline: string, successes: number, n: number, alert: AlertState = 'ok'): PipelineSummary => ({
  pipeline,
  versions: [],
  outcomes,
  final: rate(successes, n),
  firstTry: rate(successes, n),
  previous: rate(0, 0),
  p50DurationMs: 0,
  lastRunAt: '',
  alert,
  trend: [],
  costUsd: 0,
  wastedUsd: 0,
  unpricedCalls: 0,
})
const bar = (step: string, charged: number): GapBar => ({
  step,
  layer: 'execution',
  charged,
  from: 0,
  to: 0,
  reached: 0,
  final: rate(0, 0),
  firstTry: rate(0, 0),
  gaps: { state: 0, control: 0, error: 0, tool: 0, unclassified: 0 },
  worstSeam: '',
})
const report = (successes: number, n: number, bars: GapBar[] = [], unattributed = 0): GapReport => ({
  pipeline: 'p',
  mode: 'final',
  n,
  successes,
  bars,
  unattributed,
  observed: rate(successes, n),
  outcomes,
  worstCaseRate: null,
  independentSteps: null,
  residual: null,
  versions: [],
})
const seam: SeamSummary = {
  pipeline: 'p',
  seam: 'a→b',
  kind: 'tool',
  from: 'a',
  to: 'b',
  layer: 'execution',
  runs: 9,
  crossings: 9,
  chargedRuns: 3,
  share: 0.1,
  gaps: { state: 0, control: 0, error: 0, tool: 3, unclassified: 0 },
  topKind: 'tool_timeout',
  topMessage: '',
  certainRuns: 3,
  recovered: 0,
  wastedUsd: 0.4,
  exampleRunIds: [],
}

test('a firing alert comes first, then the lowest rate, then pipelines with too few runs', () => {
  const all = [summary('tiny', 0, 3), summary('good', 99, 100), summary('bad', 70, 100), summary('firing', 90, 100, 'firing')]
  expect(choosePipeline(all, '')).toBe('firing')
  expect(choosePipeline(all.slice(0, 3), '')).toBe('bad')
  expect(choosePipeline(all, 'good')).toBe('good')
  expect(choosePipeline([], '')).toBe('')
})

test('a pipeline that was asked for is never replaced by another one', () => {
  expect(choosePipeline([summary('good', 99, 100)], 'gone')).toBe('gone')
})

test('the headline is a rate with enough runs, counts below, and words at the ends', () => {
  expect(headlineOf(report(83, 100), [seam])).toMatchObject({ figure: '83.0\u202f%', rest: 'of 100 runs reach the end.', worst: seam })
  expect(headlineOf(report(7, 12), [])).toMatchObject({ figure: '7 of 12', rest: 'runs reach the end.' })
  expect(headlineOf(report(412, 412), [])).toMatchObject({ figure: 'All 412', rest: 'runs reach the end.', worst: null })
  expect(headlineOf(report(0, 0), []).rest).toBe('No run has finished in this window.')
  expect(headlineOf(report(90, 100, [], 10), []).note).toBe('10 failed runs could be charged to no seam.')
})

test('versions are compared step by step, the largest change first', () => {
  const changes = compareVersions(
    report(77, 100, [bar('match', 5), bar('reconcile', 18)]),
    report(96, 100, [bar('reconcile', 4), bar('check', 0)]),
  )
  expect(changes.map(({ step, before, after }) => [step, before, after])).toEqual([
    ['reconcile', 0.18, 0.04],
    ['match', 0.05, null],
    ['check', null, 0],
  ])
})
