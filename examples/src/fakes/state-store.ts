// An in-process store with versions, which may answer with an old value or with nothing.
import type { FailureKind } from '@seamtrace/schema'
import { type Injector, subjectIn } from '../faults/injector.ts'

export type Stored<T> = { value: T; version: number }

export type StateStore<T> = {
  put(key: string, value: T): Promise<{ version: number }>
  get(key: string): Promise<Stored<T> | null>
}

/** @param stale and lost: the faults that this store may suffer, by the subject in the key */
export const createStateStore = <T>(injector: Injector, faults: { stale?: FailureKind; lost?: FailureKind } = {}): StateStore<T> => {
  const values = new Map<string, Stored<T>[]>()
  return {
    put: async (key, value) => {
      const versions = values.get(key) ?? []
      values.set(key, versions)
      versions.push({ value, version: versions.length + 1 })
      return { version: versions.length }
    },
    get: async (key) => {
      const versions = values.get(key) ?? []
      const subject = subjectIn(key)
      if (faults.lost && injector.strikes(subject, faults.lost)) return null
      if (versions.length > 1 && faults.stale && injector.strikes(subject, faults.stale)) return versions.at(-2) ?? null
      return versions.at(-1) ?? null
    },
  }
}
