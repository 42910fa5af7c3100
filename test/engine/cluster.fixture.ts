// A cluster of two shards for tests: two real servers, each told by itself what a Keeper would pass on.
import type { ClusterStore } from '../../collector/src/store/migrate-cluster.ts'
import { openStore } from '../../collector/src/store/open.ts'
import { startClickHouseCluster } from './clickhouse-server.ts'

export const CLUSTER = 'pair'

export type TestCluster = {
  urls: readonly [string, string]
  /** the same store through either node */
  open(database?: string): Promise<[ClusterStore, ClusterStore]>
  stopServer(index: 0 | 1): Promise<void>
  close(): Promise<void>
}

export const startTestCluster = async (): Promise<TestCluster> => {
  const servers = await startClickHouseCluster(CLUSTER, 2)
  const [first, second] = servers
  if (!first || !second) throw new Error('cannot start two servers')
  const opened: ClusterStore[] = []
  const openOne = async (url: string, database: string): Promise<ClusterStore> => {
    const plain = await openStore({ url })
    await plain.client.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` })
    await plain.close()
    const { cluster, ...store } = await openStore({ url: `${url}/${database}`, cluster: CLUSTER })
    if (!cluster) throw new Error('cannot open a store of a cluster')
    opened.push({ ...store, cluster })
    return { ...store, cluster }
  }
  return {
    urls: [first.url, second.url],
    open: async (database = 'default') => [await openOne(first.url, database), await openOne(second.url, database)],
    stopServer: (index) => (index === 0 ? first : second).stop(),
    close: async () => {
      await Promise.all(opened.map((store) => store.close()))
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
}
