// The forms in which rows wait in the spool: where each is inserted and how it is written. Blocks outlive a release, so forms only get added.
import { ENCODED_COLUMNS, splitEncodedSpans } from './encode-span.ts'
import { LOG_COLUMNS } from './log-row.ts'
import { METRIC_COLUMNS } from './metric-row.ts'

export type RowForm = {
  /** INSERT without its data */
  insert: string
  /** Cuts a block into its rows. @throws Error when the bytes are no rows of this form */
  split(data: Uint8Array): Uint8Array[]
}

// Old days come in one block too: without the setting a block of more than 100 of them (partitions) is refused whole. An unknown
// field must not vanish in silence, and the answer must mean that the rows are written.
const SETTINGS = 'SETTINGS max_partitions_per_insert_block = 0, input_format_skip_unknown_fields = 0, async_insert = 0'

const NEW_LINE = 10

const splitLines = (data: Uint8Array): Uint8Array[] => {
  const lines: Uint8Array[] = []
  for (let start = 0; start < data.length; ) {
    const end = data.indexOf(NEW_LINE, start)
    const next = end < 0 ? data.length : end + 1
    lines.push(data.subarray(start, next))
    start = next
  }
  return lines
}

export const ROW_FORMS = {
  spans_1: { insert: `INSERT INTO spans (${ENCODED_COLUMNS}) ${SETTINGS} FORMAT RowBinary`, split: splitEncodedSpans },
  log_records_1: { insert: `INSERT INTO log_records (${LOG_COLUMNS}) ${SETTINGS} FORMAT JSONEachRow`, split: splitLines },
  genai_metrics_1: { insert: `INSERT INTO genai_metrics (${METRIC_COLUMNS}) ${SETTINGS} FORMAT JSONEachRow`, split: splitLines },
} satisfies Record<string, RowForm>

export type RowFormName = keyof typeof ROW_FORMS

export const isRowForm = (name: string): name is RowFormName => Object.hasOwn(ROW_FORMS, name)
