// Projects, API keys and the record of their changes as rows.
import { randomUUID } from 'node:crypto'
import { type ApiKey, DEFAULT_PROJECT, type Project, type Role } from '@seamtrace/schema'
import type { Store } from './open.ts'
import { type ReadLimits, readRows } from './read.ts'

type Reader = Pick<Store, 'client'>

/** What is checked with every request, so it is kept in memory: some 3 MB at the most. */
export const MAX_KEYS = 10_000
export const MAX_PROJECTS = 1_000

/** Small tables, asked every few seconds: an engine that takes longer than this is away. */
const LIMITS: ReadLimits = { maxMemoryBytes: 128 * 1024 * 1024, maxSeconds: 5 }

export type KeyRow = { id: string; project: string; role: Role; hash: string }

/** The keys that are in force; the oldest, if there are more than {@link MAX_KEYS}. */
export const readActiveKeys = (store: Reader): Promise<KeyRow[]> =>
  readRows<KeyRow>(
    store,
    `SELECT key_id AS id, project, role, key_hash AS hash
     FROM api_keys FINAL
     WHERE revoked_at IS NULL
     ORDER BY created_at, key_id
     LIMIT ${MAX_KEYS}`,
    {},
    LIMITS,
  )

const KEY_COLUMNS = `
  key_id AS id, project, role, name, toUnixTimestamp64Milli(created_at) AS createdMs, created_by AS createdBy,
  if(revoked_at IS NULL, NULL, toUnixTimestamp64Milli(assumeNotNull(revoked_at))) AS revokedMs, key_hash AS hash`

type ListedRow = Pick<ApiKey, 'id' | 'project' | 'role' | 'name' | 'createdBy'> & {
  createdMs: number
  revokedMs: number | null
  hash: string
}

/** With its hash, which a newer version of the row needs and nobody else. */
export type StoredKey = ApiKey & { hash: string }

/** The keys of a project: those in force first, then the newest of those that were revoked. */
export const readKeys = async (store: Reader, project: string): Promise<StoredKey[]> => {
  const rows = await readRows<ListedRow>(
    store,
    `SELECT ${KEY_COLUMNS}
     FROM api_keys FINAL
     WHERE project = {project:String}
     ORDER BY revoked_at IS NULL DESC, created_at DESC, key_id
     LIMIT ${MAX_KEYS}`,
    { project },
    LIMITS,
  )
  return rows.map(storedKey)
}

export const readKey = async (store: Reader, project: string, id: string): Promise<StoredKey | undefined> => {
  const rows = await readRows<ListedRow>(
    store,
    `SELECT ${KEY_COLUMNS} FROM api_keys FINAL WHERE key_id = {id:String} AND project = {project:String}`,
    { project, id },
    LIMITS,
  )
  return rows.map(storedKey)[0]
}

const storedKey = ({ createdMs, revokedMs, ...row }: ListedRow): StoredKey => ({
  ...row,
  createdAt: new Date(createdMs).toISOString(),
  revokedAt: revokedMs === null ? null : new Date(revokedMs).toISOString(),
})

/** Stores a key as it is now: new, or revoked. */
export const writeKey = (store: Reader, key: StoredKey): Promise<void> =>
  insert(store, 'api_keys', {
    key_id: key.id,
    project: key.project,
    role: key.role,
    name: key.name,
    key_hash: key.hash,
    created_at: engineTime(key.createdAt),
    created_by: key.createdBy,
    revoked_at: key.revokedAt === null ? null : engineTime(key.revokedAt),
    version: key.revokedAt === null ? 1 : 2,
  })

type ProjectRow = { project: string; createdMs: number; createdBy: string }

/** All projects by name, `default` first: it is there without having been made. */
export const readProjects = async (store: Reader): Promise<Project[]> => {
  const rows = await readRows<ProjectRow>(
    store,
    `SELECT project, toUnixTimestamp64Milli(created_at) AS createdMs, created_by AS createdBy
     FROM projects FINAL
     ORDER BY project
     LIMIT ${MAX_PROJECTS}`,
    {},
    LIMITS,
  )
  const made = rows.map(({ createdMs, ...row }) => ({ ...row, createdAt: new Date(createdMs).toISOString() }))
  return [{ project: DEFAULT_PROJECT, createdAt: null, createdBy: '' }, ...made]
}

/** Names of all projects: what goes over every project begins here. */
export const listProjects = async (store: Reader): Promise<string[]> => (await readProjects(store)).map(({ project }) => project)

export const writeProject = (store: Reader, { project, createdAt, createdBy }: Project & { createdAt: string }): Promise<void> =>
  insert(store, 'projects', { project, created_at: engineTime(createdAt), created_by: createdBy })

export type AuditEntry = {
  project: string
  at: string
  /** id of a key, `admin_token` or `loopback` */
  actor: string
  action: 'key.create' | 'key.revoke' | 'project.create' | 'price.set' | 'price.remove'
  target: string
  detail: string
}

export const writeAudit = (store: Reader, { at, ...entry }: AuditEntry): Promise<void> =>
  insert(store, 'audit', { ...entry, at: engineTime(at), audit_id: randomUUID() })

const insert = async (store: Reader, table: string, row: Record<string, unknown>): Promise<void> => {
  await store.client.insert({
    table,
    columns: Object.keys(row) as [string, ...string[]],
    values: [row],
    format: 'JSONEachRow',
    // an unknown column must not vanish in silence; the answer must mean that the row is written
    clickhouse_settings: { input_format_skip_unknown_fields: 0, async_insert: 0 },
  })
}

/** As the engine reads a time. */
const engineTime = (iso: string): string => iso.replace('T', ' ').replace('Z', '')
