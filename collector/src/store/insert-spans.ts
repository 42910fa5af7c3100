// Writes span rows. Writing the same rows again changes nothing: a row's identity is a pure function of its span.
import { blocksOfDays } from './blocks-of-days.ts'
import type { Store } from './open.ts'
import { SPAN_COLUMNS } from './span-columns.ts'
import type { SpanRow } from './span-row.ts'

/** Resolves when the rows are stored and can be read. */
export async function insertSpans(store: Pick<Store, 'client'>, rows: SpanRow[]): Promise<void> {
  for (const block of blocksOfDays(rows, (row) => row.start_unix_nano)) {
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
