// The questions of the API against an engine: the same suite for the embedded one and for a server.
import { ENDPOINTS, type EndpointQuery, type TimeWindow } from '@seamtrace/schema'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gap } from '../../collector/src/query/gap.ts'
import { layers } from '../../collector/src/query/layers.ts'
import { pipelines } from '../../collector/src/query/pipelines.ts'
import { runs } from '../../collector/src/query/runs.ts'
import type { Scope } from '../../collector/src/query/scope.ts'
import { seams } from '../../collector/src/query/seams.ts'
import { migrate } from '../../collector/src/store/migrate.ts'
import type { Store } from '../../collector/src/store/open.ts'
import { queryExamples } from './query-examples.suite.ts'
import { arbitraryRuns, insertRunSpecs, type RunSpec } from './run-rows.fixture.ts'

const NOW = new Date()
const HOUR = 3_600_000

const finished = (run: RunSpec): boolean => run.outcome === 'success' || run.outcome === 'failure'
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
const barOfRun = (run: RunSpec): string => (run.charge ? run.charge.step || 'start' : '')

const window = fc.constantFrom<TimeWindow>(
  { since: '48h' },
  { since: '2h' },
  { since: '90m', environment: 'staging' },
  { since: '48h', from: new Date(NOW.getTime() - 6 * HOUR).toISOString(), to: new Date(NOW.getTime() - HOUR).toISOString() },
)

/** The runs that a question must see, found without SQL. */
const inWindow = (all: readonly RunSpec[], query: TimeWindow): RunSpec[] => {
  const hours = { '48h': 48, '2h': 2, '90m': 1.5 }[query.since] ?? 0
  const from = query.from ? Date.parse(query.from) : NOW.getTime() - hours * HOUR
  const to = query.to ? Date.parse(query.to) : NOW.getTime()
  return all.filter(
    (run) => !run.isDeleted && run.endMs >= from && run.endMs < to && (!query.environment || run.environment === query.environment),
  )
}

/** Makes a project of its own out of these runs. */
export type ProjectWith = (specs: RunSpec[]) => Promise<Scope>

export const querySuite = (engine: string, openTestStore: () => Promise<{ store: Store; close(): Promise<void> }>, mostRuns = 25): void => {
  describe(`questions on ${engine}`, () => {
    let store: Store
    let close: () => Promise<void>
    let projects = 0

    beforeAll(async () => {
      ;({ store, close } = await openTestStore())
      await migrate(store)
    })
    afterAll(() => close())

    /** A project of its own is cheaper than a store of its own. Every run was there before in another state. */
    const projectWith: ProjectWith = async (specs) => {
      const project = `p${++projects}`
      const earlier = specs.map((spec): RunSpec => ({ ...spec, rowVersion: 1, isDeleted: false, outcome: 'running', charge: null }))
      await insertRunSpecs(store, project, earlier)
      await insertRunSpecs(
        store,
        project,
        specs.map((spec) => ({ ...spec, rowVersion: 7 })),
      )
      return { store, project, now: NOW }
    }

    queryProperties(projectWith, mostRuns)
    queryExamples(projectWith, NOW)
  })
}

