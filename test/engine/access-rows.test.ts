// Projects, keys and audit as rows, on both engines.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  listProjects,
  readActiveKeys,
  readKey,
  readKeys,
  readProjects,
  type StoredKey,
  writeAudit,
  writeKey,
  writeProject,
} from '../../collector/src/store/access-rows.ts'
import { migrate } from '../../collector/src/store/migrate.ts'
import { openStore, type Store } from '../../collector/src/store/open.ts'
import { readRows } from '../../collector/src/store/read.ts'
import { startClickHouseServer } from './clickhouse-server.ts'

const AT = '2026-02-03T04:05:06.789Z'
const LATER = '2026-02-04T00:00:00.000Z'
const keyOf = (id: string, rest: Partial<StoredKey> = {}): StoredKey => ({
  id,
  project: 'default',
  role: 'read',
  name: `it's "${id}" \\ 鍵`,
  createdAt: AT,
  createdBy: 'admin_token',
  revokedAt: null,
  hash: id.padEnd(64, '0'),
  ...rest,
})

const embedded = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-access-rows-'))
  const store = await openStore({ dataDir: folder })
  return { store, stop: async () => rmSync(folder, { recursive: true, force: true }) }
}
const server = async () => {
  const running = await startClickHouseServer()
  return { store: await openStore({ url: running.url }), stop: () => running.stop() }
}

describe.each([
  ['the embedded engine', embedded],
  ['a ClickHouse server', server],
])('on %s', (_engine, open) => {
  let store: Store
  let stop: () => Promise<void>
  beforeAll(async () => {
    ;({ store, stop } = await open())
    await migrate(store)
  })
  afterAll(async () => {
    await store.close()
    await stop()
  })

  it('keys come back as they were written, those in force first, and a revoked one is in force no more', async () => {
    const [first, second, other] = [
      keyOf('key_1'),
      keyOf('key_2', { createdAt: LATER, role: 'admin' }),
      keyOf('key_3', { project: 'acme' }),
    ]
    for (const key of [first, second, other]) await writeKey(store, key)
    expect(await readKeys(store, 'default')).toEqual([second, first])
    expect((await readActiveKeys(store)).map(({ id }) => id)).toEqual(['key_1', 'key_3', 'key_2'])
    const revoked = { ...second, revokedAt: LATER }
    await writeKey(store, revoked)
    await writeKey(store, second)
    expect(await readKey(store, 'default', 'key_2')).toEqual(revoked)
    expect(await readKey(store, 'acme', 'key_2')).toBeUndefined()
    expect(await readKeys(store, 'default')).toEqual([first, revoked])
    expect(await readActiveKeys(store)).toEqual([first, other].map(({ id, project, role, hash }) => ({ id, project, role, hash })))
  })

  it('projects are listed by name behind the default one, once each', async () => {
    for (const project of ['zoo', 'acme', 'acme']) await writeProject(store, { project, createdAt: AT, createdBy: 'admin_token' })
    expect(await readProjects(store)).toEqual([
      { project: 'default', createdAt: null, createdBy: '' },
      { project: 'acme', createdAt: AT, createdBy: 'admin_token' },
      { project: 'zoo', createdAt: AT, createdBy: 'admin_token' },
    ])
    expect(await listProjects(store)).toEqual(['default', 'acme', 'zoo'])
  })

  it('each change is a row of the audit, also two of the same moment', async () => {
    const entry = { project: 'acme', at: AT, actor: 'key_1', action: 'key.create', target: 'key_2', detail: '{}' } as const
    await writeAudit(store, entry)
    await writeAudit(store, entry)
    expect(await readRows(store, 'SELECT project, actor, action, target, detail FROM audit FINAL')).toHaveLength(2)
  })
})
