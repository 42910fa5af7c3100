// What log records and prices ask of a server and of a cluster: their tables, the view that touches traces, and every question about them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { model, pipeline, spansOf, step } from '../../collector/src/analyze/spans.fixture.ts'
import { deriveTraces } from '../../collector/src/derive/derive-batch.ts'
import { createPriceSource } from '../../collector/src/derive/prices.ts'
import { traceLogs } from '../../collector/src/query/trace-logs.ts'
import { sentLog } from '../../collector/src/recognize/sent-log.fixture.ts'
import { insertLogs } from '../../collector/src/store/insert-logs.fixture.ts'
import { insertSpans } from '../../collector/src/store/insert-spans.fixture.ts'
import { migrate } from '../../collector/src/store/migrate.ts'
import type { Store } from '../../collector/src/store/open.ts'
import { pricesChangedMs, readPrices, writePrice } from '../../collector/src/store/price-rows.ts'
import { readRows } from '../../collector/src/store/read.ts'
import { runOfDetail } from '../../collector/src/store/run-detail.ts'
import { runsMadeBetween } from '../../collector/src/store/runs-of-traces.ts'
import { startTestCluster } from './cluster.fixture.ts'

describe('on a cluster of two shards', () => {
  let store: Store
  let close: () => Promise<void>
  beforeAll(async () => {
    const cluster = await startTestCluster()
    const nodes = await cluster.open()
    await migrate(nodes[0], { nodes })
    store = nodes[1]
    close = cluster.close
  }, 120_000)
  afterAll(() => close())

  // enough traces that both shards have some
  const traces = Array.from({ length: 8 }, (_, index) =>
    spansOf(pipeline('shop', {}, [step('answer', {}, [model()])]), { trace: index + 1 }),
  )
  const ids = traces.map(([span]) => span?.traceId ?? '')
  const price = { model: 'gpt-4o-mini', rates: { input: 1, output: 10 } }
  const name = { model: 'gpt-4o-mini', provider: '', from: '' }

  it('late verdicts and prices of the project reach the runs', async () => {
    const context = {
      ...{ store, prices: createPriceSource(store, 0), log: { info: () => {}, warn: (message: string) => expect.unreachable(message) } },
      ...{ disabledRules: new Set<string>(), retentionMs: 30 * 86_400_000, shared: false, onLate: () => {} },
    }
    const stored = async () => {
      const rows = await readRows<{ detail: string }>(store, "SELECT detail FROM runs FINAL WHERE project = 'p'")
      return rows.map(({ detail }) => runOfDetail(detail)).map(({ outcome, costUsd }) => `${outcome} ${costUsd}`)
    }
    const refs = ids.map((traceId) => ({ project: 'p', traceId }))
    await insertSpans(store, 'p', traces.flat())
    expect(await deriveTraces(context, refs)).toEqual([])
    expect(new Set(await stored())).toEqual(new Set(['success 0.00021']))

    const wrong = traces.map(([root]) =>
      sentLog({
        ...{ traceId: root?.traceId ?? '', spanId: root?.spanId ?? '', event: 'gen_ai.evaluation.result', atMs: 86_400_000 },
        attributes: { 'gen_ai.evaluation.score.label': 'fail' },
      }),
    )
    await insertLogs(store, 'p', wrong)
    await writePrice(store, 'p', name, { price, setBy: 'me', isRemoved: false })
    expect((await runsMadeBetween(store, 'p', { fromMs: 0, toMs: (await pricesChangedMs(store, 'p')) + 1, after: '' }, 100)).length).toBe(8)
    expect(await deriveTraces(context, refs)).toEqual([])
    expect(await stored()).toEqual(Array.from({ length: 8 }, () => 'failure 0.002'))
  }, 60_000)

  it('records are shown trace by trace, and prices as they are now', async () => {
    for (const traceId of ids) {
      const { items } = await traceLogs({ store, project: 'p', now: new Date() }, { traceId }, { limit: 10 })
      expect(items.map(({ eventName }) => eventName)).toEqual(['gen_ai.evaluation.result'])
    }
    expect(await readPrices(store, 'p')).toMatchObject([{ ...price, setBy: 'me' }])
    await writePrice(store, 'p', name, { price, setBy: 'me', isRemoved: true })
    expect(await readPrices(store, 'p')).toEqual([])
  }, 60_000)
})
