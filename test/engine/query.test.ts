// Every question of the API on both engines, and on a cluster.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../../collector/src/store/migrate.ts'
import { openStore } from '../../collector/src/store/open.ts'
import { startClickHouseServer } from './clickhouse-server.ts'
import { startTestCluster } from './cluster.fixture.ts'
import { querySuite } from './query.suite.ts'

querySuite('the embedded engine', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-query-'))
  const store = await openStore({ dataDir: folder })
  const close = async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { store, close }
})

querySuite('a ClickHouse server', async () => {
  const server = await startClickHouseServer()
  const store = await openStore({ url: server.url })
  const close = async () => {
    await store.close()
    await server.stop()
  }
  return { store, close }
})

// A statement takes three to five times as long where two servers on one machine answer it.
querySuite(
  'a cluster of two shards',
  async () => {
    const cluster = await startTestCluster()
    const nodes = await cluster.open()
    await migrate(nodes[0], { nodes })
    return { store: nodes[0], close: cluster.close }
  },
  5,
)
