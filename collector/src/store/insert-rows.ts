// Writes rows that are ready to be inserted. Writing the same rows again changes nothing: the identity of a row is a function of what it holds.
import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { finished, Readable } from 'node:stream'
import { promisify } from 'node:util'
import type { Store } from './open.ts'
import { ROW_FORMS, type RowForm, type RowFormName } from './row-forms.ts'

const finishedReading = promisify(finished)

// Old days come in one block too: without the setting a block of more than 100 of them (partitions) is refused whole. An unknown
// field must not vanish in silence, and the answer must mean that the rows are written. Copies of a row within one block are left to
// the merges, as copies in two blocks are: looking for them in each block takes a fifth of the engine's time.
const SETTINGS =
  'SETTINGS max_partitions_per_insert_block = 0, input_format_skip_unknown_fields = 0, async_insert = 0, optimize_on_insert = 0'

type Form = Pick<RowForm, 'table' | 'columns' | 'format'>
type Target = Pick<Store, 'client' | 'insertFolder'>

/** Resolves when the rows are stored and can be read. Rejects with what the engine says, or with a fault of the connection. */
export const insertRows = (store: Target, form: RowFormName, data: Uint8Array, signal?: AbortSignal): Promise<void> =>
  insertForm(store, ROW_FORMS[form], data, signal)

/** The same for rows of a form that never waits in the spool. */
export const insertForm = (store: Target, form: Form, data: Uint8Array, signal?: AbortSignal): Promise<void> =>
  store.insertFolder === undefined ? insertAsBody(store, form, data, signal) : insertAsFile(store, store.insertFolder, form, data, signal)

const insertAsBody = async ({ client }: Target, { table, columns, format }: Form, data: Uint8Array, signal?: AbortSignal) => {
  const { stream } = await client.exec({
    query: `INSERT INTO ${table} (${columns}) ${SETTINGS} FORMAT ${format}`,
    values: Readable.from([data], { objectMode: false }),
    ...(signal && { abort_signal: signal }),
  })
  // the answer is empty, but a connection is free for the next statement only when it was read to its end
  await finishedReading(stream.resume())
}

/** The embedded engine reads a file as it is: sending it there over HTTP takes it a third more time. */
const insertAsFile = async (
  { client }: Target,
  folder: string,
  { table, columns, format }: Form,
  data: Uint8Array,
  signal?: AbortSignal,
): Promise<void> => {
  const name = `${randomUUID()}.body`
  try {
    await writeFile(join(folder, name), data, { mode: 0o600 })
    await client.command({
      query: `INSERT INTO ${table} (${columns}) FROM INFILE '${name}' ${SETTINGS} FORMAT ${format}`,
      ...(signal && { abort_signal: signal }),
    })
  } finally {
    await rm(join(folder, name), { force: true })
  }
}
