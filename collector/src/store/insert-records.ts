// Writes log records and metric points. Writing the same rows again changes nothing: their identity is a hash of all that was sent.
import type { LogRow } from './log-row.ts'
import type { MetricRow } from './metric-row.ts'
import type { Store } from './open.ts'

// A block of more than 100 partitions (days) is refused whole (max_partitions_per_insert_block).
const MAX_DAYS = 100

type Row = { time_unix_nano: string; observed_unix_nano?: string }

export const insertLogs = (store: Pick<Store, 'client'>, rows: LogRow[]): Promise<void> => insert(store, 'log_records', rows)
export const insertMetrics = (store: Pick<Store, 'client'>, rows: MetricRow[]): Promise<void> => insert(store, 'genai_metrics', rows)

/** Resolves when the rows are stored and can be read. */
const insert = async <T extends Row>(store: Pick<Store, 'client'>, table: string, rows: T[]): Promise<void> => {
  for (const block of blocksOfDays(rows)) {
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

/** Nearly always one block; more only for old records or clocks gone mad. */
const blocksOfDays = <T extends Row>(rows: T[]): T[][] => {
  const blockOfDay = new Map<number, T[]>()
  const blocks: T[][] = []
  for (const row of rows) {
    const time = row.time_unix_nano === '0' ? (row.observed_unix_nano ?? '0') : row.time_unix_nano
    const day = Math.floor(Number(time.slice(0, -9)) / 86_400)
    let block = blockOfDay.get(day)
    if (!block) {
      block = blockOfDay.size % MAX_DAYS === 0 ? [] : (blocks.at(-1) ?? [])
      if (block.length === 0) blocks.push(block)
      blockOfDay.set(day, block)
    }
    block.push(row)
  }
  return blocks
}
