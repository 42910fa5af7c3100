// What the spans take on disk once the engine has merged them, asked from the engine itself after the collector has stopped.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore, type Store } from '../../../collector/src/store/open.ts'
import { totalTreeCpu } from './process-tree.ts'
import type { StoreHome } from './store-home.ts'

export type Disk = {
  /** active parts by table */
  tables: Record<string, { bytes: number; rows: number; parts: number }>
  activeBytes: number
  /** everything in the folder, with merged parts that the engine removes after some minutes */
  folderBytes: number
  /** how long it took until nothing was merged any more; `settled` is false when it was not waited for longer */
  afterSeconds: number
  settled: boolean
  /** of the engine while it was waited for: merges, and its start */
  engineCpuSeconds: number
}

const PARTS = `
SELECT table, sum(bytes_on_disk) AS bytes, sum(rows) AS rows, count() AS parts
FROM system.parts
WHERE active AND database = currentDatabase()
GROUP BY table
ORDER BY table
SETTINGS output_format_json_quote_64bit_integers = 0`

// merges begin within some seconds when there is something to merge
const STABLE_SECONDS = 15
const LIMIT_SECONDS = 180

export const settledDisk = async ({ store: where, dataDir, pids }: StoreHome): Promise<Disk> => {
  const cpuOfEngine = (): number => totalTreeCpu(pids.length > 0 ? pids : [process.pid], [process.pid])
  const cpuBefore = cpuOfEngine()
  const store = await openStore(where)
  try {
    const sinceMs = performance.now()
    const { tables, settled } = await untilStable(store, sinceMs)
    return {
      tables,
      activeBytes: Object.values(tables).reduce((sum, { bytes }) => sum + bytes, 0),
      folderBytes: folderBytes('url' in where ? await serverFolder(store) : dataDir),
      afterSeconds: (performance.now() - sinceMs) / 1_000 - (settled ? STABLE_SECONDS : 0),
      settled,
      engineCpuSeconds: cpuOfEngine() - cpuBefore,
    }
  } finally {
    await store.close()
  }
}

const rowsOf = async <T>({ client }: Pick<Store, 'client'>, query: string): Promise<T[]> => {
  const answer = await client.query({ query, format: 'JSONEachRow' })
  return answer.json<T>()
}

const untilStable = async (store: Store, sinceMs: number): Promise<Pick<Disk, 'tables' | 'settled'>> => {
  let before = ''
  let stableSinceMs = performance.now()
  for (;;) {
    const parts = await rowsOf<{ table: string; bytes: number; rows: number; parts: number }>(store, PARTS)
    const tables = Object.fromEntries(parts.map(({ table, ...figures }) => [table, figures]))
    const [merges] = await rowsOf<{ running: string }>(store, 'SELECT toString(count()) AS running FROM system.merges')
    const now = JSON.stringify(tables)
    if (now !== before || merges?.running !== '0') stableSinceMs = performance.now()
    before = now
    if (performance.now() - stableSinceMs > STABLE_SECONDS * 1_000) return { tables, settled: true }
    if (performance.now() - sinceMs > LIMIT_SECONDS * 1_000) return { tables, settled: false }
    await sleep(500)
  }
}

const serverFolder = async (store: Store): Promise<string> => {
  const [disk] = await rowsOf<{ path: string }>(store, `SELECT path FROM system.disks WHERE name = 'default'`)
  return disk?.path ?? ''
}

/** Blocks, as `du` counts them. Files may vanish meanwhile: the engine goes on. */
const folderBytes = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.blocks ?? 0) * 512, 0)
