// What the store knows of a ClickHouse cluster: two databases on every node, and the settings under which one is spread over the other.
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import { SeamtraceError } from '@seamtrace/schema'
import { type ClientSettings, connect } from './connect.ts'

export type Cluster = {
  name: string
  /** Distributed tables only: what questions and inserts name */
  database: string
  /** the tables that hold rows, of the same names */
  localDatabase: string
  /** speaks to the local tables of the node it is connected to */
  local: ClickHouseClient
}

export const CLUSTER_SETTINGS: ClickHouseSettings = {
  // an answer means stored: without this a row lies in a queue of the node that took it
  distributed_foreground_insert: 1,
  // a subquery within a question is asked once over all shards: a run may have traces on two
  distributed_product_mode: 'global',
  // a part of the answer would pass for the whole
  skip_unavailable_shards: 0,
  // Every collector writes to and reads from the same replica of a shard while it lives: on a lagging one the note that a trace was
  // touched may be seen before its spans, and the run would stay without them.
  load_balancing: 'in_order',
  prefer_localhost_replica: 0,
}

/** @throws SeamtraceError usage when a name could end its quotes in DDL, which takes no parameters */
export const clusterOf = (name: string, database: string, settings: ClientSettings): Cluster => {
  refuseUnquotable(name, 'cluster')
  refuseUnquotable(database, 'database')
  const localDatabase = `${database}_local`
  const url = new URL(settings.url)
  url.pathname = `/${localDatabase}`
  url.searchParams.delete('database')
  return { name, database, localDatabase, local: connect({ settings: { ...settings, url: url.href } }) }
}

const refuseUnquotable = (name: string, what: string): void => {
  if (/^[\w.-]+$/.test(name)) return
  throw new SeamtraceError('usage', `cannot use ${what} ${JSON.stringify(name)} for a cluster: letters, digits, . _ - only`, {
    parameters: ['clickhouseCluster'],
  })
}
