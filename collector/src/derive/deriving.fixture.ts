// A store of its own with the analysis running on it, and what it made of each project.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Run } from '@seamtrace/schema'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'
import { readRows } from '../store/read.ts'
import { runOfDetail } from '../store/run-detail.ts'
import { type Derive, startDerive } from './derive.ts'

export type Deriving = {
  store: Store
  derive: Derive
  /** what the analysis has warned of */
  warnings: string[]
  /** by their start */
  runs(project: string): Promise<Run[]>
  close(): Promise<void>
}

export const startDeriving = async (): Promise<Deriving> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'seamtrace-derive-'))
  const warnings: string[] = []
  const store = await openStore({ dataDir })
  await migrate(store)
  const derive = await startDerive({ store, log: { info: () => {}, warn: (message) => warnings.push(message) }, intervalMs: 50 })
  return {
    store,
    derive,
    warnings,
    runs: async (project) => {
      const sql = 'SELECT detail FROM runs FINAL WHERE project = {project:String} ORDER BY start_time, run_id'
      return (await readRows<{ detail: string }>(store, sql, { project })).map(({ detail }) => runOfDetail(detail))
    },
    close: async () => {
      await derive.stop()
      await store.close()
      rmSync(dataDir, { recursive: true })
    },
  }
}
