import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AlertEvent, AlertRuleStatus } from '@seamtrace/schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { insertRunSpecs, type RunSpec, runSpec } from '../../../test/engine/run-rows.fixture.ts'
import { alertEvents } from '../query/alert-events.ts'
import { writeProject } from '../store/access-rows.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'
import { type Alerts, startAlerts } from './start.ts'

type AlertsOfOne = Omit<Alerts, 'rules'> & { rules(): AlertRuleStatus[] }

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Date.parse(`${new Date().toISOString().slice(0, 13)}:00:00Z`)
const log = { info: () => {}, warn: () => {} }
const charge = (seam: string) => ({
  seam,
  seamKind: 'tool',
  step: 'act',
  layer: 'execution',
  gap: 'tool',
  kind: 'tool_timeout',
  certain: true,
  message: `${seam} timed out`,
})

describe('the alert evaluator', () => {
  let store: Store
  let projects = 0
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-alert-'))
  const started: Alerts[] = []

  beforeAll(async () => {
    store = await openStore({ dataDir: folder })
    await migrate(store)
  })
  afterAll(async () => {
    await Promise.all(started.map((alerts) => alerts.stop()))
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** A project with a clock that stands still until it is moved. */
  const stage = () => {
    const project = `a${++projects}`
    const clock = { ms: START }
    let ids = 0
    const start = (watchOnly = false): AlertsOfOne => {
      const config = {
        watchOnly,
        externalUrl: 'http://localhost:4319',
        projects: [project],
        intervalMs: HOUR,
        now: () => new Date(clock.ms),
      }
      const alerts = startAlerts({ store, config, log })
      started.push(alerts)
      return { ...alerts, rules: () => alerts.rules(project) }
    }
    /** `n` runs of which `failed` failed, all spread over the hours before a moment. */
    const addRuns = async (endMs: number, hours: number, n: number, failed: number, rest: Partial<RunSpec> = {}): Promise<void> => {
      const specs = Array.from({ length: n }, (_, index) =>
        runSpec({
          runId: `run-${++ids}`,
          endMs: endMs - 1 - Math.floor((hours * HOUR * index) / n),
          pipeline: 'billing',
          ...((index * failed) % n < failed && { outcome: 'failure', charge: charge('act→search') }),
          ...rest,
        }),
      )
      await insertRunSpecs(store, project, specs)
    }
    const events = async (): Promise<AlertEvent[]> => (await alertEvents({ store, project, now: new Date(clock.ms) }, { limit: 50 })).items
    return { project, clock, start, addRuns, events }
  }

  const stateOf = (alerts: AlertsOfOne, pipeline = 'billing') => alerts.rules().find((rule) => rule.pipeline === pipeline)?.state

  it('is silent about a pipeline that is well, and fires once when it drops', async () => {
    const { clock, start, addRuns, events } = stage()
    await addRuns(START, 48, 480, 10)
    const alerts = start()
    await alerts.evaluateNow()
    expect(alerts.rules()).toMatchObject([
      { ruleId: 'reliability-dropped:billing', state: 'ok', evaluatedAt: new Date(START).toISOString() },
    ])
    expect(await events()).toEqual([])

    clock.ms = START + HOUR
    await addRuns(clock.ms, 1, 30, 15)
    await alerts.evaluateNow()
    await alerts.evaluateNow()
    expect(stateOf(alerts)).toBe('firing')
    expect(await events()).toMatchObject([
      {
        from: 'ok',
        to: 'firing',
        at: new Date(clock.ms).toISOString(),
        delivery: { status: 'none' },
        verdict: {
          seam: { seam: 'act→search', layer: 'execution', gap: 'tool', failureKind: 'tool_timeout', message: 'act→search timed out' },
        },
      },
    ])
    expect((await events())[0]?.verdict.exampleRunIds).toHaveLength(3)
  })

  it('fires for history that is imported at once, because it looks at when runs ended', async () => {
    const { start, addRuns, events } = stage()
    await addRuns(START - 2 * HOUR, 46, 460, 14)
    await addRuns(START, 2, 40, 20)
    const alerts = start()
    await alerts.evaluateNow()
    expect(stateOf(alerts)).toBe('firing')
    expect(await events()).toHaveLength(1)
  })

  it('writes a drop once, however many processes find it, and not where it only watches', async () => {
    const { start, addRuns, events } = stage()
    await addRuns(START - 2 * HOUR, 46, 460, 14)
    await addRuns(START, 2, 40, 20)
    const watching = start(true)
    await watching.evaluateNow()
    expect(stateOf(watching)).toBe('firing')
    expect(await events()).toEqual([])
    await Promise.all([start(), start(), start()].map((alerts) => alerts.evaluateNow()))
    expect(await events()).toHaveLength(1)
  })

  it('goes on after a restart where it was', async () => {
    const { clock, start, addRuns, events } = stage()
    await addRuns(START - 2 * HOUR, 46, 460, 14)
    await addRuns(START, 2, 40, 20)
    const first = start()
    await first.evaluateNow()
    await first.stop()
    clock.ms += MINUTE
    const second = start()
    await second.evaluateNow()
    expect(second.rules()).toMatchObject([{ state: 'firing', since: new Date(START).toISOString() }])
    expect(await events()).toHaveLength(1)
  })

  it('is not over when the data vanishes, but when the rate is back', async () => {
    const { clock, start, addRuns, events } = stage()
    await addRuns(START - 2 * HOUR, 46, 460, 14)
    await addRuns(START, 2, 40, 20)
    const alerts = start()
    await alerts.evaluateNow()
    clock.ms += 24 * HOUR
    await alerts.evaluateNow()
    expect(stateOf(alerts)).toBe('no_data')
    await alerts.evaluateNow()
    await addRuns(clock.ms, 1, 40, 20)
    await alerts.evaluateNow()
    expect(stateOf(alerts)).toBe('firing')
    clock.ms += 6 * HOUR
    await addRuns(clock.ms, 2, 60, 2)
    await alerts.evaluateNow()
    await alerts.evaluateNow()
    expect((await events()).map(({ from, to }) => `${from} ${to}`).reverse()).toEqual([
      'ok firing',
      'firing no_data',
      'no_data firing',
      'firing ok',
    ])
  })

  it('makes each transition once, also when the clock is set back', async () => {
    const { clock, start, addRuns, events } = stage()
    await addRuns(START - 2 * HOUR, 46, 460, 14)
    await addRuns(START, 2, 40, 20)
    const alerts = start()
    await alerts.evaluateNow()
    await addRuns(START, 0.1, 2_000, 0)
    clock.ms -= MINUTE
    for (let look = 0; look < 3; look++) await alerts.evaluateNow()
    expect((await events()).map(({ to, at }) => [to, at]).reverse()).toEqual([
      ['firing', new Date(START).toISOString()],
      ['ok', new Date(START + 1).toISOString()],
    ])
  })

  it('is not over because the drop has become the baseline', async () => {
    const { clock, start, addRuns } = stage()
    await addRuns(START - 2 * HOUR, 46, 460, 14)
    await addRuns(START, 2, 40, 20)
    const alerts = start()
    await alerts.evaluateNow()
    clock.ms += 5 * 24 * HOUR
    await addRuns(clock.ms, 5 * 24 - 1, 2_400, 0, { outcome: 'failure' })
    await alerts.evaluateNow()
    expect(alerts.rules()).toMatchObject([{ state: 'firing', verdict: { baseline: { n: 460, successes: 446 } } }])
  })

  it('counts runs whose end stays unknown as failures, and no others that have not ended well or badly', async () => {
    const { start, addRuns } = stage()
    await addRuns(START - 2 * HOUR, 46, 460, 0)
    await addRuns(START, 2, 30, 0)
    await addRuns(START, 2, 10, 0, { outcome: 'unknown' })
    await addRuns(START, 2, 10, 0, { outcome: 'unknown', rowVersion: START })
    for (const outcome of ['running', 'waiting', 'cancelled'] as const) await addRuns(START, 2, 50, 0, { outcome })
    const alerts = start()
    await alerts.evaluateNow()
    expect(alerts.rules()).toMatchObject([{ state: 'firing', verdict: { window: { n: 40, successes: 30 }, seam: null } }])
  })

  it('has no rule for the bucket of other traces', async () => {
    const { start, addRuns } = stage()
    await addRuns(START - 2 * HOUR, 46, 460, 0, { pipeline: 'other' })
    await addRuns(START, 2, 40, 40, { pipeline: 'other' })
    const alerts = start()
    await alerts.evaluateNow()
    expect(alerts.rules()).toEqual([])
  })

  it('writes nothing about lulls of a pipeline that never fired', async () => {
    const { clock, start, addRuns, events } = stage()
    await addRuns(START, 48, 480, 10)
    const alerts = start()
    await alerts.evaluateNow()
    clock.ms += 12 * HOUR
    await alerts.evaluateNow()
    expect(alerts.rules()).toMatchObject([{ state: 'no_data', since: new Date(clock.ms).toISOString() }])
    expect(await events()).toEqual([])
  })

  it('refuses a webhook that is no address', () => {
    for (const webhookUrl of ['localhost:1', 'ftp://h/', 'file:///etc/passwd', 'http://user:pw@h/', 'nope']) {
      expect(() => startAlerts({ store, config: { externalUrl: 'http://localhost:4319', webhookUrl }, log })).toThrow(/^cannot use webhook/)
    }
  })

  it('looks at every project that there is, and keeps what it finds apart', async () => {
    const well = stage()
    const ill = stage()
    for (const { project } of [well, ill])
      await writeProject(store, { project, createdAt: new Date(START).toISOString(), createdBy: 'test' })
    await well.addRuns(START, 48, 480, 10)
    await ill.addRuns(START - 2 * HOUR, 46, 460, 14)
    await ill.addRuns(START, 2, 40, 20)
    const alerts = startAlerts({
      store,
      config: { externalUrl: 'http://localhost:4319', intervalMs: HOUR, now: () => new Date(START) },
      log,
    })
    started.push(alerts)
    await alerts.evaluateNow()
    const states = (project: string) => alerts.rules(project).map(({ pipeline, state }) => [pipeline, state])
    expect(states(well.project)).toEqual([['billing', 'ok']])
    expect(states(ill.project)).toEqual([['billing', 'firing']])
    expect(states('default')).toEqual([])
    expect(states('nobody')).toEqual([])
    expect([(await well.events()).length, (await ill.events()).length]).toEqual([0, 1])
  })
})
