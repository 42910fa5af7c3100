// Blocks of a real spool into the real engine: an outage is waited for, a bad row is set aside and costs no other.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pipeline, spansOf, step } from '../analyze/spans.fixture.ts'
import { type Block, openSpool, type Spool } from '../spool/spool.ts'
import { createSpanEncoder } from '../store/encode-span.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'
import { readRows } from '../store/read.ts'
import { type Inserter, startInserter } from './inserter.ts'

let folder: string
let store: Store
let spool: Spool
let inserter: Inserter | undefined
let dir: string
let number = 0
const logged: string[] = []
const log = { info: (message: string) => void logged.push(message), warn: (message: string) => void logged.push(message) }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seamtrace-insert-'))
  store = await openStore({ dataDir: folder })
  await migrate(store)
})
beforeEach(async () => {
  dir = join(folder, `spool-${number++}`)
  spool = await openSpool({ dir, maxBytes: 64 * 1024 ** 2, sealAfterMs: 5 })
  logged.length = 0
})
afterEach(async () => {
  await inserter?.stop()
  await spool.close()
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const rowsOf = (project: string, traces: number): { bytes: Buffer; count: number } => {
  const encoder = createSpanEncoder()
  const spans = Array.from({ length: traces }, (_, trace) => spansOf(pipeline('p', {}, [step('a')]), { trace: trace + 1 })).flat()
  for (const span of spans) encoder.add(project, span)
  return { bytes: encoder.take(), count: spans.length }
}
const stored = async (project: string, table = 'spans'): Promise<number> => {
  const [row] = await readRows<{ rows: number }>(store, `SELECT count() AS rows FROM ${table} FINAL WHERE project = {project:String}`, {
    project,
  })
  return row?.rows ?? 0
}
const drained = () => expect.poll(() => spool.stats().waiting.rows, { timeout: 20_000, interval: 10 }).toBe(0)

/** A store of which the first so many inserts fail. */
const failing = (times: number, error: Error): Pick<Store, 'client'> => {
  let left = times
  const client = new Proxy(store.client, {
    get: (target, name) => {
      if (name === 'exec' && left-- > 0) return () => Promise.reject(error)
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { client }
}

/** Collects garbage at once: what is still reachable afterwards is held by somebody. */
const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

describe('the inserter', () => {
  it('holds no block once the store has it', async () => {
    const given: WeakRef<Block>[] = []
    const watched = new Proxy(spool, {
      get: (target, name) => {
        if (name !== 'nextBlock') return Reflect.get(target, name)
        return async () => {
          const block = await target.nextBlock()
          if (block) given.push(new WeakRef(block))
          return block
        }
      },
    })
    inserter = startInserter({ spool: watched, store, log })
    for (let block = 0; block < 20; block++) {
      const { bytes, count } = rowsOf(`held-${block}`, 1)
      await spool.append(bytes, count, 'spans_2')
      await drained()
    }
    expect(given.length).toBeGreaterThan(10)
    await expect
      .poll(
        () => {
          collectGarbage()
          return given.filter((block) => block.deref() !== undefined).length
        },
        { timeout: 20_000 },
      )
      .toBeLessThan(3)
  })

  it('takes blocks of all forms into their tables', async () => {
    const { bytes, count } = rowsOf('all', 20)
    await spool.append(bytes, count, 'spans_2')
    const log_record = { project: 'all', identity_hex: 'ab'.repeat(16), time_unix_nano: '1763600000000000000', body: '{}' }
    await spool.append(Buffer.from(`${JSON.stringify(log_record)}\n`), 1, 'log_records_1')
    inserter = startInserter({ spool, store, log })
    await drained()
    expect(await stored('all')).toBe(count)
    expect(await stored('all', 'log_records')).toBe(1)
    expect(inserter.stats()).toMatchObject({ rows: count + 1, blocks: 2, retries: 0, failing: null })
  })

  it('waits an outage out, tells of it once, and loses nothing', async () => {
    const { bytes, count } = rowsOf('outage', 5)
    await spool.append(bytes, count, 'spans_2')
    inserter = startInserter({ spool, store: failing(4, new Error('connect ECONNREFUSED')), log, retryDelaysMs: [5] })
    await drained()
    expect(await stored('outage')).toBe(count)
    expect(inserter.stats()).toMatchObject({ retries: 4, failing: null })
    expect(logged).toEqual([
      expect.stringContaining('cannot insert: connect ECONNREFUSED; rows wait in the spool'),
      expect.stringContaining('the store takes rows again'),
    ])
  })

  it('leaves in the spool what it could not insert before it is told to stop, for the next start', async () => {
    const { bytes, count } = rowsOf('stopped', 5)
    await spool.append(bytes, count, 'spans_2')
    inserter = startInserter({ spool, store: failing(Number.POSITIVE_INFINITY, new Error('down')), log, retryDelaysMs: [5] })
    await expect.poll(() => inserter?.stats().failing).not.toBeNull()
    await inserter.stop()
    await spool.close()
    expect(await stored('stopped')).toBe(0)
    spool = await openSpool({ dir, maxBytes: 64 * 1024 ** 2, sealAfterMs: 5 })
    inserter = startInserter({ spool, store, log })
    await drained()
    expect(await stored('stopped')).toBe(count)
  })

  it('sets the one row aside that the engine refuses, and stores its neighbors', async () => {
    const good = Array.from({ length: 50 }, (_, index) => ({
      project: 'poison',
      identity_hex: index.toString(16).padStart(32, '0'),
      body: '{}',
    }))
    const bad = { project: 'poison', identity_hex: 'ff'.repeat(16), severity_number: 'not a number' }
    const lines = [...good.slice(0, 20), bad, ...good.slice(20)].map((row) => `${JSON.stringify(row)}\n`)
    await spool.append(Buffer.from(lines.join('')), lines.length, 'log_records_1')
    inserter = startInserter({ spool, store, log })
    await drained()
    expect(await stored('poison', 'log_records')).toBe(50)
    expect(spool.stats().quarantined).toMatchObject({
      files: 1,
      rows: 1,
      lastReason: expect.stringMatching(/^refused by the store: [A-Z_]+$/),
    })
    const [file] = readdirSync(join(dir, 'quarantine')).filter((name) => name.endsWith('.quarantined'))
    expect(JSON.parse(readFileSync(join(dir, 'quarantine', file ?? ''), 'utf8'))).toEqual(bad)
    expect(logged).toEqual([expect.stringMatching(/severity_number.*it is in quarantine/s)])
  })

  it('sets a block aside whose rows cannot be told apart, and one of a form that it does not know, and goes on', async () => {
    const { bytes, count } = rowsOf('torn', 3)
    await spool.append(bytes.subarray(0, bytes.length - 3), count, 'spans_2')
    await spool.append(Buffer.from('?'), 1, 'spans_99')
    inserter = startInserter({ spool, store, log })
    await expect.poll(() => spool.stats().quarantined.files, { timeout: 10_000 }).toBe(2)
    await spool.append(bytes, count, 'spans_2')
    await drained()
    expect(await stored('torn')).toBe(count)
    expect(logged.join('\n')).toContain('does not know rows of form spans_99')
  })
})
