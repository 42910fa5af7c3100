// Keys for lists whose items have no id of their own: a name, numbered where it repeats.

/** @example uniqueKeys(['a', 'b', 'a'], (item) => item) // ['a', 'b', 'a#2'] */
export const uniqueKeys = <T>(items: readonly T[], nameOf: (item: T) => string): string[] => {
  const seen = new Map<string, number>()
  return items.map((item) => {
    const name = nameOf(item)
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return count === 1 ? name : `${name}#${count}`
  })
}
