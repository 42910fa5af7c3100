// Applies migrations to a cluster: to the tables of every node, with a Distributed table over each; repeats what was cut off.
import type { ClickHouseClient } from '@clickhouse/client'
import { SeamtraceError } from '@seamtrace/schema'
import { CLUSTER_SETTINGS, type Cluster } from './cluster.ts'
import { readNodeTables, readShards, refuseUnlike } from './cluster-nodes.ts'
import { distributedStatements, type NodeTable } from './distributed.ts'
import type { Ground } from './migrate-single.ts'
import type { Store } from './open.ts'
import { readRows } from './read.ts'
import { isForEveryNode, renderMigration, type Statement } from './render-migration.ts'

export type ClusterStore = Store & { cluster: Cluster }

// Waits for all nodes and fails when one does not answer; shorter than the client waits for an answer.
const DDL_SETTINGS = { ...CLUSTER_SETTINGS, distributed_ddl_task_timeout: '100', distributed_ddl_output_mode: 'throw' as const }

/** @param nodes the stores of all nodes, where no Keeper passes statements on: each is told by itself, and nothing is replicated */
export const clusterGround = (store: ClusterStore, nodes: readonly ClusterStore[] | undefined, remember: Statement): Ground => {
  const { cluster } = store

  const onEveryNode = async (statement: Statement, clientOf: (store: ClusterStore) => ClickHouseClient): Promise<void> => {
    if (!nodes) {
      const query = renderMigration(statement, cluster.name)
      return void (await clientOf(store).command({ query, clickhouse_settings: DDL_SETTINGS }))
    }
    for (const node of nodes) await clientOf(node).command({ query: renderMigration(statement) })
  }

  /** Brings the Distributed tables to what the local ones are now. */
  const spread = async (): Promise<void> => {
    for (const sql of distributedStatements(cluster, await readNodeTables(store, cluster)))
      await onEveryNode({ name: 'distributed', sql }, ({ client }) => client)
  }

  const apply = async (statement: Statement): Promise<void> => {
    if (isForEveryNode(statement)) await onEveryNode(statement, (node) => node.cluster.local)
    else await store.client.command({ query: statement.sql })
    await spread()
  }

  return {
    apply,
    prepare: async () => {
      const shards = await readShards(store, cluster)
      if (!isPrepared(cluster, await readNodeTables(store, cluster))) {
        for (const database of [cluster.database, cluster.localDatabase])
          await onEveryNode({ name: 'database', sql: `CREATE DATABASE IF NOT EXISTS \`${database}\` {on_cluster}` }, ({ client }) => client)
        await apply(remember)
      }
      await keepShards(store, shards)
    },
    settle: async () => {
      await spread()
      refuseUnlike(cluster, await readNodeTables(store, cluster))
    },
  }
}

/** True when every node can tell what was applied. */
const isPrepared = ({ database, localDatabase }: Cluster, tables: readonly NodeTable[]): boolean => {
  const nodes = new Set(tables.map(({ node }) => node))
  const told = tables.filter((found) => found.table === 'schema_migrations' && [database, localDatabase].includes(found.database))
  return told.length === 2 * nodes.size && told.every(({ database: at, engine }) => at === localDatabase || engine === 'Distributed')
}

const SHARDS = 'shards'

/** With another number of shards or other weights, rows of one key would lie on two of them and count twice. */
const keepShards = async (store: ClusterStore, shards: string): Promise<void> => {
  const [kept] = await readRows<{ shards: string }>(
    store,
    'SELECT checksum AS shards FROM schema_migrations FINAL WHERE name = {name:String}',
    { name: SHARDS },
  )
  if (kept?.shards === shards) return
  if (kept) {
    throw new SeamtraceError(
      'usage',
      `cannot open the store: it is spread over the shards (number, weight) ${kept.shards}, and cluster ${store.cluster.name} now has ${shards}; bring back the old ones, or copy the data into a new database`,
      { parameters: ['clickhouseCluster'] },
    )
  }
  await store.client.insert({
    table: 'schema_migrations',
    columns: ['name', 'checksum'],
    values: [{ name: SHARDS, checksum: shards }],
    format: 'JSONEachRow',
  })
}
