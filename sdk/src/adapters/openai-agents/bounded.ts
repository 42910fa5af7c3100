// A map that forgets what was not used for longest, so that traces which never end do not fill the memory.

export interface Bounded<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): void
  values(): V[]
}

/** @param forgotten is told of each value that had to make room */
export function bounded<V>(max: number, forgotten: (value: V) => void): Bounded<V> {
  const kept = new Map<string, V>()
  return {
    get: (key) => kept.get(key),
    set(key, value) {
      kept.delete(key)
      kept.set(key, value)
      const [oldest] = kept.size > max ? kept : []
      if (oldest === undefined) return
      kept.delete(oldest[0])
      forgotten(oldest[1])
    },
    delete: (key) => {
      kept.delete(key)
    },
    values: () => [...kept.values()],
  }
}
