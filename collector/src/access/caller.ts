// Who asks: the project that everything is about, and what may be done. Pure.
import { DEFAULT_PROJECT, type Role, SeamtraceError } from '@seamtrace/schema'

export type Caller = {
  /** of the key, and of nothing else in the request */
  project: string
  may: readonly Role[]
  /** id of a key, `admin_token`, or `loopback` where no key is needed; stands in the audit */
  name: string
  /** may name other projects where keys and projects are managed */
  everyProject: boolean
}

const MAY: Record<Role, readonly Role[]> = { ingest: ['ingest'], read: ['read'], admin: ['read', 'admin'] }

export const callerOfKey = ({ id, project, role }: { id: string; project: string; role: Role }): Caller => ({
  project,
  may: MAY[role],
  name: id,
  everyProject: false,
})

/** As an admin key of the project `default`: not even this one may send telemetry. */
export const ADMIN_TOKEN: Caller = { project: DEFAULT_PROJECT, may: MAY.admin, name: 'admin_token', everyProject: true }

/** Whoever reaches the loopback of a machine before there is a key. */
export const LOOPBACK: Caller = { project: DEFAULT_PROJECT, may: ['ingest', 'read', 'admin'], name: 'loopback', everyProject: true }

const PURPOSE: Record<Role, string> = { ingest: 'send telemetry', read: 'read', admin: 'manage keys and projects' }

/** @throws SeamtraceError forbidden */
export const requireRole = (caller: Caller, needed: Role): Caller => {
  if (caller.may.includes(needed)) return caller
  const able = caller.may.map((role) => PURPOSE[role]).join(' and ')
  throw new SeamtraceError('forbidden', `cannot ${PURPOSE[needed]} with this key: it may only ${able}; use a key with role ${needed}`)
}
