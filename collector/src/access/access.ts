// Who may do what: finds the caller of a request by its key, without asking the store for each of them.
import { type Role, SeamtraceError } from '@seamtrace/schema'
import { readActiveKeys } from '../store/access-rows.ts'
import type { Store } from '../store/open.ts'
import { ADMIN_TOKEN, type Caller, callerOfKey, LOOPBACK, requireRole } from './caller.ts'
import { hashOf, isKey } from './key.ts'
import { createKeyCache, type KeyCacheOptions } from './key-cache.ts'
import { createManager, type Manager } from './manage.ts'

export type Access = {
  /**
   * The caller that a key stands for.
   * @throws SeamtraceError unauthorized (no key, or none of ours), forbidden (not this role), unavailable (it cannot be checked now)
   */
  admit(credential: string | undefined, needed: Role): Promise<Caller>
  manage: Manager
  close(): void
}

export type AccessOptions = {
  store: Pick<Store, 'client'>
  log: KeyCacheOptions['log']
  adminToken?: string | undefined
  /** nothing but this machine can reach the ports: while there is no key, none is needed */
  loopback: boolean
  pollMs?: number
}

/** A key that nobody knows may have been made by another collector a moment ago; asked for once in so long, however many come. */
const LOOK_AGAIN_MS = 1_000
const MAX_WAIT_MS = 3_000

/** Resolves when the keys were read, or could not be: then there is an answer for no one until they are. */
export const startAccess = async ({ store, log, adminToken, loopback, pollMs }: AccessOptions): Promise<Access> => {
  const keys = createKeyCache({ read: () => readActiveKeys(store), log, ...(pollMs !== undefined && { pollMs }) })
  await keys.fresh(LOOK_AGAIN_MS).catch(() => undefined)
  const adminHash = adminToken === undefined ? undefined : hashOf(adminToken)
  const mayBeOpen = loopback && adminToken === undefined

  const find = (credential: string | undefined): Caller | undefined => {
    const hash = credential === undefined ? undefined : hashOf(credential)
    if (hash !== undefined && hash === adminHash) return ADMIN_TOKEN
    const key = hash === undefined ? undefined : keys.find(hash)
    if (key) return callerOfKey(key)
    return mayBeOpen && keys.size() === 0 ? LOOPBACK : undefined
  }
  const admit = async (credential: string | undefined, needed: Role): Promise<Caller> => {
    const caller = find(credential)
    if (caller) return requireRole(caller, needed)
    // what could never be a key is refused without a question; but a loopback whose keys were never read may turn out to be open
    const undecided = (credential !== undefined && isKey(credential)) || (mayBeOpen && keys.size() === undefined)
    if (!undecided) throw unauthorized(credential)
    await within(keys.fresh(LOOK_AGAIN_MS))
    const found = find(credential)
    if (!found) throw unauthorized(credential)
    return requireRole(found, needed)
  }
  const manage = createManager({
    store,
    // what was written is written, also if it cannot be read back just now
    changed: () => keys.fresh(0).catch(() => undefined),
    keyCount: () => keys.size() ?? 0,
    firstIsAdmin: mayBeOpen,
  })
  return { admit, manage, close: keys.stop }
}

const unauthorized = (credential: string | undefined): SeamtraceError =>
  new SeamtraceError(
    'unauthorized',
    credential === undefined
      ? 'cannot answer without a key: send it as "Authorization: Bearer KEY" or "x-seamtrace-key: KEY"; seamtrace keys create makes one'
      : 'cannot accept this key: it is not one of this server, or it was revoked',
  )

const within = async (reading: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('late')), MAX_WAIT_MS)
  })
  try {
    await Promise.race([reading, late])
  } catch (error) {
    throw new SeamtraceError('unavailable', 'cannot check this key: the store does not answer; try again', { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
