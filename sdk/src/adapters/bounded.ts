// A map that forgets what was not used for longest, so that what never ends does not fill the memory.

export interface Bounded<K, V> {
  readonly size: number
  get(key: K): V | undefined
  set(key: K, value: V): void
  delete(key: K): void
  entries(): [K, V][]
}

/** @param forgotten is told of each value that had to make room */
export function bounded<K, V>(max: number, forgotten: (value: V, key: K) => void = () => {}): Bounded<K, V> {
  const kept = new Map<K, V>()
  return {
    get size() {
      return kept.size
    },
    get: (key) => kept.get(key),
    set(key, value) {
      kept.delete(key)
      kept.set(key, value)
      const [oldest] = kept.size > max ? kept : []
      if (oldest === undefined) return
      kept.delete(oldest[0])
      forgotten(oldest[1], oldest[0])
    },
    delete: (key) => {
      kept.delete(key)
    },
    entries: () => [...kept],
  }
}
