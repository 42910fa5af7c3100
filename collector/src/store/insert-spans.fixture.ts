// Stores spans as the collector does, without its spool.
import type { RecognizedSpan } from '@seamtrace/schema'
import { createSpanEncoder } from './encode-span.ts'
import { insertRows } from './insert-rows.ts'
import type { Store } from './open.ts'

/** Resolves when the spans can be read. */
export const insertSpans = (store: Pick<Store, 'client'>, project: string, spans: readonly RecognizedSpan[]): Promise<void> => {
  const encoder = createSpanEncoder()
  for (const span of spans) encoder.add(project, span)
  return insertRows(store, 'spans_2', encoder.take())
}
