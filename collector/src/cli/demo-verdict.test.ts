import type { GapReport, RunSummary } from '@seamtrace/schema'
import { describe, expect, it } from 'vitest'
import type { Answers } from './demo-answers.ts'
import { judge, type Truth } from './demo-verdict.ts'

const SEAM = { seam: 'retrieve→search', seamKind: 'tool', layer: 'context', gap: 'tool' } as const

const truth = (number: number, failed: boolean): Truth => ({
  runId: `run-${number}`,
  pipeline: 'brief',
  version: '1',
  outcome: failed ? 'failure' : 'success',
  fault: failed ? 'tool_error' : null,
  rescued: false,
  ...(failed ? SEAM : { seam: null, seamKind: null, layer: null, gap: null }),
})

const answer = ({ runId, pipeline, version, outcome }: Truth): RunSummary => ({
  runId,
  pipeline,
  version,
  outcome: outcome as RunSummary['outcome'],
  provisional: false,
  environment: 'demo',
  sessionId: '',
  recovered: false,
  startTime: '',
  durationMs: 1,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
  wastedUsd: 0,
  unpricedCalls: 0,
  story: '',
  liveness: null,
  steps: 1,
  retries: 0,
  attributedTo: outcome === 'failure' ? { ...SEAM, step: 'retrieve', kind: 'tool_error', rule: 'status', certain: true, spanId: '' } : null,
})

const truths = Array.from({ length: 40 }, (_, index) => truth(index, index < 20))

const rate = { n: 40, successes: 20, rate: 0.5, low: 0, high: 1 }
const bar = {
  step: 'retrieve',
  layer: 'context',
  charged: 20,
  from: 40,
  to: 20,
  reached: 40,
  final: rate,
  firstTry: rate,
  gaps: { state: 0, control: 0, error: 0, tool: 20, unclassified: 0 },
  worstSeam: SEAM.seam,
} as const
const gap: GapReport = {
  pipeline: 'brief',
  mode: 'final',
  n: 40,
  successes: 20,
  bars: [bar],
  unattributed: 0,
  observed: rate,
  worstCaseRate: null,
  independentSteps: null,
  residual: null,
  versions: [],
  outcomes: { success: 20, failure: 20, waiting: 0, running: 0, cancelled: 0, unknown: 0 },
}
const answers = (change: Partial<Answers> = {}): Answers => ({ runs: truths.map(answer), gaps: [gap], firing: [], fired: [], ...change })
const withFirst = (change: Partial<RunSummary>): Answers =>
  answers({ runs: truths.map((item, index) => (index === 0 ? { ...answer(item), ...change } : answer(item))) })

describe('the verdict of the demo', () => {
  it('is ok when everything agrees', () => {
    expect(judge(truths, answers())).toMatchObject({
      ok: true,
      runs: 40,
      agreed: 40,
      disagreed: 0,
      kinds: { tool_error: { runs: 20, agreed: 20, named: 20 } },
      problems: [],
    })
  })

  it('takes one wrong seam in twenty, and shows it', () => {
    const attributedTo = { ...SEAM, seam: 'start→brief', step: '', kind: 'exception', rule: '', certain: false, spanId: '' } as const
    const verdict = judge(truths, withFirst({ attributedTo }))
    expect(verdict.ok).toBe(true)
    expect(verdict.disagreements).toEqual([
      {
        runId: 'run-0',
        expected: { outcome: 'failure', ...SEAM, kind: 'tool_error' },
        got: { outcome: 'failure', ...SEAM, seam: 'start→brief', kind: 'exception' },
      },
    ])
  })

  it('is not ok when a fifth of a kind and a twentieth of all is wrong', () => {
    const runs = truths.map((item, index) => (index < 5 ? { ...answer(item), attributedTo: null } : answer(item)))
    const verdict = judge(truths, answers({ runs }))
    expect(verdict).toMatchObject({ ok: false, unattributed: 5, disagreed: 5 })
    expect(verdict.problems).toEqual(['15 of 20 failed runs agree: less than 95 %', 'tool_error: 15 of 20 runs agree, less than 80 %'])
  })

  it('is not ok when a single count differs', () => {
    expect(judge(truths, withFirst({ outcome: 'success', attributedTo: null })).problems).toEqual([
      'brief 1 failure: 19 runs instead of 20',
      'brief 1 success: 21 runs instead of 20',
    ])
    expect(judge(truths, answers({ runs: truths.slice(1).map(answer) })).ok).toBe(false)
  })

  it('is not ok when a waterfall does not sum', () => {
    expect(judge(truths, answers({ gaps: [{ ...gap, unattributed: 1 }] })).problems).toEqual([
      'waterfall of brief: its bars sum to 41, not to 40',
    ])
  })

  it('is not ok when a kind occurs too seldom to be judged', () => {
    const few = truths.slice(16)
    expect(judge(few, answers({ runs: few.map(answer), gaps: [] })).problems).toEqual(['tool_error: only 4 runs, too few to judge'])
  })

  it('is not ok when an alert fires for a pipeline that did not get worse', () => {
    expect(judge(truths, answers({ firing: ['brief'], fired: ['brief'] })).problems).toEqual([
      'an alert fired for brief, which did not get worse',
    ])
  })
})
