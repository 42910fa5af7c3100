// Finds the rows that the store refuses: by halves, so that one bad row among n costs about 2·log2(n) inserts. Pure but for `insert`.

export type RefusedRow = { data: Uint8Array; error: unknown }

export type Isolation = {
  /** cuts rows into smaller parts, and a single row into itself */
  split(data: Uint8Array): readonly Uint8Array[]
  /** rejects when the store refuses these rows, or for another reason */
  insert(data: Uint8Array): Promise<void>
  /** tells which; whatever else went wrong is no fault of a row, and ends it */
  isRefusal(error: unknown): boolean
}

/** Inserts all rows of the parts but those that the store refuses even alone, and gives those back. */
export const isolate = async (parts: readonly Uint8Array[], isolation: Isolation): Promise<RefusedRow[]> => {
  const { split, insert, isRefusal } = isolation
  const half = Math.ceil(parts.length / 2)
  const halves = parts.length > 1 ? [parts.slice(0, half), parts.slice(half)] : [parts]
  const refused: RefusedRow[] = []
  for (const some of halves) {
    const data = Buffer.concat(some)
    try {
      if (some.length > 0) await insert(data)
    } catch (error) {
      if (!isRefusal(error)) throw error
      const smaller = some.length > 1 ? some : split(data)
      if (smaller.length > 1) refused.push(...(await isolate(smaller, isolation)))
      else refused.push({ data, error })
    }
  }
  return refused
}
