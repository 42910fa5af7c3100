// Migrations on the real engine: once each, never changed, never older than the store.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate, migrationOf, readMigrations, templateFor } from './migrate.ts'
import { openStore, type Store } from './open.ts'
import { readRows } from './read.ts'

let folder: string
let store: Store
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seamtrace-migrate-'))
  store = await openStore({ dataDir: folder })
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('migrate', () => {
  it('applies every file once, and again nothing', async () => {
    const names = readMigrations().map((migration) => migration.name)
    expect(names[0]).toBe('0001_spans.sql')
    expect(await migrate(store)).toEqual(names)
    expect(await migrate(store)).toEqual([])
    const tables = await readRows<{ name: string }>(store, 'SELECT name FROM system.tables WHERE database = currentDatabase()')
    expect(tables.map((table) => table.name)).toEqual(expect.arrayContaining(['spans', 'trace_touch', 'runs', 'schema_migrations']))
  })

  it('applies only what is new', async () => {
    const added = migrationOf(
      '9001_added.sql',
      'CREATE TABLE IF NOT EXISTS added {on_cluster} (a UInt8) ENGINE = {engine}MergeTree ORDER BY a',
    )
    expect(await migrate(store, { migrations: [...readMigrations(), added] })).toEqual(['9001_added.sql'])
    await expect(migrate(store)).rejects.toThrow('written by a newer release (9001_added.sql is not known here)')
    await store.client.command({ query: `ALTER TABLE schema_migrations DELETE WHERE name = '9001_added.sql' SETTINGS mutations_sync = 1` })
  })

  it('refuses a file that was changed after it was applied', async () => {
    const changed = readMigrations().map((migration) =>
      migration.name === '0002_trace_touch.sql' ? migrationOf(migration.name, `${migration.sql} -- more`) : migration,
    )
    await expect(migrate(store, { migrations: changed })).rejects.toThrow('0002_trace_touch.sql differs from the file that was applied')
  })

  it('names the file that fails', async () => {
    await expect(migrate(store, { migrations: [...readMigrations(), migrationOf('9002_bad.sql', 'CREATE NONSENSE')] })).rejects.toThrow(
      'cannot apply 9002_bad.sql',
    )
    expect(await migrate(store)).toEqual([])
  })
})

describe('templateFor', () => {
  it('makes every table replicated in a cluster', () => {
    for (const { name, sql } of readMigrations()) {
      const rendered = templateFor('main')(sql)
      expect(rendered, name).toContain(`ON CLUSTER 'main'`)
      expect(rendered, name).not.toMatch(/ENGINE = (?!Replicated)\w*MergeTree|[{}]/)
      expect(templateFor(undefined)(sql), name).not.toMatch(/Replicated|CLUSTER|[{}]/)
    }
  })

  it('refuses a cluster name that could end its quotes', () => {
    expect(() => templateFor("a' ; DROP")).toThrow('cannot use cluster name')
  })

  it('does not care how lines end', () => {
    expect(migrationOf('a', 'x\r\ny\n').checksum).toBe(migrationOf('a', 'x\ny').checksum)
  })
})
