import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ENDPOINTS, type EndpointQuery } from '@seamtrace/schema'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type SentLog, sentLog } from '../recognize/sent-log.fixture.ts'
import { insertLogs } from '../store/insert-logs.fixture.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'
import { traceLogs } from './trace-logs.ts'

const TRACE = 'ab'.repeat(16)
const OTHER = 'cd'.repeat(16)
const SPAN = '12'.repeat(8)
const dataDir = mkdtempSync(join(tmpdir(), 'seamtrace-logs-'))
let store: Store

const storeIn = (project: string, ...sent: SentLog[]) => insertLogs(store, project, sent.map(sentLog))
const ask = (query: Partial<EndpointQuery<'traceLogs'>> = {}, traceId = TRACE, project = 'default') =>
  traceLogs({ store, project, now: new Date() }, { traceId }, { limit: 100, ...query })

beforeAll(async () => {
  store = await openStore({ dataDir })
  await migrate(store)
  const records = Array.from({ length: 5 }, (_, index) => ({
    ...{ traceId: TRACE, atMs: index % 3, spanId: index < 2 ? SPAN : '', event: `event.${index}` },
    ...{ body: { text: 'found', count: index }, attributes: { ratio: 0.5, big: index } },
  }))
  await storeIn('default', ...records)
  // sent again
  await storeIn('default', ...records.slice(0, 2))
  await storeIn('default', { traceId: OTHER, event: 'event.other' })
  await storeIn('other', { traceId: TRACE, event: 'event.secret' })
})
afterAll(async () => {
  await store.close()
  rmSync(dataDir, { recursive: true })
})

it('gives the records of a trace by time, each once, and none of another trace or project', async () => {
  const { items, nextCursor } = await ask()
  expect(items.map(({ eventName }) => eventName).sort()).toEqual(['event.0', 'event.1', 'event.2', 'event.3', 'event.4'])
  expect(items.map(({ timeUnixNano }) => timeUnixNano)).toEqual(items.map(({ timeUnixNano }) => timeUnixNano).sort())
  expect(nextCursor).toBeNull()
  expect(items.find(({ eventName }) => eventName === 'event.1')).toMatchObject({
    ...{ traceId: TRACE, spanId: SPAN, severityText: 'INFO', scopeName: 'my.program', isCut: false },
    ...{ body: { text: 'found', count: 1 }, attributes: { ratio: 0.5, big: 1 } },
  })
  expect(await ask({}, 'ef'.repeat(16))).toEqual({ items: [], nextCursor: null })
})

it('gives the records of one span', async () => {
  expect((await ask({ spanId: SPAN })).items.map(({ eventName }) => eventName)).toEqual(['event.0', 'event.1'])
})

it('goes on page by page, without a record twice or left out', async () => {
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await ask({ limit: 2, ...(cursor && { cursor }) })
    expect(page.items.length).toBeLessThanOrEqual(2)
    seen.push(...page.items.map(({ eventName }) => eventName))
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  expect(seen).toEqual((await ask()).items.map(({ eventName }) => eventName))
})

it('cuts what is long and says so', async () => {
  const long = 'ü'.repeat(20_000)
  const attributes = { text: long, list: [long], short: 'x' }
  await storeIn('long', { traceId: TRACE, body: long, attributes })
  const [log] = (await ask({}, TRACE, 'long')).items
  expect(log).toMatchObject({ isCut: true, body: null, attributes: { short: 'x', text: 'ü'.repeat(16_384) } })
  expect(log?.attributes).not.toHaveProperty('list')
})

it.each(['x', '1', "1.' OR 1"])('refuses a cursor that is none of ours: %s', (cursor) => {
  expect(ENDPOINTS.traceLogs.query.safeParse({ cursor }).success).toBe(false)
})
