// Remembers which ids came lately: what is delivered again comes soon after.

const MOST = 1_000

/** Whether the id came before, among the last thousand. */
export const rememberIds = (): ((id: string) => boolean) => {
  const ids = new Set<string>()
  return (id) => {
    if (ids.has(id)) return true
    const [oldest] = ids.size < MOST ? [] : ids
    if (oldest !== undefined) ids.delete(oldest)
    ids.add(id)
    return false
  }
}
