// What the questions answer for runs written by hand, on whichever engine.
import type { EndpointQuery } from '@seamtrace/schema'
import { expect, it } from 'vitest'
import { startAlerts } from '../../collector/src/alert/start.ts'
import { gap } from '../../collector/src/query/gap.ts'
import { layers } from '../../collector/src/query/layers.ts'
import { pipelines } from '../../collector/src/query/pipelines.ts'
import { runs } from '../../collector/src/query/runs.ts'
import { seams } from '../../collector/src/query/seams.ts'
import type { ProjectWith } from './query.suite.ts'
import { runSpec } from './run-rows.fixture.ts'

export const queryExamples = (projectWith: ProjectWith, now: Date): void => {
  const at = (minutesAgo: number): number => now.getTime() - minutesAgo * 60_000
  const step = (name: string, firstStartMs: number, operations = 1, failed = 0, firstTry = operations - failed) => ({
    name,
    layer: 'execution',
    firstStartMs,
    operations,
    failed,
    firstTry,
  })
  const charge = (seam: string, toStep: string, gapName = 'tool') => ({
    seam,
    seamKind: 'handoff',
    step: toStep,
    layer: 'execution',
    gap: gapName,
    kind: 'tool_timeout',
    certain: true,
    message: `${seam} timed out`,
  })

  it('compares a pipeline with the window before and tells cost, duration, versions and trend', async () => {
    const scope = await projectWith([
      runSpec({ runId: 'a', endMs: at(5), version: '9', durationMs: 100, costUsd: 0.5 }),
      runSpec({ runId: 'b', endMs: at(59), version: '10', durationMs: 300, outcome: 'failure', costUsd: 0.25, wastedUsd: 0.25 }),
      runSpec({ runId: 'c', endMs: at(30), version: '', durationMs: 200, recovered: true, wastedUsd: 0.005 }),
      runSpec({ runId: 'd', endMs: at(20), version: '9', durationMs: 9_000, outcome: 'cancelled', costUsd: 0.125, wastedUsd: 0.1 }),
      ...[61, 119].map((minutes) => runSpec({ runId: `before-${minutes}`, endMs: at(minutes) })),
      runSpec({ runId: 'before-failed', endMs: at(90), outcome: 'failure' }),
      runSpec({ runId: 'gone', pipeline: 'only-before', endMs: at(90) }),
    ])
    const { items } = await pipelines(scope, { since: '1h' }, new Map())
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({
      versions: ['9', '10'],
      outcomes: { success: 2, failure: 1, cancelled: 1, unknown: 0 },
      final: { n: 3, successes: 2 },
      firstTry: { n: 3, successes: 1 },
      previous: { n: 3, successes: 2 },
      p50DurationMs: 200,
      lastRunAt: new Date(at(5)).toISOString(),
    })
    expect(items[0]?.costUsd).toBeCloseTo(0.885, 12)
    expect(items[0]?.wastedUsd).toBeCloseTo(0.255, 12)
    expect(items[0]?.trend[0]).toEqual({ start: new Date(at(60)).toISOString(), finished: 1, failed: 1 })
    expect(items[0]?.trend[22]).toMatchObject({ finished: 1, failed: 0 })
  })

  it('orders bars as most runs come to them, with failures of the start in front and of unknown steps at the end', async () => {
    const steps = [step('act', 50), step('plan', 10)]
    const scope = await projectWith([
      runSpec({ runId: 'a', steps }),
      runSpec({ runId: 'b', steps: [step('act', 1), step('plan', 900)] }),
      runSpec({ runId: 'c', steps, outcome: 'failure', charge: charge('start→support-refund', '') }),
      runSpec({ runId: 'd', steps, outcome: 'failure', charge: charge('plan→ghost', 'ghost', 'control') }),
      runSpec({ runId: 'e', steps, outcome: 'failure', charge: charge('plan→act', 'act', '') }),
      runSpec({ runId: 'f', steps, outcome: 'failure', charge: charge('act→search', 'act') }),
      runSpec({ runId: 'g', steps, outcome: 'failure', charge: charge('act→search', 'act') }),
      runSpec({ runId: 'h', outcome: 'failure' }),
      runSpec({ runId: 'i', outcome: 'unknown' }),
    ])
    const report = await gap(scope, { since: '48h', pipeline: 'support-refund', mode: 'final' })
    expect(report.bars.map(({ step: name, charged, worstSeam, from, to }) => [name, charged, worstSeam, from, to])).toEqual([
      ['start', 1, 'start→support-refund', 8, 7],
      ['plan', 0, '', 7, 7],
      ['act', 3, 'act→search', 7, 4],
      ['ghost', 1, 'plan→ghost', 4, 3],
    ])
    expect(report.bars[2]?.gaps).toEqual({ state: 0, control: 0, error: 0, tool: 2, unclassified: 1 })
    expect(report).toMatchObject({ n: 8, successes: 2, unattributed: 1, worstCaseRate: 2 / 9 })
  })

  it('compares the observed rate with that of independent steps on the paths that were taken', async () => {
    const both = [step('plan', 0), step('act', 9)]
    const scope = await projectWith([
      ...['a', 'b', 'c'].map((runId) => runSpec({ runId, steps: both })),
      runSpec({ runId: 'd', steps: [step('plan', 0), step('act', 9, 1, 1)], outcome: 'failure', charge: charge('plan→act', 'act') }),
      runSpec({ runId: 'e', steps: [step('plan', 0, 2, 1)] }),
    ])
    const report = await gap(scope, { since: '48h', pipeline: 'support-refund', mode: 'first_try' })
    // plan 5 of 6, act 3 of 4; four runs plan → act, one plan → plan
    const model = (4 * (5 / 6) * (3 / 4) + (5 / 6) ** 2) / 5
    expect(report.independentSteps).toBeCloseTo(model, 12)
    expect(report.residual).toBeCloseTo(4 / 5 - model, 12)
  })

  it('lists rates by version whatever version is asked for', async () => {
    const scope = await projectWith([
      runSpec({ runId: 'a', version: '2' }),
      runSpec({ runId: 'b', version: '10' }),
      runSpec({ runId: 'c', version: '2', outcome: 'failure' }),
    ])
    const report = await gap(scope, { since: '48h', pipeline: 'support-refund', version: '10', mode: 'final' })
    expect(report.n).toBe(1)
    expect(report.versions.map(({ version, observed }) => [version, observed.successes, observed.n])).toEqual([
      ['10', 1, 1],
      ['2', 1, 2],
    ])
  })

  it('tells of a seam who crossed it, its commonest cause and the newest runs', async () => {
    const crossing = { seam: 'plan→act', kind: 'handoff', source: 'plan', target: 'act', layer: 'execution', crossings: 2, recovered: 1 }
    const scope = await projectWith([
      runSpec({ runId: 'good', seams: [crossing] }),
      ...[4, 1, 3, 2].map((minutes) =>
        runSpec({
          runId: `bad-${minutes}`,
          endMs: at(minutes),
          outcome: 'failure',
          wastedUsd: 0.1,
          seams: [crossing],
          charge: { ...charge('plan→act', 'act'), message: `after ${minutes} s` },
        }),
      ),
      runSpec({
        runId: 'odd',
        endMs: at(9),
        outcome: 'failure',
        charge: { ...charge('plan→act', 'act', 'error'), kind: 'exception', certain: false },
      }),
    ])
    const { items } = await seams(scope, { since: '48h', limit: 50 })
    expect(items).toMatchObject([
      {
        seam: 'plan→act',
        kind: 'handoff',
        from: 'plan',
        to: 'act',
        runs: 5,
        crossings: 10,
        recovered: 5,
        chargedRuns: 5,
        share: 5 / 6,
        certainRuns: 4,
        topKind: 'tool_timeout',
        topMessage: 'after 1 s',
        exampleRunIds: ['bad-1', 'bad-2', 'bad-3'],
        gaps: { tool: 4, error: 1 },
      },
    ])
  })

  it('finds runs in the bucket of other traces, but not where charges are asked for', async () => {
    const scope = await projectWith([
      runSpec({ runId: 'mine', outcome: 'failure', charge: charge('plan→act', 'act') }),
      runSpec({ runId: 'stray', pipeline: 'other', outcome: 'failure', charge: charge('plan→act', 'act') }),
    ])
    const idsOf = async (query: Partial<EndpointQuery<'runs'>>) =>
      (await runs(scope, { since: '48h', limit: 10, ...query })).items.map((run) => run.runId).sort()
    expect(await idsOf({})).toEqual(['mine', 'stray'])
    expect(await idsOf({ gap: ['tool'] })).toEqual(['mine'])
    expect(await idsOf({ gap: ['tool'], pipeline: 'other' })).toEqual(['stray'])
  })

  it('takes every text for a value and never for SQL', async () => {
    const scope = await projectWith([runSpec({ runId: 'only' })])
    const hostile = ["' OR 1=1 --", '{pipeline:String}', "\\'; DROP TABLE runs; --", 'a\n\nDROP TABLE runs', '\0', '%', '`', '日本\u202e']
    for (const text of hostile) {
      const window = { since: '48h', environment: text }
      for (const name of ['pipeline', 'version', 'kind', 'seam', 'step', 'session', 'q'] as const) {
        expect((await runs(scope, { since: '48h', limit: 10, [name]: text })).items, `${name} ${text}`).toEqual([])
      }
      expect((await gap(scope, { ...window, pipeline: text, version: text, mode: 'final' })).n).toBe(0)
      expect((await layers(scope, { ...window, pipeline: text })).n).toBe(0)
      expect((await seams(scope, { ...window, pipeline: text, limit: 10 })).items).toEqual([])
      expect((await pipelines(scope, window, new Map())).items).toEqual([])
    }
    expect((await runs(scope, { since: '48h', limit: 10 })).items).toHaveLength(1)
  })

  it('finds the drop of the last two hours and the seam that made it', async () => {
    const scope = await projectWith(
      Array.from({ length: 600 }, (_, index) => {
        const minutesAgo = 1 + (index * 47 * 60) / 600
        const dropped = minutesAgo < 120 && index % 3 === 0
        const usual = index % 40 === 0
        return runSpec({
          runId: `run-${index}`,
          endMs: at(minutesAgo),
          ...((dropped || usual) && { outcome: 'failure', charge: charge(dropped ? 'plan→act' : 'act→search', 'act') }),
        })
      }),
    )
    const alerts = startAlerts({
      store: scope.store,
      config: { externalUrl: 'http://localhost:4319', projects: [scope.project], now: () => now },
      log: { info: () => {}, warn: () => {} },
    })
    await alerts.evaluateNow()
    await alerts.stop()
    expect(alerts.rules(scope.project)).toMatchObject([{ state: 'firing', verdict: { seam: { seam: 'plan→act' } } }])
  })
}
