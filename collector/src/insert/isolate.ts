// Finds the rows that the store refuses: by halves, so that one bad row among n costs about 2·log2(n) inserts. Pure but for `insert`.

export type RefusedRow = { data: Uint8Array; error: unknown }

/**
 * Inserts all rows but those that the store refuses even alone, and gives those back.
 * @param insert rejects when the store refuses these rows, or for another reason
 * @param isRefusal tells which; whatever else went wrong is no fault of a row, and ends it
 */
export const isolate = async (
  rows: readonly Uint8Array[],
  insert: (data: Uint8Array) => Promise<void>,
  isRefusal: (error: unknown) => boolean,
): Promise<RefusedRow[]> => {
  const half = Math.ceil(rows.length / 2)
  const parts = rows.length > 1 ? [rows.slice(0, half), rows.slice(half)] : [rows]
  const refused: RefusedRow[] = []
  for (const part of parts) {
    const data = Buffer.concat(part)
    try {
      if (part.length > 0) await insert(data)
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (part.length === 1) refused.push({ data, error })
      else refused.push(...(await isolate(part, insert, isRefusal)))
    }
  }
  return refused
}
