// How long rows are kept, counted from their arrival: the tables let go of them by themselves.
import type { Ground } from './migrate-single.ts'
import type { Store } from './open.ts'
import { readRows } from './read.ts'

/** As the tables were made. */
export const DEFAULT_RETENTION_DAYS = 30

/** Runs are small and are what trends are made of: they stay so many times as long as their spans. */
const RUNS_STAY = 3

const TABLES: readonly (readonly [table: string, since: string, times: number])[] = [
  ['spans', 'inserted_at', 1],
  ['log_records', 'inserted_at', 1],
  ['genai_metrics', 'inserted_at', 1],
  ['trace_touch', 'touched_at', 1],
  ['run_traces', 'touched_at', 1],
  ['runs', 'derived_at', RUNS_STAY],
]

const REMEMBERED = 'retention_days'

/** Changes the tables when the number of days is another one than at the last start. */
export const keepFor = async (store: Store, { apply }: Pick<Ground, 'apply'>, days: number): Promise<void> => {
  const [kept] = await readRows<{ days: string }>(
    store,
    'SELECT checksum AS days FROM schema_migrations FINAL WHERE name = {name:String}',
    { name: REMEMBERED },
  )
  if (Number(kept?.days ?? DEFAULT_RETENTION_DAYS) === days) return
  for (const [table, since, times] of TABLES)
    await apply({
      name: REMEMBERED,
      sql: `ALTER TABLE ${table} {on_cluster} MODIFY TTL toDateTime(${since}) + INTERVAL ${Math.trunc(days * times)} DAY`,
    })
  await store.client.insert({
    table: 'schema_migrations',
    columns: ['name', 'checksum'],
    values: [{ name: REMEMBERED, checksum: String(days) }],
    format: 'JSONEachRow',
  })
}
