// The requests that are not delivered yet: in memory, on disk, or both for a while; and how much room they take.
import { diag } from '@opentelemetry/api'
import type { DiskSpool, StoredRequest } from './disk-spool.ts'
import type { ExportRequest, Signal } from './request.ts'

export interface Entry {
  readonly signal: Signal
  readonly items: number
  readonly bytes: number
  readonly about?: ExportRequest['about']
  /** absent while it is on disk only */
  request: ExportRequest | undefined
  stored: StoredRequest | undefined
  saving: Promise<void> | undefined
  isSending: boolean
  isDone: boolean
}

export interface Waiting {
  /** the oldest first */
  entries(): Iterable<Entry>
  add(request: ExportRequest): Entry
  /** Adds what ended processes left on disk. */
  adopt(): Promise<void>
  /** Begins to write it to disk, unless it is there or there is no room; then it stays in memory. */
  save(entry: Entry): void
  /** It is not being sent any more: what is on disk need not be in memory. */
  release(entry: Entry): void
  /** Undefined when there is nothing any more; rejects when the disk fails. */
  read(entry: Entry): Promise<ExportRequest | undefined>
  /** Forgets it, wherever it is. */
  remove(entry: Entry): void
  /** Of spans that have to go for want of memory, the oldest first; records stay, they are small and tell of what was lost. */
  tooMany(): Entry[]
  /** Of records that later ones make needless, those beyond the newest few. */
  outdated(): Entry[]
  /** For the end of the process, without regard to room. */
  saveAllSync(): void
  close(): Promise<void>
}

export interface Room {
  /** bytes on disk, each request counted as 4 KiB at least */
  spoolBytes: number
  /** bytes in memory of requests that no disk takes */
  memoryBytes: number
}

// A heartbeat tells all that is known of up to 64 runs that go on: 1,000 runs make 16 of them.
const MOST_ABOUT_RUNS = 32

/** @param onSaved something went to disk, or could not */
export const createWaiting = (spool: DiskSpool | undefined, room: Room, onSaved: () => void): Waiting => {
  const entries = new Set<Entry>()
  const held = { disk: 0, memory: 0 }

  const leaveMemory = (entry: Entry): void => {
    if (entry.request) held.memory -= entry.bytes
    entry.request = undefined
  }
  const leaveDisk = async (entry: Entry): Promise<void> => {
    const { stored } = entry
    if (!stored) return
    entry.stored = undefined
    held.disk -= stored.bytes
    await spool?.remove(stored)
  }
  const release = (entry: Entry): void => {
    if (entry.stored && !entry.isSending) leaveMemory(entry)
  }
  const write = async (entry: Entry, to: DiskSpool, request: ExportRequest): Promise<void> => {
    held.disk += entry.bytes
    try {
      entry.stored = await to.put(request)
      held.disk += entry.stored.bytes
    } finally {
      held.disk -= entry.bytes
      entry.saving = undefined
    }
    // it may have been delivered meanwhile
    if (entry.isDone) await leaveDisk(entry)
    else release(entry)
  }
  const hold = (entry: Pick<Entry, 'about' | 'signal' | 'items' | 'bytes' | 'request' | 'stored'>): Entry => {
    const added = { ...entry, saving: undefined, isSending: false, isDone: false }
    entries.add(added)
    return added
  }
  return {
    entries: () => entries,
    add: (request) => {
      const { signal, items, body, about } = request
      held.memory += body.length
      return hold({ signal, items, bytes: body.length, request, stored: undefined, ...(about && { about }) })
    },
    adopt: async () => {
      for (const stored of (await spool?.adopt()) ?? []) {
        held.disk += stored.bytes
        hold({ signal: stored.signal, items: stored.items, bytes: stored.bytes, request: undefined, stored })
      }
    },
    save: (entry) => {
      const { request, stored, saving, isDone, bytes } = entry
      if (!spool || !request || stored || saving || isDone || held.disk + bytes > room.spoolBytes) return
      entry.saving = write(entry, spool, request).catch(warnOfDisk).finally(onSaved)
    },
    release,
    read: async ({ request, stored }) => request ?? (stored && spool?.read(stored)),
    remove: (entry) => {
      if (entry.isDone) return
      entry.isDone = true
      entries.delete(entry)
      leaveMemory(entry)
      leaveDisk(entry).catch(warnOfDisk)
    },
    tooMany: () => {
      let excess = held.memory - room.memoryBytes
      if (excess <= 0) return []
      // what is being written to disk is about to leave memory
      const idle = [...entries].filter((entry) => entry.signal === 'traces' && entry.request && !entry.saving && !entry.isSending)
      return idle.filter(({ bytes }) => {
        excess -= bytes
        return excess + bytes > 0
      })
    },
    outdated: () => {
      const idle = [...entries].filter(({ about, isSending }) => about === 'runs' && !isSending)
      return idle.slice(0, Math.max(0, idle.length - MOST_ABOUT_RUNS))
    },
    saveAllSync: () => {
      for (const { request, stored } of entries) {
        if (!spool || !request || stored) continue
        try {
          spool.putSync(request)
        } catch (error) {
          warnOfDisk(error)
        }
      }
    },
    close: async () => {
      await Promise.all([...entries].map(({ saving }) => saving))
      await spool?.close()
    },
  }
}

let hasWarned = false
const warnOfDisk = (error: unknown): void => {
  if (hasWarned) return
  hasWarned = true
  diag.warn('seamtrace: cannot use the disk for spans that wait; they are kept in memory', error)
}
