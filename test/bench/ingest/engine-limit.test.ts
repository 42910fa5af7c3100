import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore, type Store } from '../../../collector/src/store/open.ts'
import { measureEngineLimit, renewTraces, rowBlock, type Way } from './engine-limit.ts'
import { makeStoreHome, type StoreHome } from './store-home.ts'

const options = { profile: 'lean', seed: 3, spansPerRequest: 100, pool: 2 } as const

describe('the engine alone', () => {
  let home: StoreHome
  beforeAll(async () => {
    home = await makeStoreHome('chdb')
  })
  afterAll(() => home.remove())

  const inStore = async <T>(ask: (store: Store) => Promise<T>): Promise<T> => {
    const store = await openStore(home.store)
    return ask(store).finally(store.close)
  }

  it.each<Way>(['body', 'file'])('stores every row it counts, each for a span of its own (%s)', async (way) => {
    const count = () =>
      inStore(async ({ client }) => {
        const query = 'SELECT toString(count()) AS spans, toString(uniqExact(trace_id, span_id)) AS own FROM spans'
        const rows = await (await client.query({ query, format: 'JSONEachRow' })).json<{ spans: string; own: string }>()
        return rows.map(({ spans, own }) => ({ spans: Number(spans), own: Number(own) }))[0]
      }).catch(() => ({ spans: 0, own: 0 }))
    const before = await count()
    const seed = way === 'file' ? 4 : 3
    const limit = await measureEngineLimit(home, way, { ...options, seed }, { seconds: 0.2, rowsPerBlock: 300 })
    const after = await count()
    const warmUp = rowBlock({ ...options, seed }, 300).rows
    expect(after?.spans).toBe((before?.spans ?? 0) + limit.rows + warmUp)
    expect(after?.own).toBe(after?.spans)
    expect(limit.spansPerSecond).toBeGreaterThan(0)
    expect(limit.engineCpuSecondsPerMillionSpans).toBeGreaterThan(0)
  })

  it('renews the traces of a block, and nothing else of it', () => {
    const block = rowBlock(options, 100)
    const before = Buffer.from(block.bytes)
    renewTraces(block, 12_345)
    expect(block.bytes.equals(before)).toBe(false)
    renewTraces(block, 0)
    expect(block.bytes.equals(before)).toBe(true)
  })
})
