import { describe, expect, it } from 'vitest'
import { FAULTS, LINES } from './kinds.ts'
import { DEFAULT_RUNS, type PlanOptions, planOne, planRuns } from './plan.ts'
import { truthOf } from './truth.ts'

const NOW = Date.UTC(2026, 10, 20, 9)
const HOUR = 3_600_000
const DEFAULTS: PlanOptions = { runs: DEFAULT_RUNS, seed: 7, hours: 48, faults: true, nowMs: NOW }
const plan = planRuns(DEFAULTS)
const truths = plan.map(truthOf)
const failedShare = (line: string) => {
  const runs = plan.filter((run) => run.line === line)
  return runs.filter((run) => truthOf(run).outcome === 'failure').length / runs.length
}

describe('the plan of the default size', () => {
  it('is the same for the same seed and another for another seed', () => {
    expect(planRuns(DEFAULTS)).toEqual(plan)
    expect(planRuns({ ...DEFAULTS, seed: 8 })).not.toEqual(plan)
  })

  it('has 2,000 runs or more, each with an id and a subject of its own', () => {
    expect(plan.length).toBeGreaterThanOrEqual(2000)
    expect(new Set(plan.map(({ runId }) => runId)).size).toBe(plan.length)
    expect(new Set(plan.map(({ subject }) => subject)).size).toBe(plan.length)
  })

  it.each(LINES.flatMap((line) => FAULTS[line].map(({ kind }) => [line, kind] as const)))(
    '%s fails at least five times by %s',
    (line, kind) => {
      const failed = plan.filter((run) => run.line === line && run.fault === kind && !run.rescued)
      expect(failed.length).toBeGreaterThanOrEqual(5)
    },
  )

  it('has at least 200 runs of each version of billing, the old ones before the new ones', () => {
    const first = plan.filter(({ line }) => line === 'billing-v1')
    const second = plan.filter(({ line }) => line === 'billing-v2')
    expect(Math.min(first.length, second.length)).toBeGreaterThanOrEqual(200)
    expect(first.at(-1)?.startMs).toBeLessThan(second[0]?.startMs ?? 0)
  })

  it('fails as often as the five stories say', () => {
    expect(failedShare('billing-v1')).toBeCloseTo(0.23, 2)
    expect(failedShare('billing-v2')).toBeCloseTo(0.04, 2)
    expect(failedShare('research-brief')).toBeCloseTo(0.16, 2)
    for (const line of ['regulation-watch', 'intake-triage'])
      expect(failedShare(line)).toSatisfy((share: number) => share > 0.04 && share < 0.25)
  })

  it('lets a third of the refunds of the last two hours time out, and few before', () => {
    const refunds = plan.filter(({ line }) => line === 'support-refund')
    const late = (recent: boolean) => {
      const runs = refunds.filter(({ startMs }) => startMs > NOW - 2 * HOUR === recent)
      return { runs: runs.length, timeouts: runs.filter(({ fault, rescued }) => fault === 'tool_timeout' && !rescued).length / runs.length }
    }
    expect(late(true).runs).toBeGreaterThanOrEqual(60)
    expect(late(true).timeouts).toBeCloseTo(0.35, 1)
    expect(late(false).timeouts).toBeLessThan(0.02)
  })

  it('lets every run begin in the window, and answer to a person before now', () => {
    for (const { startMs, scenario } of plan) {
      expect(startMs).toBeGreaterThan(NOW - 48 * HOUR)
      expect(startMs + scenario.pauseMs).toBeLessThan(NOW - 3 * 60_000)
    }
  })

  it('keeps a few runs waiting', () => {
    expect(truths.filter(({ outcome }) => outcome === 'waiting').length).toBeGreaterThanOrEqual(5)
  })
})

describe('other plans', () => {
  it('without faults nothing fails', () => {
    const outcomes = new Set(planRuns({ ...DEFAULTS, faults: false }).map((run) => truthOf(run).outcome))
    expect([...outcomes].sort()).toEqual(['success', 'waiting'])
  })

  it('of 500 runs still have five of every fault', () => {
    const small = planRuns({ ...DEFAULTS, runs: 500 })
    for (const line of LINES) {
      for (const { kind } of FAULTS[line])
        expect(small.filter((run) => run.line === line && run.fault === kind && !run.rescued).length).toBeGreaterThanOrEqual(5)
    }
  })

  it('trickled runs have ids that the plan does not use', () => {
    const trickled = planOne(500_000, { seed: 7, faults: true, startMs: NOW })
    expect(plan.some(({ runId }) => runId === trickled.runId)).toBe(false)
    expect(planOne(500_000, { seed: 7, faults: true, startMs: NOW })).toEqual(trickled)
  })
})
