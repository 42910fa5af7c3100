// Making, listing and revoking keys, and making projects. Every change is in the audit before it is made.
import { type ApiKey, DEFAULT_PROJECT, type NewApiKey, type Project, type Role, SeamtraceError } from '@seamtrace/schema'
import {
  type AuditEntry,
  MAX_KEYS,
  MAX_PROJECTS,
  readKey,
  readKeys,
  readProjects,
  type StoredKey,
  writeAudit,
  writeKey,
  writeProject,
} from '../store/access-rows.ts'
import type { Store } from '../store/open.ts'
import type { Caller } from './caller.ts'
import { hashOf, newKey, newKeyId } from './key.ts'

export type Manager = {
  keys(caller: Caller, project: string | undefined): Promise<ApiKey[]>
  createKey(caller: Caller, asked: { project?: string | undefined; role: Role; name: string }): Promise<NewApiKey>
  revokeKey(caller: Caller, project: string | undefined, id: string): Promise<ApiKey>
  projects(caller: Caller): Promise<Project[]>
  createProject(caller: Caller, project: string): Promise<Project>
}

type Deps = {
  store: Pick<Store, 'client'>
  /** Resolves when the keys in memory are those of the store again, or cannot be for now. */
  changed: () => Promise<void>
  keyCount: () => number
  /** on a loopback that the first key closes */
  firstIsAdmin: boolean
}

export const createManager = ({ store, changed, keyCount, firstIsAdmin }: Deps): Manager => {
  const audit = (caller: Caller, entry: Omit<AuditEntry, 'actor'>): Promise<void> => writeAudit(store, { ...entry, actor: caller.name })

  const createKey: Manager['createKey'] = async (caller, { role, name, ...asked }) => {
    const project = projectOf(caller, asked.project)
    if (firstIsAdmin && keyCount() === 0 && (role !== 'admin' || project !== DEFAULT_PROJECT))
      throw new SeamtraceError(
        'conflict',
        `cannot make this the first key: with the first key every request needs one, and without an admin key of project ${DEFAULT_PROJECT} nobody could make more; begin with role admin`,
        { parameters: ['role'] },
      )
    if (keyCount() >= MAX_KEYS)
      throw new SeamtraceError('conflict', `cannot make more than ${MAX_KEYS} keys: revoke those that nobody uses`)
    if (!(await readProjects(store)).some((known) => known.project === project))
      throw new SeamtraceError('not_found', `cannot find project ${project}: seamtrace projects create ${project} makes it`)
    const key = newKey(role)
    const at = new Date().toISOString()
    const made = { id: newKeyId(), project, role, name, createdAt: at, createdBy: caller.name, revokedAt: null }
    await audit(caller, { project, at, action: 'key.create', target: made.id, detail: JSON.stringify({ role, name }) })
    await writeKey(store, { ...made, hash: hashOf(key) })
    await changed()
    return { ...made, key }
  }

  const revokeKey: Manager['revokeKey'] = async (caller, asked, id) => {
    const project = projectOf(caller, asked)
    const key = await readKey(store, project, id)
    if (!key) throw new SeamtraceError('not_found', `cannot find key ${id} in project ${project}`, { parameters: ['id'] })
    if (key.revokedAt !== null) return withoutHash(key)
    const at = new Date().toISOString()
    await audit(caller, { project, at, action: 'key.revoke', target: id, detail: JSON.stringify({ role: key.role, name: key.name }) })
    await writeKey(store, { ...key, revokedAt: at })
    await changed()
    return withoutHash({ ...key, revokedAt: at })
  }

  const createProject: Manager['createProject'] = async (caller, project) => {
    if (!caller.everyProject)
      throw new SeamtraceError('forbidden', 'cannot make a project with a key: a key acts in its own project only; use the admin token')
    const known = await readProjects(store)
    if (known.some((other) => other.project === project))
      throw new SeamtraceError('conflict', `cannot make project ${project}: it is there already`, { parameters: ['project'] })
    if (known.length > MAX_PROJECTS) throw new SeamtraceError('conflict', `cannot make more than ${MAX_PROJECTS} projects`)
    const made = { project, createdAt: new Date().toISOString(), createdBy: caller.name }
    await audit(caller, { project, at: made.createdAt, action: 'project.create', target: project, detail: '' })
    await writeProject(store, made)
    return made
  }

  return {
    keys: async (caller, asked) => (await readKeys(store, projectOf(caller, asked))).map(withoutHash),
    createKey,
    revokeKey,
    projects: async (caller) => (await readProjects(store)).filter(({ project }) => caller.everyProject || project === caller.project),
    createProject,
  }
}

/**
 * The project that a request is about: the caller's own, or for the admin token the one it names.
 * @throws SeamtraceError forbidden
 */
const projectOf = (caller: Caller, asked: string | undefined): string => {
  if (asked === undefined || asked === caller.project) return caller.project
  if (caller.everyProject) return asked
  throw new SeamtraceError('forbidden', `cannot manage project ${asked} with a key of another project: use the admin token`, {
    parameters: ['project'],
  })
}

const withoutHash = ({ hash: _, ...key }: StoredKey): ApiKey => key
