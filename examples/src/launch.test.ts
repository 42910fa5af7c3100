import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { SEAMTRACE } from '@seamtrace/schema'
import { type Started, start } from '@seamtrace/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPace } from './fakes/pace.ts'
import { createWorld, type World } from './fakes/world.ts'
import { createInjector } from './faults/injector.ts'
import { FAULTS, LINES, type Line, PASSING } from './faults/kinds.ts'
import { DEFAULT_RUNS, type PlannedRun, planRuns } from './faults/plan.ts'
import { truthOf } from './faults/truth.ts'
import { createLauncher, type Ending, endsAsPlanned, type Launcher } from './launch.ts'

/** Faster than in the demo, and still slow enough for the time-out of orders_api to mean something. */
const SPEED = 60
const plan = planRuns({ runs: DEFAULT_RUNS, seed: 11, hours: 48, faults: true, nowMs: Date.now() })
const memory = new InMemorySpanExporter()
const injector = createInjector()
let world: World
let launch: Launcher
let seamtrace: Started

beforeAll(async () => {
  seamtrace = start({ service: 'test', exporter: memory })
  world = await createWorld(injector, createPace(SPEED))
  launch = createLauncher(world)
})
beforeEach(() => memory.reset())
afterAll(async () => {
  await world.close()
  await seamtrace.shutdown()
})

const find = (line: Line, wanted: (run: PlannedRun) => boolean): PlannedRun => {
  const run = plan.find((item) => item.line === line && wanted(item))
  if (!run) throw new Error(`the plan has no such run of ${line}`)
  return run
}

const play = async (run: PlannedRun): Promise<{ ending: Ending; spans: ReadableSpan[] }> => {
  injector.add(run)
  const ending = await launch(run)
  injector.remove(run)
  await seamtrace.flush()
  return { ending, spans: memory.getFinishedSpans() }
}

const failedChecks = (spans: ReadableSpan[]) =>
  spans.filter(({ attributes }) => attributes[SEAMTRACE.checkResult] === 'fail').map(({ attributes }) => attributes[SEAMTRACE.checkName])

describe('a run with a lasting fault', () => {
  it.each(LINES.flatMap((line) => FAULTS[line].map(({ kind }) => [line, kind] as const)))(
    '%s ends as the truth about %s says',
    async (line, kind) => {
      const run = find(line, ({ fault, rescued }) => fault === kind && !rescued)
      const { ending, spans } = await play(run)
      expect(endsAsPlanned(run, ending)).toBe(true)
      // What the program did not notice, a check of its result says.
      if (ending.ended === 'done') expect(failedChecks(spans)).toHaveLength(1)
    },
  )
})

describe('a run with a fault that passes', () => {
  it.each(LINES.flatMap((line) => PASSING[line].map(({ kind }) => [line, kind] as const)))('%s survives %s', async (line, kind) => {
    const run = find(line, ({ fault, rescued, scenario }) => fault === kind && rescued && !scenario.staysWaiting)
    const { ending, spans } = await play(run)
    expect(ending).toEqual({ ended: 'done' })
    expect(failedChecks(spans).every((name) => name === 'draft_quality' || name === 'totals')).toBe(true)
  })
})

describe('a healthy run', () => {
  it.each(LINES)('of %s succeeds in one trace, and all its spans carry its id', async (line) => {
    const run = find(line, ({ fault, scenario }) => fault === null && !scenario.asksPerson)
    const { ending, spans } = await play(run)
    expect(ending).toEqual({ ended: 'done' })
    expect(failedChecks(spans)).toEqual([])
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1)
    expect(new Set(spans.map(({ attributes }) => attributes[SEAMTRACE.runId]))).toEqual(new Set([run.runId]))
  })

  it.each(['support-refund', 'regulation-watch'] as const)(
    'of %s that asks a person goes on in a second trace with the same id',
    async (line) => {
      const run = find(line, ({ fault, scenario }) => fault === null && scenario.asksPerson && !scenario.staysWaiting)
      const { ending, spans } = await play(run)
      expect(ending).toEqual({ ended: 'done' })
      expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(2)
      expect(new Set(spans.map(({ attributes }) => attributes[SEAMTRACE.runId]))).toEqual(new Set([run.runId]))
    },
  )

  it.each(['support-refund', 'regulation-watch', 'intake-triage'] as const)('of %s whose person does not answer waits', async (line) => {
    const run = find(line, ({ scenario }) => scenario.staysWaiting)
    expect(truthOf(run).outcome).toBe('waiting')
    expect((await play(run)).ending).toEqual({ ended: 'waiting' })
  })
})

describe('what the programs say', () => {
  it('never names a gap, a kind, or a layer', async () => {
    for (const line of LINES) {
      await play(find(line, ({ fault, rescued }) => fault !== null && !rescued))
      const keys = memory.getFinishedSpans().flatMap(({ attributes }) => Object.keys(attributes))
      expect(keys).not.toContain(SEAMTRACE.failureKind)
      expect(keys).not.toContain(SEAMTRACE.layer)
    }
  })
})
