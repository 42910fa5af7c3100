// Writes span rows. Writing the same rows again changes nothing: a row's identity is a pure function of its span.
import type { Store } from './open.ts'
import { SPAN_COLUMNS } from './span-columns.ts'
import type { SpanRow } from './span-row.ts'

// A block of more than 100 partitions (days) is refused whole (max_partitions_per_insert_block).
const MAX_DAYS = 100

/** Resolves when the rows are stored and can be read. */
export async function insertSpans(store: Pick<Store, 'client'>, rows: SpanRow[]): Promise<void> {
  for (const block of blocksOfDays(rows)) {
    await store.client.insert({
      table: 'spans',
      columns: SPAN_COLUMNS,
      values: block,
      format: 'JSONEachRow',
      // an unknown column must not vanish in silence; the answer must mean that the rows are written
      clickhouse_settings: { input_format_skip_unknown_fields: 0, async_insert: 0 },
    })
  }
}

/** Nearly always one block; more only for old files or clocks gone mad. */
function blocksOfDays(rows: SpanRow[]): SpanRow[][] {
  const blockOfDay = new Map<number, SpanRow[]>()
  const blocks: SpanRow[][] = []
  for (const row of rows) {
    const day = Math.floor(Number(row.start_unix_nano.slice(0, -9)) / 86_400)
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
