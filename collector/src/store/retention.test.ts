// Rows go when their days are over, counted from arrival, and a changed number of days takes effect at the next start.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { pipeline, spansOf } from '../analyze/spans.fixture.ts'
import { insertSpans } from './insert-spans.fixture.ts'
import { migrate } from './migrate.ts'
import { openStore, type Store } from './open.ts'
import { readRows } from './read.ts'

let folder: string
let store: Store
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seamtrace-retention-'))
  store = await openStore({ dataDir: folder })
  await migrate(store)
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const count = async (project: string): Promise<number> => {
  const rows = await readRows<{ rows: number }>(store, 'SELECT count() AS rows FROM spans WHERE project = {project:String}', { project })
  return rows[0]?.rows ?? 0
}
const ttlOf = async (table: string): Promise<string> => {
  const rows = await readRows<{ sql: string }>(store, 'SELECT create_table_query AS sql FROM system.tables WHERE name = {table:String}', {
    table,
  })
  return /TTL .*?(toIntervalDay\(\d+\))/.exec(rows[0]?.sql ?? '')?.[1] ?? ''
}

it('keeps old spans that arrive now, and lets go of those that arrived long ago', async () => {
  const old = spansOf(pipeline('p')).map((span) => ({
    ...span,
    startTimeUnixNano: 1_000_000_000_000_000_000n,
    endTimeUnixNano: 1_000_000_001_000_000_000n,
  }))
  await insertSpans(store, 'new arrival', old)
  await insertSpans(store, 'old arrival', old)
  // what was inserted long ago cannot be made but by saying so
  await store.client.command({
    query: `INSERT INTO spans (project, trace_id, span_id, start_unix_nano, inserted_at)
      SELECT 'old arrival', trace_id, reverse(span_id), start_unix_nano, now() - INTERVAL 31 DAY FROM spans WHERE project = 'old arrival'`,
  })
  await store.client.command({ query: 'OPTIMIZE TABLE spans FINAL' })
  expect(await count('new arrival')).toBe(old.length)
  expect(await count('old arrival')).toBe(old.length)
})

it('takes a changed number of days over, for runs three times as many, and says it only once', async () => {
  await migrate(store, { retentionDays: 7 })
  expect([await ttlOf('spans'), await ttlOf('runs')]).toEqual(['toIntervalDay(7)', 'toIntervalDay(21)'])
  await store.client.command({ query: 'ALTER TABLE spans MODIFY TTL toDateTime(inserted_at) + INTERVAL 8 DAY' })
  await migrate(store, { retentionDays: 7 })
  expect(await ttlOf('spans')).toBe('toIntervalDay(8)')
  await migrate(store, { retentionDays: 30 })
  expect([await ttlOf('spans'), await ttlOf('runs')]).toEqual(['toIntervalDay(30)', 'toIntervalDay(90)'])
})
