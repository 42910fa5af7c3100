// Writes log records and metric points. Writing the same rows again changes nothing: their identity is a hash of all that was sent.
import { blocksOfDays } from './blocks-of-days.ts'
import type { LogRow } from './log-row.ts'
import type { MetricRow } from './metric-row.ts'
import type { Store } from './open.ts'

type Row = { time_unix_nano: string; observed_unix_nano?: string }

const timeOf = (row: Row): string => (row.time_unix_nano === '0' ? (row.observed_unix_nano ?? '0') : row.time_unix_nano)

export const insertLogs = (store: Pick<Store, 'client'>, rows: LogRow[]): Promise<void> => insert(store, 'log_records', rows)
export const insertMetrics = (store: Pick<Store, 'client'>, rows: MetricRow[]): Promise<void> => insert(store, 'genai_metrics', rows)

/** Resolves when the rows are stored and can be read. */
const insert = async <T extends Row>(store: Pick<Store, 'client'>, table: string, rows: T[]): Promise<void> => {
  for (const block of blocksOfDays(rows, timeOf)) {
    const [first] = block
    if (!first) continue
    await store.client.insert({
      table,
      columns: Object.keys(first) as [string, ...string[]],
      values: block,
      format: 'JSONEachRow',
      clickhouse_settings: { input_format_skip_unknown_fields: 0, async_insert: 0 },
    })
  }
}
