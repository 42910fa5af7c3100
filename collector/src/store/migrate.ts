// Brings the tables to this release: applies schema/sql/*.sql in order, each exactly once, and remembers what was applied.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { SeamtraceError } from '@seamtrace/schema'
import { type ClusterStore, clusterGround } from './migrate-cluster.ts'
import { singleGround } from './migrate-single.ts'
import type { Store } from './open.ts'
import { readRows } from './read.ts'
import type { Statement } from './render-migration.ts'
import { keepFor } from './retention.ts'

export type Migration = { name: string; sql: string; checksum: string }
export type MigrateOptions = {
  migrations?: Migration[]
  /** all nodes of a cluster without Keeper, which have to be told one by one */
  nodes?: readonly Store[]
  /** days from arrival for which rows are kept */
  retentionDays?: number | undefined
}

const REMEMBER: Statement = {
  name: 'schema_migrations',
  sql: `CREATE TABLE IF NOT EXISTS schema_migrations {on_cluster} (
  name String,
  checksum String,
  applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
) ENGINE = {engine}ReplacingMergeTree(applied_at)
ORDER BY (name)`,
}

/**
 * Applies what is missing and gives back its names. A file that was applied once must never change.
 * @throws SeamtraceError when an applied file was changed, when the store was written by a newer release, or made for another cluster
 */
export async function migrate(store: Store, options: MigrateOptions = {}): Promise<string[]> {
  const migrations = options.migrations ?? readMigrations()
  const ground = isClustered(store) ? clusterGround(store, options.nodes?.filter(isClustered), REMEMBER) : singleGround(store, REMEMBER)
  await ground.prepare()
  const applied = await appliedChecksums(store)
  refuseForeign(migrations, applied)

  const missing = migrations.filter((migration) => !applied.has(migration.name))
  for (const { name, sql, checksum } of missing) {
    // Killed between these two, the file runs again: every object is made IF NOT EXISTS.
    await ground.apply({ name, sql }).catch((error: Error) => {
      throw new SeamtraceError('internal', `cannot apply ${name}: ${error.message}`, { cause: error })
    })
    await store.client.insert({
      table: 'schema_migrations',
      columns: ['name', 'checksum'],
      values: [{ name, checksum }],
      format: 'JSONEachRow',
    })
  }
  if (options.retentionDays !== undefined) await keepFor(store, ground, options.retentionDays)
  await ground.settle()
  return missing.map((migration) => migration.name)
}

const isClustered = (store: Store): store is ClusterStore => store.cluster !== undefined

/** The numbered files of @seamtrace/schema, in order. */
export function readMigrations(folder = sqlFolder()): Migration[] {
  const names = readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
  return names.map((name) => migrationOf(name, readFileSync(join(folder, name), 'utf8')))
}

/** Line ends are made equal, so that a checkout on Windows has the same checksum. */
export function migrationOf(name: string, text: string): Migration {
  const sql = text.replaceAll('\r\n', '\n').trim()
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
}

async function appliedChecksums(store: Store): Promise<Map<string, string>> {
  const rows = await readRows<{ name: string; checksum: string }>(
    store,
    `SELECT name, checksum FROM schema_migrations FINAL WHERE name LIKE '%.sql'`,
  )
  return new Map(rows.map((row) => [row.name, row.checksum]))
}

function refuseForeign(migrations: Migration[], applied: Map<string, string>): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration.checksum]))
  for (const [name, checksum] of applied) {
    if (!known.has(name)) {
      throw new SeamtraceError(
        'internal',
        `cannot open the store: it was written by a newer release (${name} is not known here); upgrade seamtrace or choose another data folder with --data`,
      )
    }
    if (known.get(name) !== checksum) {
      throw new SeamtraceError(
        'internal',
        `cannot open the store: ${name} differs from the file that was applied to it; applied files must not change, add a new one`,
      )
    }
  }
}

// Not import.meta.resolve: test runners do not all implement it.
const sqlFolder = (): string => dirname(createRequire(import.meta.url).resolve('@seamtrace/schema/sql/0001_spans.sql'))