const queryProperties = (projectWith: ProjectWith, mostRuns: number): void => {
  const examples = (check: (scope: Scope, specs: RunSpec[], query: TimeWindow) => Promise<void>, numRuns = 25) =>
    fc.assert(
      fc.asyncProperty(arbitraryRuns(NOW.getTime()), window, async (specs, query) => check(await projectWith(specs), specs, query)),
      { numRuns: Math.min(numRuns, mostRuns), interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
    )

  it('lets a waterfall fall exactly from all finished runs to the successes, in both modes', { timeout: 90_000 }, () =>
    examples(async (scope, specs, query) => {
      const alpha = inWindow(specs, query).filter((run) => run.pipeline === 'alpha')
      for (const mode of ['final', 'first_try'] as const) {
        const report = ENDPOINTS.gap.response.parse(await gap(scope, { ...query, pipeline: 'alpha', mode }))
        const succeeded = alpha.filter((run) => run.outcome === 'success' && (mode === 'final' || !run.recovered))
        expect(report.n).toBe(alpha.filter(finished).length)
        expect(report.successes).toBe(succeeded.length)
        expect(report.successes + sum(report.bars.map((bar) => bar.charged)) + report.unattributed).toBe(report.n)
        expect(Object.fromEntries(report.bars.filter((bar) => bar.charged > 0).map((bar) => [bar.step, bar.charged]))).toEqual(
          chargedByStep(alpha, mode),
        )
        expect(report.bars.map((bar) => bar.from - bar.charged)).toEqual(report.bars.map((bar) => bar.to))
        expect(report.bars.slice(1).map((bar) => bar.from)).toEqual(report.bars.slice(0, -1).map((bar) => bar.to))
        for (const bar of report.bars.filter(({ step }) => step === 'start')) expect(report.bars[0]).toBe(bar)
        expect(sum(Object.values(report.outcomes))).toBe(alpha.length)
        expect(sum(report.versions.map((version) => version.observed.n))).toBe(report.n)
      }
    }),
  )

  it('counts in the heat map every failed run once', { timeout: 90_000 }, () =>
    examples(async (scope, specs, query) => {
      const failed = inWindow(specs, query).filter((run) => run.outcome === 'failure' && run.pipeline !== 'other')
      const grid = ENDPOINTS.layers.response.parse(await layers(scope, query))
      expect(grid.failures).toBe(failed.length)
      expect(grid.unattributed).toBe(failed.filter((run) => !run.charge).length)
      expect(sum(grid.cells.map((cell) => cell.runs)) + sum(grid.unclassified.map((row) => row.runs)) + grid.unattributed).toBe(
        grid.failures,
      )
      expect(grid.cells).toHaveLength(24)
      for (const cell of grid.cells) {
        expect(cell.runs).toBe(failed.filter((run) => run.charge?.layer === cell.layer && run.charge.gap === cell.gap).length)
      }
    }),
  )

  it('charges to seams every failed run that is charged at all, and counts who crossed them', { timeout: 90_000 }, () =>
    examples(async (scope, specs, query) => {
      const seen = inWindow(specs, query).filter((run) => run.pipeline !== 'other')
      const failed = seen.filter((run) => run.outcome === 'failure')
      const { items } = ENDPOINTS.seams.response.parse(await seams(scope, { ...query, limit: 500 }))
      expect(sum(items.map((item) => item.chargedRuns)) + failed.filter((run) => !run.charge).length).toBe(failed.length)
      for (const item of items) {
        const here = failed.filter(
          (run) => run.pipeline === item.pipeline && run.charge?.seam === item.seam && run.charge.seamKind === item.kind,
        )
        const crossed = seen.filter(
          (run) => run.pipeline === item.pipeline && run.seams.some((seam) => seam.seam === item.seam && seam.kind === item.kind),
        )
        expect(item.chargedRuns).toBe(here.length)
        expect(sum(Object.values(item.gaps))).toBe(here.length)
        expect(item.certainRuns).toBe(here.filter((run) => run.charge?.certain).length)
        expect(item.wastedUsd).toBeCloseTo(sum(here.map((run) => run.wastedUsd)), 9)
        expect(item.runs).toBe(crossed.length || here.length)
        const newest = here
          .map((run) => run.endMs)
          .sort((a, b) => b - a)
          .slice(0, 3)
        expect(item.exampleRunIds.map((id) => here.find((run) => run.runId === id)?.endMs)).toEqual(newest)
      }
    }),
  )

  it('gives numbers that agree with each other, whichever question gives them', { timeout: 90_000 }, () =>
    examples(async (scope, _specs, query) => {
      const { items } = ENDPOINTS.pipelines.response.parse(await pipelines(scope, query, new Map([['alpha', 'firing']])))
      const grid = await layers(scope, query)
      const seamList = await seams(scope, { ...query, limit: 500 })
      expect(sum(items.map((item) => item.outcomes.failure))).toBe(grid.failures)
      expect(sum(items.map((item) => item.final.n))).toBe(grid.n)
      expect(items.map((item) => item.pipeline)).not.toContain('other')
      for (const item of items) {
        const of = { ...query, pipeline: item.pipeline }
        const final = await gap(scope, { ...of, mode: 'final' })
        const firstTry = await gap(scope, { ...of, mode: 'first_try' })
        expect(final.observed).toEqual(item.final)
        expect(firstTry.observed).toEqual(item.firstTry)
        expect(final.outcomes).toEqual(item.outcomes)
        expect(sum(item.trend.map((part) => part.finished))).toBe(item.final.n)
        expect(sum(item.trend.map((part) => part.failed))).toBe(item.outcomes.failure)
        expect(item.alert).toBe(item.pipeline === 'alpha' ? 'firing' : 'no_data')
        const charged = seamList.items.filter((seam) => seam.pipeline === item.pipeline)
        expect(sum(charged.map((seam) => seam.chargedRuns)) + final.unattributed).toBe(item.outcomes.failure)
        for (const bar of final.bars) expect(await countRuns(scope, { ...of, step: bar.step })).toBe(bar.charged)
        expect(await countRuns(scope, { ...of, outcome: ['failure'] })).toBe(item.outcomes.failure)
        expect(await countRuns(scope, { ...of, attributed: 'false' })).toBe(final.unattributed)
      }
      for (const cell of grid.cells.filter((one) => one.runs > 0)) {
        expect(await countRuns(scope, { ...query, layer: [cell.layer], gap: [cell.gap] })).toBe(cell.runs)
      }
      for (const seam of seamList.items.slice(0, 3)) {
        expect(await countRuns(scope, { ...query, pipeline: seam.pipeline, seam: seam.seam, seamKind: seam.kind })).toBe(seam.chargedRuns)
      }
    }, 10),
  )

  it('pages through runs without missing or repeating one, the newest first', { timeout: 90_000 }, () =>
    examples(async (scope, specs, query) => {
      const expected = inWindow(specs, query)
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = ENDPOINTS.runs.response.parse(await runs(scope, { ...query, limit: 7, cursor }))
        seen.push(...page.items.map((run) => run.runId))
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      expect(new Set(seen).size).toBe(seen.length)
      const newestFirst = expected.sort((a, b) => b.endMs - a.endMs || (a.runId < b.runId ? 1 : -1))
      expect(seen).toEqual(newestFirst.map((run) => run.runId))
    }),
  )
}

const chargedByStep = (runsOfPipeline: readonly RunSpec[], mode: 'final' | 'first_try'): Record<string, number> => {
  const charged: Record<string, number> = {}
  for (const run of runsOfPipeline) {
    const lost =
      run.outcome === 'failure'
        ? barOfRun(run)
        : mode === 'first_try' && run.outcome === 'success' && run.recovered
          ? run.firstLossStep
          : ''
    if (lost !== '') charged[lost] = (charged[lost] ?? 0) + 1
  }
  return charged
}

const countRuns = async (scope: Scope, query: Partial<EndpointQuery<'runs'>> & TimeWindow): Promise<number> =>
  (await runs(scope, { limit: 500, ...query })).items.length
