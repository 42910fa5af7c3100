// Receivers on free ports with the embedded engine behind them: what a test sends is really stored.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogRecord, RecognizedSpan } from '@seamtrace/schema'
import { startAccess } from '../../collector/src/access/access.ts'
import { recognize } from '../../collector/src/recognize/recognize.ts'
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
  const log = { warn: (message: string) => void logged.push(message), error: (message: string) => void logged.push(`error: ${message}`) }
  const access = await startAccess({ store, log: { info: () => {}, warn: () => {} }, loopback: true })
  const defaults = {
    host: '127.0.0.1',
    otlpHttpPort: 0,
    otlpGrpcPort: 0,
    access,
    recognize: (span: Parameters<typeof recognize>[0]) => recognize(span, none),
  }
  const receivers = await startReceivers(store, { ...defaults, ...config }, log)
  return {
    httpUrl: `http://127.0.0.1:${receivers.ports.otlpHttp}`,
    grpcAddress: `127.0.0.1:${receivers.ports.otlpGrpc}`,
    counts: () => receivers.stats.counts(PROJECT),
    logged,
    spansOf: (traceIds: string[]): Promise<RecognizedSpan[]> => spansOfTraces(store, PROJECT, traceIds),
    logsOf: (traceIds: string[]): Promise<LogRecord[]> => logsOfTraces(store, PROJECT, traceIds),
    rows: <T>(sql: string): Promise<T[]> => readRows<T>(store, sql),
    close: async () => {
      await receivers.close()
      access.close()
      await store.close()
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
