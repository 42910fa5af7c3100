// A migration as a statement: for one node as it stands, for a cluster replicated and on every node. The rules are in schema/sql/README.md.

export type Statement = { name: string; sql: string }

/** True for what changes tables; a statement without the token moves rows, and runs once. */
export const isForEveryNode = ({ sql }: Statement): boolean => sql.includes('{on_cluster}')

/** Fills `{engine}` and `{on_cluster}`: empty on a single node. */
export const renderMigration = (statement: Statement, cluster?: string): string =>
  cluster === undefined ? statement.sql.replaceAll('{engine}', '').replaceAll('{on_cluster}', '') : replicated(statement, cluster)

const ENGINE = /\{engine\}(\w*MergeTree)(?:\(([^)]*)\))?/g

// The path in Keeper is the file's name and not the table's, nor a number drawn on creation: replicas find each other however often
// the file is run again, and a table that takes the name of an older one does not find that one's rows.
const replicated = ({ name, sql }: Statement, cluster: string): string => {
  const path = `'/clickhouse/tables/{shard}/{database}/${name.replace(/\.sql$/, '')}'`
  return sql
    .replaceAll('{on_cluster}', `ON CLUSTER '${cluster}'`)
    .replace(
      ENGINE,
      (_, engine: string, columns?: string) => `Replicated${engine}(${[path, `'{replica}'`, columns].filter(Boolean).join(', ')})`,
    )
}
