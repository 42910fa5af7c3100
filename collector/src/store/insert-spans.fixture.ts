// Stores spans as the collector does, without its spool.
import type { RecognizedSpan } from '@seamtrace/schema'
import { encodeSpan } from './encode-span.ts'
import { insertRows } from './insert-rows.ts'
import type { Store } from './open.ts'
import { createRowWriter } from './row-binary.ts'

/** Resolves when the spans can be read. */
export const insertSpans = (store: Pick<Store, 'client'>, project: string, spans: readonly RecognizedSpan[]): Promise<void> => {
  const writer = createRowWriter()
  for (const span of spans) encodeSpan(writer, project, span)
  return insertRows(store, 'spans_2', writer.take())
}
