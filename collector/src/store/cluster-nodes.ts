// Asks every node of a cluster what it has and what it believes, and refuses a cluster whose nodes disagree.
import { SeamtraceError } from '@seamtrace/schema'
import type { Cluster } from './cluster.ts'
import { isOfStore, type NodeTable } from './distributed.ts'
import type { Store } from './open.ts'
import { readRows } from './read.ts'

type Reader = Pick<Store, 'client'>

// A node that is down must not keep a collector from starting: what it lacks shows when it is asked for it.
const onEveryNode = (cluster: Cluster, question: string): string =>
  `SELECT * FROM (SELECT * FROM clusterAllReplicas('${cluster.name}', view(${question})) SETTINGS skip_unavailable_shards = 1)`

const NODE = `concat(hostName(), ':', toString(tcpPort())) AS node`

/** All tables and views of both databases on every node that answers. */
export const readNodeTables = (store: Reader, cluster: Cluster): Promise<NodeTable[]> =>
  readRows<NodeTable>(
    store,
    onEveryNode(
      cluster,
      `SELECT ${NODE}, t.database AS database, t.name AS table, engine, engine_full AS engineFull, sorting_key AS sortingKey, columns
       FROM system.tables AS t
       LEFT JOIN (
         SELECT database, table, toString(groupArray((name, type, default_kind, default_expression))) AS columns
         FROM (SELECT * FROM system.columns ORDER BY database, table, position)
         GROUP BY database, table
       ) AS c ON c.database = t.database AND c.table = t.name
       WHERE t.database IN ('${cluster.database}', '${cluster.localDatabase}') OR (t.database = 'system' AND t.name = 'one')`,
    ),
  )

type NodeView = { node: string; layout: string; shards: string; shardDatabases: number; unmanaged: number }

/**
 * The shards with their weights, on which depends where a row lives.
 * @throws SeamtraceError when the cluster is not known, its nodes see it differently, or it is set up so that rows would be doubled
 */
export const readShards = async (store: Reader, cluster: Cluster): Promise<string> => {
  const ofThis = `cluster = '${cluster.name}'`
  const views = await readRows<NodeView>(
    store,
    onEveryNode(
      cluster,
      `SELECT ${NODE},
         toString(arraySort(groupArrayIf((shard_num, replica_num, host_name, port), ${ofThis}))) AS layout,
         toString(arraySort(groupUniqArrayIf((shard_num, shard_weight), ${ofThis}))) AS shards,
         countIf(${ofThis} AND default_database != '') AS shardDatabases,
         countIf(${ofThis} AND replica_num > 1 AND NOT internal_replication) AS unmanaged
       FROM system.clusters`,
    ),
  ).catch((error: Error) => {
    throw wrong(cluster, error.message)
  })
  const [first, ...others] = views
  if (!first) throw wrong(cluster, 'none of its nodes answers')
  const other = others.find(({ layout, shards }) => layout !== first.layout || shards !== first.shards)
  if (other)
    throw wrong(
      cluster,
      `its nodes see it differently, ${first.node} as ${first.layout} and ${other.node} as ${other.layout}; make remote_servers the same`,
    )
  if (first.unmanaged > 0)
    throw wrong(cluster, 'its replicas would each be written to and then copy from each other; set internal_replication to true')
  if (first.shardDatabases > 0)
    throw wrong(cluster, 'it has default_database set for its nodes, which decides where tables are made; leave that out')
  return first.shards
}

/** @throws SeamtraceError naming a node that lacks a table or has another one than this */
export const refuseUnlike = (cluster: Cluster, tables: readonly NodeTable[]): void => {
  const keyOf = ({ database, table, columns }: NodeTable): string => `${database}.${table} ${columns}`
  const nodes = Map.groupBy(tables, ({ node }) => node)
  const every = new Map(tables.filter((table) => isOfStore(cluster, table)).map((table) => [keyOf(table), table]))
  for (const [node, ofNode] of nodes) {
    const has = new Set(ofNode.map(keyOf))
    const lacking = [...every].find(([key]) => !has.has(key))?.[1]
    if (!lacking) continue
    throw new SeamtraceError(
      'internal',
      `cannot open the store: ${node} of cluster ${cluster.name} has no table ${lacking.database}.${lacking.table} like that of ${lacking.node}; make it the same there (SHOW CREATE TABLE tells how), then start again`,
    )
  }
}

const wrong = (cluster: Cluster, why: string): SeamtraceError =>
  new SeamtraceError('usage', `cannot use cluster ${cluster.name}: ${why}`, { parameters: ['clickhouseCluster'] })
