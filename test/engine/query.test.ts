// Every question of the API on both engines.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../collector/src/store/open.ts'
import { startClickHouseServer } from './clickhouse-server.ts'
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
