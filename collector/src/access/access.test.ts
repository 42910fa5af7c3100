// Keys on the real engine: who is let in, what revoking does, and what is left when the store is away.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Endpoint, ROLES, type Role } from '@seamtrace/schema'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { listProjects } from '../store/access-rows.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'
import { readRows } from '../store/read.ts'
import { type Access, type AccessOptions, startAccess } from './access.ts'
import { ADMIN_TOKEN, LOOPBACK } from './caller.ts'
import { hashOf, isKey, newKey } from './key.ts'

const TOKEN = 'a-token-of-an-operator'
const log = { info: () => {}, warn: () => {} }

// @ts-expect-error an endpoint that does not say whom it answers is none
export const withoutRole: Endpoint = { path: '/x', summary: '', params: {} as never, query: {} as never, response: {} as never }

let folder: string
let store: Store
let opened: Access[] = []
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seamtrace-access-'))
  store = await openStore({ dataDir: folder })
  await migrate(store)
})
beforeEach(async () => {
  for (const table of ['api_keys', 'projects', 'audit']) await store.client.command({ query: `TRUNCATE TABLE ${table}` })
})
afterEach(() => {
  for (const access of opened) access.close()
  opened = []
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const start = async (options: Partial<AccessOptions> = {}): Promise<Access> => {
  const access = await startAccess({ store, log, loopback: true, pollMs: 60_000, ...options })
  opened.push(access)
  return access
}
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  )

describe('a key', () => {
  it.each(ROLES)('of role %s says what it is, and never comes twice', (role) => {
    const keys = new Set(Array.from({ length: 1_000 }, () => newKey(role)))
    expect(keys.size).toBe(1_000)
    for (const key of keys) expect(isKey(key) && key.startsWith(`smt_${role[0]}_`)).toBe(true)
  })

  it('is nowhere in the store, only its hash', async () => {
    const access = await start()
    const { key, id } = await access.manage.createKey(LOOPBACK, { role: 'admin', name: 'mine' })
    const rows = await Promise.all(['api_keys', 'audit', 'projects'].map((table) => readRows(store, `SELECT * FROM ${table}`)))
    const text = JSON.stringify(rows)
    expect(text).not.toContain(key.slice(8))
    expect(text).toContain(hashOf(key))
    expect(text).toContain(id)
    expect(JSON.stringify(await access.manage.keys(LOOPBACK, undefined))).not.toMatch(new RegExp(`${key}|${hashOf(key)}`))
  })
})

describe('a loopback without keys', () => {
  it('lets everybody do everything in the project default, until there is a key', async () => {
    const access = await start()
    for (const role of ROLES) expect(await access.admit(undefined, role)).toBe(LOOPBACK)
    expect(await access.admit('whatever an exporter sends elsewhere', 'ingest')).toBe(LOOPBACK)
    const { key, id } = await access.manage.createKey(LOOPBACK, { role: 'admin', name: '' })
    for (const role of ROLES) expect(await codeOf(access.admit(undefined, role))).toBe('unauthorized')
    expect((await access.admit(key, 'read')).project).toBe('default')
    await access.manage.revokeKey(await access.admit(key, 'admin'), undefined, id)
    expect(await access.admit(undefined, 'read')).toBe(LOOPBACK)
  })

  it('begins with an admin key: with another one as the first nobody could make more', async () => {
    const access = await start()
    for (const role of ['ingest', 'read'] as const)
      await expect(access.manage.createKey(LOOPBACK, { role, name: '' })).rejects.toThrow('begin with role admin')
    await access.manage.createProject(LOOPBACK, 'acme')
    await expect(access.manage.createKey(LOOPBACK, { role: 'admin', name: '', project: 'acme' })).rejects.toThrow('begin with role admin')
    expect(await access.manage.keys(LOOPBACK, undefined)).toEqual([])
  })

  it.each([
    ['there is an admin token', { adminToken: TOKEN }],
    ['other machines reach it', { loopback: false }],
    ['both', { loopback: false, adminToken: TOKEN }],
  ])('is not open when %s', async (_why, options) => {
    const access = await start(options)
    for (const role of ROLES) expect(await codeOf(access.admit(undefined, role))).toBe('unauthorized')
    expect(await codeOf(access.admit(newKey('admin'), 'admin'))).toBe('unauthorized')
  })
})

describe('roles', () => {
  it('may what they say, and nothing else', async () => {
    const access = await start({ adminToken: TOKEN })
    const may: Record<string, Role[]> = {}
    const keys = [...ROLES.map((role) => [role, access.manage.createKey(ADMIN_TOKEN, { role, name: '' }).then(({ key }) => key)] as const)]
    for (const [name, key] of [...keys, ['token', TOKEN] as const]) {
      may[name] = []
      for (const role of ROLES) if ((await codeOf(access.admit(await key, role))) === 'ok') may[name].push(role)
    }
    expect(may).toEqual({ ingest: ['ingest'], read: ['read'], admin: ['read', 'admin'], token: ['read', 'admin'] })
    await expect(access.admit(await keys[0]?.[1], 'read')).rejects.toThrow('it may only send telemetry; use a key with role read')
  })
})

describe('projects', () => {
  it('come from the key, and only the admin token names another', async () => {
    const access = await start({ adminToken: TOKEN })
    await access.manage.createProject(ADMIN_TOKEN, 'acme')
    expect(await codeOf(access.manage.createProject(ADMIN_TOKEN, 'acme'))).toBe('conflict')
    expect(await codeOf(access.manage.createProject(ADMIN_TOKEN, 'default'))).toBe('conflict')
    expect(await codeOf(access.manage.createKey(ADMIN_TOKEN, { role: 'read', name: '', project: 'nobody' }))).toBe('not_found')
    const { key, id } = await access.manage.createKey(ADMIN_TOKEN, { role: 'admin', name: '', project: 'acme' })
    const acme = await access.admit(key, 'admin')
    expect(acme).toMatchObject({ project: 'acme', name: id, everyProject: false })

    const mine = await access.manage.createKey(acme, { role: 'ingest', name: '' })
    expect(mine).toMatchObject({ project: 'acme', createdBy: id })
    const theirs = await access.manage.createKey(ADMIN_TOKEN, { role: 'read', name: '' })
    expect(await codeOf(access.manage.createKey(acme, { role: 'read', name: '', project: 'default' }))).toBe('forbidden')
    expect(await codeOf(access.manage.keys(acme, 'default'))).toBe('forbidden')
    expect(await codeOf(access.manage.revokeKey(acme, undefined, theirs.id))).toBe('not_found')
    expect(await codeOf(access.manage.revokeKey(acme, 'default', theirs.id))).toBe('forbidden')
    expect(await codeOf(access.manage.createProject(acme, 'other'))).toBe('forbidden')
    expect((await access.manage.projects(acme)).map(({ project }) => project)).toEqual(['acme'])
    expect((await access.manage.keys(acme, undefined)).map(({ id }) => id).sort()).toEqual([id, mine.id].sort())
    expect((await access.manage.keys(ADMIN_TOKEN, 'acme')).length).toBe(2)
    expect((await access.manage.keys(ADMIN_TOKEN, undefined)).map(({ id }) => id)).toEqual([theirs.id])
    expect(await listProjects(store)).toEqual(['default', 'acme'])
  })

  it('have every change in the audit, once, with who made it', async () => {
    const access = await start({ adminToken: TOKEN })
    await access.manage.createProject(ADMIN_TOKEN, 'acme')
    const { key, id } = await access.manage.createKey(ADMIN_TOKEN, { role: 'admin', name: 'boss', project: 'acme' })
    const made = await access.manage.createKey(await access.admit(key, 'admin'), { role: 'ingest', name: '' })
    await access.manage.revokeKey(ADMIN_TOKEN, 'acme', made.id)
    await access.manage.revokeKey(ADMIN_TOKEN, 'acme', made.id)
    await codeOf(access.manage.createProject(ADMIN_TOKEN, 'acme'))
    expect(await readRows(store, 'SELECT project, actor, action, target, detail FROM audit FINAL ORDER BY at, action')).toEqual([
      { project: 'acme', actor: 'admin_token', action: 'project.create', target: 'acme', detail: '' },
      { project: 'acme', actor: 'admin_token', action: 'key.create', target: id, detail: '{"role":"admin","name":"boss"}' },
      { project: 'acme', actor: id, action: 'key.create', target: made.id, detail: '{"role":"ingest","name":""}' },
      { project: 'acme', actor: 'admin_token', action: 'key.revoke', target: made.id, detail: '{"role":"ingest","name":""}' },
    ])
  })
})

describe('several collectors on one store', () => {
  it('know a key of another at once, and its revocation within a poll', async () => {
    const here = await start({ adminToken: TOKEN })
    const there = await start({ adminToken: TOKEN, pollMs: 100 })
    const { key, id } = await here.manage.createKey(ADMIN_TOKEN, { role: 'read', name: '' })
    // whoever asks at once after another unknown key waits for the next look, a second later at the most
    await expect.poll(() => codeOf(there.admit(key, 'read')), { timeout: 3_000 }).toBe('ok')
    await here.manage.revokeKey(ADMIN_TOKEN, undefined, id)
    expect(await codeOf(here.admit(key, 'read'))).toBe('unauthorized')
    await expect.poll(() => codeOf(there.admit(key, 'read')), { timeout: 3_000 }).toBe('unauthorized')
  })

  it('keep a key revoked, however late an older row comes', async () => {
    const access = await start({ adminToken: TOKEN })
    const { id, key } = await access.manage.createKey(ADMIN_TOKEN, { role: 'read', name: '' })
    await access.manage.revokeKey(ADMIN_TOKEN, undefined, id)
    await store.client.command({ query: 'INSERT INTO api_keys SELECT * FROM api_keys WHERE version = 1' })
    const later = await start({ adminToken: TOKEN })
    expect(await codeOf(later.admit(key, 'read'))).toBe('unauthorized')
  })
})

/** A store that can be cut off, and counts what it is asked. */
const fragile = () => {
  const state = { away: false, asked: 0 }
  const query: Store['client']['query'] = (params) => {
    state.asked++
    return state.away ? Promise.reject(new Error('connect ECONNREFUSED')) : store.client.query(params)
  }
  const client = new Proxy(store.client, { get: (target, name) => (name === 'query' ? query : Reflect.get(target, name)) })
  return { state, store: { client } }
}

describe('while the store is away', () => {
  it('known keys go on, unknown ones are told to try again, and what was never a key is refused', async () => {
    const cut = fragile()
    const warnings: string[] = []
    const access = await start({
      adminToken: TOKEN,
      store: cut.store,
      pollMs: 50,
      log: { info: (message) => warnings.push(message), warn: (message) => warnings.push(message) },
    })
    const { key } = await access.manage.createKey(ADMIN_TOKEN, { role: 'ingest', name: '' })
    cut.state.away = true
    await expect.poll(() => warnings.length).toBe(1)
    expect(await codeOf(access.admit(key, 'ingest'))).toBe('ok')
    expect(await codeOf(access.admit(key, 'read'))).toBe('forbidden')
    expect(await codeOf(access.admit(TOKEN, 'admin'))).toBe('ok')
    expect(await codeOf(access.admit(newKey('ingest'), 'ingest'))).toBe('unavailable')
    expect(await codeOf(access.admit('nonsense', 'ingest'))).toBe('unauthorized')
    expect(await codeOf(access.admit(undefined, 'ingest'))).toBe('unauthorized')
    cut.state.away = false
    await expect.poll(() => warnings.length).toBe(2)
    expect(warnings).toEqual([expect.stringContaining('cannot read the keys'), 'the keys can be read again'])
    expect(await codeOf(access.admit(newKey('ingest'), 'ingest'))).toBe('unauthorized')
  })

  it('a loopback whose keys were never read is not taken for one without keys', async () => {
    const cut = fragile()
    cut.state.away = true
    const access = await start({ store: cut.store })
    expect(await codeOf(access.admit(undefined, 'read'))).toBe('unavailable')
    expect(await codeOf(access.admit('nonsense', 'read'))).toBe('unavailable')
    cut.state.away = false
    await expect.poll(() => codeOf(access.admit(undefined, 'read')), { timeout: 3_000 }).toBe('ok')
  })

  it('is not asked for every request: a thousand known and a thousand unknown keys make two questions at the most', async () => {
    const cut = fragile()
    const access = await start({ adminToken: TOKEN, store: cut.store })
    const { key } = await access.manage.createKey(ADMIN_TOKEN, { role: 'ingest', name: '' })
    const before = cut.state.asked
    for (let index = 0; index < 1_000; index++) await access.admit(key, 'ingest')
    expect(cut.state.asked).toBe(before)
    await Promise.all(Array.from({ length: 1_000 }, () => codeOf(access.admit(newKey('ingest'), 'ingest'))))
    expect(cut.state.asked - before).toBeLessThanOrEqual(2)
  })
})
