// A small seeded random source, so that one seed always gives one plan.

export type Random = {
  /** a number in [0, 1) */
  next(): number
  /** an integer from `low` to `high`, both included */
  integer(low: number, high: number): number
  /** @throws RangeError when there are no items */
  pick<T>(items: readonly T[]): T
  shuffle<T>(items: readonly T[]): T[]
}

/** Mulberry32 (public domain, T. Ettinger): 32 bits of state are plenty for a demo plan. */
const mulberry32 = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** FNV-1a of a text, to give every name its own stream of random numbers. */
export const seedOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

/** @example randomFrom(seedOf('plan/7')).integer(1, 6) */
export const randomFrom = (seed: number): Random => {
  const next = mulberry32(seed)
  const integer = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    integer,
    pick: <T>(items: readonly T[]): T => {
      if (items.length === 0) throw new RangeError('cannot pick from nothing')
      return items[integer(0, items.length - 1)] as T
    },
    shuffle: (items) => {
      const shuffled = [...items]
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = integer(0, last)
        const moved = shuffled[last]
        const swapped = shuffled[other]
        if (moved === undefined || swapped === undefined) continue
        shuffled[last] = swapped
        shuffled[other] = moved
      }
      return shuffled
    },
  }
}
