// The Distributed tables of a cluster: one over every table that holds rows, made from what the engine says of that table. Pure.
import { SeamtraceError } from '@seamtrace/schema'
import type { Cluster } from './cluster.ts'

/** A table or view on one node of a cluster, as the engine describes it. */
export type NodeTable = {
  node: string
  database: string
  table: string
  engine: string
  engineFull: string
  sortingKey: string
  columns: string
}

type Names = Pick<Cluster, 'name' | 'database' | 'localDatabase'>

/**
 * Statements that bring the Distributed tables to the local ones, on every node. They hold no rows, so they may be replaced at any time.
 * @throws SeamtraceError when a table of another kind stands in the way
 */
export const distributedStatements = (cluster: Names, tables: readonly NodeTable[]): string[] => {
  const nodes = new Set(tables.map(({ node }) => node)).size
  const locals = tables.filter(({ database, engine }) => database === cluster.localDatabase && engine.endsWith('MergeTree'))
  const spread = Map.groupBy(
    tables.filter(({ database }) => database === cluster.database),
    ({ table }) => table,
  )
  const wanted = new Map(locals.map((local) => [local.table, local]))
  const made = [...wanted.values()].flatMap((local) => {
    const found = spread.get(local.table) ?? []
    refuseOthers(cluster, found)
    const isCurrent = found.length === nodes && found.every((twin) => twin.columns === local.columns && isOver(cluster, twin))
    return isCurrent ? [] : [distributedOver(cluster, local)]
  })
  const gone = [...spread.values()].flatMap(([twin]) => (twin && !wanted.has(twin.table) && isOver(cluster, twin) ? [twin] : []))
  return [...made, ...gone.map(({ table }) => `DROP TABLE IF EXISTS \`${table}\` {on_cluster}`)]
}

const distributedOver = ({ name, localDatabase }: Names, { table, sortingKey }: NodeTable): string =>
  `CREATE OR REPLACE TABLE \`${table}\` {on_cluster} AS \`${localDatabase}\`.\`${table}\`
ENGINE = Distributed('${name}', '${localDatabase}', '${table}', ${shardingKey(table, sortingKey)})`

const isOver = ({ name, localDatabase }: Names, { table, engineFull }: NodeTable): boolean =>
  engineFull.startsWith(`Distributed('${name}', '${localDatabase}', '${table}'`)

/** The database that questions name may hold tables of somebody else. */
export const isOfStore = (cluster: Names, table: NodeTable): boolean =>
  table.database === cluster.localDatabase || (table.database === cluster.database && isOver(cluster, table))

const refuseOthers = ({ database, name }: Names, tables: readonly NodeTable[]): void => {
  const other = tables.find(({ engine }) => engine !== 'Distributed')
  if (!other) return
  throw new SeamtraceError(
    'usage',
    `cannot spread the store over cluster ${name}: database ${database} has a table ${other.table} of its own on ${other.node} (a store of a single node, or of something else); name another database in CLICKHOUSE_URL`,
    { parameters: ['clickhouseUrl', 'clickhouseCluster'] },
  )
}

// A call in the sorting key, such as toStartOfMinute(key_time): a column that is derived cannot be hashed before the row is there.
const CALL = /\w+\((?:[^()]|\([^()]*\))*\)/g

/**
 * Where a row lives. Rows of one trace meet, so that what a view makes of them stays with them; all else goes by the columns of its
 * key, so that a newer version always meets the older one. Only columns of the key take part: keys never cross shards.
 */
export const shardingKey = (table: string, sortingKey: string): string => {
  const columns: readonly string[] = sortingKey.replace(CALL, '').match(/\w+/g) ?? []
  if (columns.length === 0) throw new SeamtraceError('internal', `cannot spread table ${table}: its ORDER BY names no column`)
  const byKey = `cityHash64(${columns.join(', ')})`
  // log records that belong to no trace have zeros, and would all meet on one shard
  return columns.includes('trace_id') ? `if(trace_id = toFixedString('', 16), ${byKey}, cityHash64(trace_id))` : byKey
}
