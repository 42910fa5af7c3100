// The forms in which rows wait in the spool: where each is inserted and how it is written. Blocks outlive a release, so forms only get added.
import { ENCODED_COLUMNS, splitEncodedSpans } from './encode-span.ts'
import { LOG_COLUMNS } from './log-row.ts'
import { METRIC_COLUMNS } from './metric-row.ts'

export type RowForm = {
  table: string
  /** in the order of the values; with commas between */
  columns: string
  format: 'Native' | 'JSONEachRow'
  /** Cuts rows into smaller parts, and a single row into itself. @throws Error when the bytes are no rows of this form */
  split(data: Uint8Array): Uint8Array[]
}

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
  spans_2: { table: 'spans', columns: ENCODED_COLUMNS, format: 'Native', split: splitEncodedSpans },
  log_records_1: { table: 'log_records', columns: LOG_COLUMNS, format: 'JSONEachRow', split: splitLines },
  genai_metrics_1: { table: 'genai_metrics', columns: METRIC_COLUMNS, format: 'JSONEachRow', split: splitLines },
} satisfies Record<string, RowForm>

export type RowFormName = keyof typeof ROW_FORMS

export const isRowForm = (name: string): name is RowFormName => Object.hasOwn(ROW_FORMS, name)
