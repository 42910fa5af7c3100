// Writes rows that are ready to be inserted. Writing the same rows again changes nothing: the identity of a row is a function of what it holds.
import { finished, Readable } from 'node:stream'
import { promisify } from 'node:util'
import type { Store } from './open.ts'
import { ROW_FORMS, type RowFormName } from './row-forms.ts'

const finishedReading = promisify(finished)

/** Resolves when the rows are stored and can be read. Rejects with what the engine says, or with a fault of the connection. */
export const insertRows = async (
  { client }: Pick<Store, 'client'>,
  form: RowFormName,
  data: Uint8Array,
  signal?: AbortSignal,
): Promise<void> => {
  const values = Readable.from([data], { objectMode: false })
  const { stream } = await client.exec({ query: ROW_FORMS[form].insert, values, ...(signal && { abort_signal: signal }) })
  // the answer is empty, but a connection is free for the next statement only when it was read to its end
  await finishedReading(stream.resume())
}
