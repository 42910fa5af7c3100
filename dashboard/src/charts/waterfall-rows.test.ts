// The rows of the gap waterfall: edges, the last bar, and the words about the model.
import type { GapBar, GapReport } from '@seamtrace/schema'
import { expect, test } from 'vitest'
import { axisFloor, axisTicks, dominantGap, modelRate, residualInWords, stepLabel, waterfallRows } from './waterfall-rows.ts'

const NO_GAPS = { state: 0, control: 0, error: 0, tool: 0, unclassified: 0 }
const rate = { n: 100, successes: 83, rate: 0.83, low: 0.745, high: 0.891 }
const bar = (step: string, charged: number, from: number, tool = charged): GapBar => ({
  step,
  layer: 'execution',
  charged,
  from,
  to: from - charged,
  reached: from,
  final: rate,
  firstTry: rate,
  gaps: { ...NO_GAPS, tool },
  worstSeam: '',
})
const report: GapReport = {
  pipeline: 'p',
  mode: 'final',
  n: 100,
  successes: 83,
  bars: [bar('plan', 9, 100), bar('act', 6, 91)],
  unattributed: 2,
  observed: rate,
  outcomes: { success: 83, failure: 17, waiting: 0, running: 0, cancelled: 0, unknown: 0 },
  worstCaseRate: null,
  independentSteps: 0.81,
  residual: 0.02,
  versions: [],
}

test('the bars fall from 100 % to the observed rate without a gap', () => {
  const rows = waterfallRows(report)
  expect(rows.map((row) => row.range)).toEqual([
    [0.91, 1],
    [0.85, 0.91],
    [0.83, 0.85],
    [0, 0.83],
  ])
  expect(rows.map((row) => row.kind)).toEqual(['step', 'step', 'unattributed', 'observed'])
})

test('there is no bar for unattributed failures when there are none', () => {
  expect(waterfallRows({ ...report, successes: 85, unattributed: 0 }).map((row) => row.kind)).toEqual(['step', 'step', 'observed'])
})

test('failures before the first step are called what they are, a step named start stays a step', () => {
  expect(stepLabel({ step: 'start', reached: 0 })).toBe('outside any step')
  expect(stepLabel({ step: 'start', reached: 90 })).toBe('start')
})

test('no finished runs draw nothing', () => expect(waterfallRows({ ...report, n: 0 })).toEqual([]))

test('the main gap is the one with most runs, none without charged runs', () => {
  expect(dominantGap({ ...NO_GAPS, error: 2, unclassified: 3 })).toBe('unclassified')
  expect(dominantGap({ ...NO_GAPS, state: 2, tool: 2 })).toBe('state')
  expect(dominantGap(NO_GAPS)).toBeNull()
})

test('the axis starts below all that is drawn, and at 0 for low rates', () => {
  expect(axisFloor(report)).toBe(0.7)
  expect(axisTicks(0.7)).toEqual([0.7, 0.8, 0.9, 1])
  expect(axisFloor({ ...report, observed: { ...rate, low: 0.2 } })).toBe(0)
})

test('the model is compared in words, and speaks of final rates only', () => {
  expect(residualInWords(report)).toContain('within the interval of what was observed')
  const sure = { ...report, observed: { ...rate, low: 0.828, high: 0.832 } }
  expect(residualInWords(sure)).toContain('2.0\u202fpt higher: failures meet in the same runs')
  expect(residualInWords({ ...sure, independentSteps: 0.86, residual: -0.03 })).toContain(
    '3.0\u202fpt lower: the bars also count runs whose result was judged wrong',
  )
  expect(residualInWords({ ...report, residual: 0.001 })).toContain('as observed')
  expect(modelRate({ ...report, mode: 'first_try' })).toBeNull()
})
