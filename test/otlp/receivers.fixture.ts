// Receivers on free ports with the embedded engine behind them: what a test sends is really stored.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogRecord, RecognizedSpan } from '@seamtrace/schema'
import { startAccess } from '../../collector/src/access/access.ts'
import { startInserter } from '../../collector/src/insert/inserter.ts'
import { recognize } from '../../collector/src/recognize/recognize.ts'
import { openSpool } from '../../collector/src/spool/spool.ts'
import { type ReceiversConfig, startReceivers } from '../../collector/src/start-receivers.ts'
import { migrate } from '../../collector/src/store/migrate.ts'
import { openStore } from '../../collector/src/store/open.ts'
import { readRows } from '../../collector/src/store/read.ts'
import { logsOfTraces } from '../../collector/src/store/read-logs.ts'
import { spansOfTraces } from '../../collector/src/store/read-spans.ts'

export type TestReceivers = Awaited<ReturnType<typeof startTestReceivers>>

const PROJECT = 'default'
const none = new Set<string>()

export const startTestReceivers = async (config: Partial<ReceiversConfig> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-otlp-'))
  const store = await openStore({ dataDir: folder })
  await migrate(store)
  const logged: string[] = []
  const log = {
    info: () => {},
    warn: (message: string) => void logged.push(message),
    error: (message: string) => void logged.push(`error: ${message}`),
  }
  const access = await startAccess({ store, log: { info: () => {}, warn: () => {} }, loopback: true })
  const defaults = {
    host: '127.0.0.1',
    otlpHttpPort: 0,
    otlpGrpcPort: 0,
    access,
    recognize: (span: Parameters<typeof recognize>[0]) => recognize(span, none),
  }
  const spool = await openSpool({ dir: join(folder, 'spool'), maxBytes: 2 * 1024 ** 3, sealAfterMs: 10 })
  const inserter = startInserter({ spool, store, log })
  const receivers = await startReceivers(spool, { ...defaults, ...config }, log)
  const stored = async (): Promise<void> => {
    while (spool.stats().waiting.rows > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return {
    httpUrl: `http://127.0.0.1:${receivers.ports.otlpHttp}`,
    grpcAddress: `127.0.0.1:${receivers.ports.otlpGrpc}`,
    counts: () => receivers.stats.counts(PROJECT),
    logged,
    spansOf: async (traceIds: string[]): Promise<RecognizedSpan[]> => {
      await stored()
      return spansOfTraces(store, PROJECT, traceIds)
    },
    logsOf: async (traceIds: string[]): Promise<LogRecord[]> => {
      await stored()
      return logsOfTraces(store, PROJECT, traceIds)
    },
    rows: async <T>(sql: string): Promise<T[]> => {
      await stored()
      return readRows<T>(store, sql)
    },
    close: async () => {
      await receivers.close()
      await inserter.stop()
      access.close()
      await store.close()
      await spool.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Works through a list, so many at a time. */
export const inTurns = async <T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> => {
  let next = 0
  const turn = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, turn))
}
