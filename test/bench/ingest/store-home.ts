// Where a measured collector keeps its data: a fresh folder for the embedded engine, or a fresh ClickHouse server.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startClickHouseServer } from '../../engine/clickhouse-server.ts'
import { sampleTree } from './process-tree.ts'

export type StoreHome = {
  /** for openStore */
  store: { dataDir: string } | { url: string }
  dataDir: string
  /** for the collector */
  env: Record<string, string>
  /** of the server, which is no child of the collector */
  pids: number[]
  remove(): Promise<void>
}

export const makeStoreHome = async (engine: 'chdb' | 'server'): Promise<StoreHome> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'seamtrace-bench-'))
  const removeFolder = (): void => {
    process.off('exit', removeFolder)
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
  process.once('exit', removeFolder)
  if (engine === 'chdb') return { store: { dataDir }, dataDir, env: {}, pids: [], remove: async () => removeFolder() }
  const server = await startClickHouseServer()
  const port = new URL(server.url).port
  return {
    store: { url: server.url },
    dataDir,
    env: { CLICKHOUSE_URL: server.url },
    pids: sampleTree([process.pid])
      .filter(({ command }) => command.includes(`--http_port ${port}`))
      .map(({ pid }) => pid),
    remove: async () => {
      await server.stop()
      removeFolder()
    },
  }
}
