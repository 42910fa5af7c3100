// Stores log records as the collector does, without its spool.
import type { LogRecord } from '@seamtrace/schema'
import { insertRows } from './insert-rows.ts'
import { toLogRow } from './log-row.ts'
import type { Store } from './open.ts'

/** Resolves when the records can be read. */
export const insertLogs = (store: Pick<Store, 'client'>, project: string, logs: readonly LogRecord[]): Promise<void> =>
  insertRows(store, 'log_records_1', Buffer.from(logs.map((log) => `${JSON.stringify(toLogRow(project, log))}\n`).join('')))
