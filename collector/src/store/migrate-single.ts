// Applies migrations to one engine; what both kinds of store have to do is said here.
import { SeamtraceError } from '@seamtrace/schema'
import type { Store } from './open.ts'
import { readRows } from './read.ts'
import { renderMigration, type Statement } from './render-migration.ts'

/** Where statements run: on one engine, or on every node of a cluster. */
export type Ground = {
  /** makes ready to remember what is applied; refuses a store that was made otherwise */
  prepare(): Promise<void>
  apply(statement: Statement): Promise<void>
  /** checks that every node has the same in the end */
  settle(): Promise<void>
}

export const singleGround = (store: Store, remember: Statement): Ground => {
  const apply = async (statement: Statement): Promise<void> => {
    await store.client.command({ query: renderMigration(statement) })
  }
  const prepare = async (): Promise<void> => {
    const [made] = await readRows<{ engine: string }>(
      store,
      `SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = '${remember.name}'`,
    )
    if (made?.engine === 'Distributed')
      throw new SeamtraceError('usage', 'cannot open the store: it is spread over a cluster; name that in CLICKHOUSE_CLUSTER', {
        parameters: ['clickhouseCluster'],
      })
    if (!made) await apply(remember)
  }
  return { prepare, apply, settle: async () => {} }
}
