// API, dashboard and receivers of one collector with keys of every kind in two projects, on real sockets and the real engine.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Express } from 'express'
import { type Access, startAccess } from '../../collector/src/access/access.ts'
import { ADMIN_TOKEN } from '../../collector/src/access/caller.ts'
import { type Send, sendTo } from '../../collector/src/api/api.fixture.ts'
import { createApi } from '../../collector/src/api/app.ts'
import { reanalyzeBatch } from '../../collector/src/derive/reanalyze.ts'
import { startInserter } from '../../collector/src/insert/inserter.ts'
import { RULES_VERSION, recognize } from '../../collector/src/recognize/recognize.ts'
import { openSpool } from '../../collector/src/spool/spool.ts'
import { type Receivers, startReceivers } from '../../collector/src/start-receivers.ts'
import { migrate } from '../../collector/src/store/migrate.ts'
import { openStore, type Store } from '../../collector/src/store/open.ts'

export const TOKEN = 'the-token-of-the-operator'
export const OTHER = 'acme'

export type Served = {
  store: Store
  access: Access
  app: Express
  receivers: Receivers
  send: Send
  httpUrl: string
  grpcAddress: string
  /** Resolves when all that was taken can be read. */
  stored(): Promise<void>
  close(): Promise<void>
}

const quiet = { info: () => {}, warn: () => {}, error: () => {} }

export const startServed = async (): Promise<Served> => {
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-served-'))
  const dashboardFolder = join(folder, 'dist')
  mkdirSync(dashboardFolder)
  writeFileSync(join(dashboardFolder, 'index.html'), '<title>dashboard</title>')
  const store = await openStore({ dataDir: join(folder, 'data') })
  await migrate(store)
  const access = await startAccess({ store, log: quiet, adminToken: TOKEN, loopback: true })
  await access.manage.createProject(ADMIN_TOKEN, OTHER)
  const none = new Set<string>()
  const spool = await openSpool({ dir: join(folder, 'spool'), maxBytes: 1024 ** 3, sealAfterMs: 10 })
  const inserter = startInserter({ spool, store, log: quiet })
  const receivers = await startReceivers(
    spool,
    { host: '127.0.0.1', otlpHttpPort: 0, otlpGrpcPort: 0, access, recognize: (span) => recognize(span, none) },
    quiet,
  )
  const { counts, totals } = receivers.stats
  const own = { spool: null, insert: null }
  const stats = { stats: (project: string) => ({ ...counts(project), ...own }), totals: () => ({ ...totals(), ...own }) }
  const reanalyze = (project: string, after: string) =>
    reanalyzeBatch({ store, recognize, rulesVersion: RULES_VERSION, retentionMs: 30 * 86_400_000 }, project, after)
  const app = createApi({ store, access, ...stats, reanalyze, alerts: { rules: () => [] }, log: quiet, dashboardFolder })
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening))
  })
  const close = async (): Promise<void> => {
    await new Promise((resolve) => server.close(resolve))
    await receivers.close()
    await inserter.stop()
    access.close()
    await store.close()
    await spool.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return {
    store,
    access,
    app,
    receivers,
    send: sendTo((server.address() as AddressInfo).port),
    httpUrl: `http://127.0.0.1:${receivers.ports.otlpHttp}`,
    grpcAddress: `127.0.0.1:${receivers.ports.otlpGrpc}`,
    stored: async () => {
      while (spool.stats().waiting.rows > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    close,
  }
}
