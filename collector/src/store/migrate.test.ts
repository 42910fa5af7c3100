// Migrations on the real engine: once each, never changed, never older than the store.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clusterOf } from './cluster.ts'
import { distributedStatements, type NodeTable, shardingKey } from './distributed.ts'
import { migrate, migrationOf, readMigrations } from './migrate.ts'
import { openStore, type Store } from './open.ts'
import { readRows } from './read.ts'
import { isForEveryNode, renderMigration } from './render-migration.ts'

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

describe('migrationOf', () => {
  it('does not care how lines end', () => {
    expect(migrationOf('a', 'x\r\ny\n').checksum).toBe(migrationOf('a', 'x\ny').checksum)
  })
})

describe('what a cluster is told', () => {
  const names = { name: 'main', database: 'default', localDatabase: 'default_local' }
  /** The tables as they are after all migrations, as if they stood in the database of local tables. */
  const localTables = (): Promise<NodeTable[]> =>
    readRows<NodeTable>(
      store,
      `SELECT 'n1:9000' AS node, 'default_local' AS database, name AS table, engine, engine_full AS engineFull, sorting_key AS sortingKey, '' AS columns
       FROM system.tables WHERE database = currentDatabase()`,
    )
  /** The statement as the engine reads it; throws where it cannot. */
  const parsed = async (sql: string): Promise<string> =>
    (await readRows<{ read: string }>(store, 'SELECT formatQuery({sql:String}) AS read', { sql }))[0]?.read ?? ''

  it('is replicated and on every node, each file under a path of its own', async () => {
    const paths: string[] = []
    for (const migration of readMigrations().filter(isForEveryNode)) {
      const sql = renderMigration(migration, 'main')
      expect(sql, migration.name).toContain(`ON CLUSTER 'main'`)
      expect(sql, migration.name).not.toMatch(/ENGINE = (?!Replicated)\w*MergeTree|\{engine|\{on_cluster/)
      paths.push(...(sql.match(/\/clickhouse\/tables\/\{shard\}\/\{database\}\/\w+/g) ?? []))
      expect(await parsed(sql), migration.name).toContain('ON CLUSTER main')
      expect(renderMigration(migration), migration.name).not.toMatch(/Replicated|CLUSTER|[{}]/)
    }
    expect(new Set(paths).size).toBe(paths.length)
    expect(paths).toHaveLength(readMigrations().filter(({ sql }) => sql.includes('MergeTree')).length)
  })

  it('keeps the arguments of an engine behind path and replica', () => {
    const sql = 'CREATE TABLE t {on_cluster} (a UInt8, v UInt8) ENGINE = {engine}ReplacingMergeTree(v) ORDER BY a'
    expect(renderMigration({ name: '0001_t.sql', sql }, 'main')).toBe(
      `CREATE TABLE t ON CLUSTER 'main' (a UInt8, v UInt8) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/0001_t', '{replica}', v) ORDER BY a`,
    )
  })

  it('has a Distributed table over every table with rows, and shards by columns of its key', async () => {
    const tables = await localTables()
    const statements = distributedStatements(names, tables)
    const withRows = tables.filter(({ engine }) => engine.endsWith('MergeTree'))
    expect(statements).toHaveLength(withRows.length)
    for (const { table, sortingKey } of withRows) {
      const statement = statements.find((sql) => sql.includes(`TABLE \`${table}\` {on_cluster}`)) ?? ''
      expect(await parsed(renderMigration({ name: '', sql: statement }, 'main')), table).toContain('ON CLUSTER main')
      const hashed = shardingKey(table, sortingKey)
        .match(/\w+(?![\w(])/g)
        ?.filter((word) => !/^\d+$/.test(word))
      expect(sortingKey.match(/\w+/g), table).toEqual(expect.arrayContaining(hashed ?? ['nothing']))
    }
  })

  it('leaves rows that a view makes on the shard of the rows it made them from', async () => {
    const keys = new Map((await localTables()).map(({ table, sortingKey }) => [table, sortingKey]))
    const keyOf = (table = ''): string => shardingKey(table, keys.get(table) ?? '').replace(/^if\(.*, (cityHash64\(trace_id\))\)$/, '$1')
    for (const { name, sql } of readMigrations()) {
      const view = /^CREATE MATERIALIZED VIEW .* TO (\w+)[\s\S]*?\bFROM (\w+)/m.exec(sql)
      if (view && keys.has(view[1] ?? '') && keys.has(view[2] ?? '')) expect(keyOf(view[1]), name).toBe(keyOf(view[2]))
    }
  })

  it('gives a table that is gone no Distributed table, and one that changed a new one', () => {
    const local = {
      node: 'n',
      database: 'default_local',
      table: 't',
      engine: 'MergeTree',
      engineFull: '',
      sortingKey: '(a)',
      columns: 'a b',
    }
    const twin = {
      ...local,
      database: 'default',
      engine: 'Distributed',
      engineFull: `Distributed('main', 'default_local', 't', cityHash64(a))`,
    }
    expect(distributedStatements(names, [local, twin])).toEqual([])
    expect(distributedStatements(names, [twin])).toEqual(['DROP TABLE IF EXISTS `t` {on_cluster}'])
    expect(distributedStatements(names, [local, { ...twin, columns: 'a' }])).toEqual([
      expect.stringContaining('CREATE OR REPLACE TABLE `t`'),
    ])
    expect(distributedStatements(names, [local, twin, { ...local, node: 'm' }])).toEqual([expect.stringContaining('CREATE OR REPLACE')])
    expect(() => distributedStatements(names, [local, { ...local, database: 'default' }])).toThrow(
      'database default has a table t of its own on n',
    )
    expect(() => shardingKey('t', 'tuple()')).toThrow('cannot spread table t: its ORDER BY names no column')
  })

  it('is never a name that could end its quotes', () => {
    expect(() => clusterOf("a' ; DROP", 'default', { url: 'http://localhost' })).toThrow('cannot use cluster')
    expect(() => clusterOf('main', 'a`b', { url: 'http://localhost' })).toThrow('cannot use database')
  })
})
