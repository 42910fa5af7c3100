// What SDKs told they lost, in the real store: the newest sums of each process, once.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LogRecord, SEAMTRACE, SEAMTRACE_EVENTS } from '@seamtrace/schema'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sentLog } from '../recognize/sent-log.fixture.ts'
import { insertLogs } from './insert-logs.fixture.ts'
import { migrate } from './migrate.ts'
import { openStore, type Store } from './open.ts'
import { sdkLosses } from './sdk-losses.ts'

let folder: string
let store: Store
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seamtrace-losses-'))
  store = await openStore({ dataDir: folder })
  await migrate(store)
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const told = (service: string, processId: string, seconds: number, noRoom: number, refused = 0): LogRecord => ({
  ...sentLog({
    event: SEAMTRACE_EVENTS.spansLost,
    traceId: '',
    spanId: '',
    atMs: seconds * 1_000,
    attributes: {
      [SEAMTRACE.processId]: processId,
      [SEAMTRACE.lostNoRoom]: noRoom,
      [SEAMTRACE.lostRefused]: refused,
      [SEAMTRACE.lostBroken]: 0,
    },
  }),
  resource: new Map([['service.name', service]]),
})

it('sums the newest counts of each process, by service and reason, whatever comes twice or late', async () => {
  const records = [told('shop', 'a', 0, 5), told('shop', 'a', 60, 12, 3), told('shop', 'b', 30, 100), told('desk', 'c', 10, 0, 7)]
  await insertLogs(store, 'mine', records)
  await insertLogs(store, 'mine', records.toReversed())
  await insertLogs(store, 'theirs', [told('other', 'a', 0, 1)])
  expect(await sdkLosses(store, 'mine')).toEqual([
    { service: 'shop', reason: 'no_room', spans: 112, at: '2026-09-21T14:14:20.000Z' },
    { service: 'desk', reason: 'refused', spans: 7, at: '2026-09-21T14:13:30.000Z' },
    { service: 'shop', reason: 'refused', spans: 3, at: '2026-09-21T14:14:20.000Z' },
  ])
  expect((await sdkLosses(store, '')).reduce((sum, { spans }) => sum + spans, 0)).toBe(123)
})
