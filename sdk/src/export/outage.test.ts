// The collector is away: nothing is lost while there is room, and beyond it every lost span is counted.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SEAMTRACE } from '@seamtrace/schema'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createDelivery, DELIVERY_LIMITS, type DeliveryLimits } from './delivery.ts'
import { type FakeCollector, type Mode, provide, startFakeCollector } from './outage.fixture.ts'
import type { Sender } from './send.ts'

const SOON: Partial<DeliveryLimits> = { saveAfterMs: 20, firstPauseMs: 20, longestPauseMs: 100 }
const batch = { delayMs: 10, flushMs: 2_000 }
// longer than a slow machine ever takes
const LONG = { timeout: 30_000, interval: 20 }

let collector: FakeCollector
let spool: string
beforeEach(async () => {
  collector = await startFakeCollector()
  spool = mkdtempSync(join(tmpdir(), 'seamtrace-sdk-spool-'))
})
afterEach(async () => {
  await collector.close()
  rmSync(spool, { recursive: true, force: true })
  vi.unstubAllEnvs()
})

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.otlp'))

it.each<Mode>(['refuse', '503', 'hang', 'lost answer'])(
  'a collector that answers with %s loses nothing',
  { timeout: 60_000 },
  async (mode) => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '300')
    const { make, made, pipe, provider } = provide({ endpoint: collector.endpoint, spool, limits: SOON, batch })
    make(100)
    await provider.forceFlush()
    collector.set(mode)
    for (let round = 0; round < 40; round++) {
      make(25)
      await sleep(10)
    }
    await vi.waitFor(() => expect(filesIn(spool).length).toBeGreaterThan(0), LONG)
    collector.set('up')
    make(100)
    await vi.waitFor(() => expect(collector.names.size).toBe(made()), LONG)
    await vi.waitFor(() => expect(pipe.counts()).toMatchObject({ waiting: 0, delivered: made(), dropped: 0, refused: 0 }), LONG)
    await vi.waitFor(() => expect(filesIn(spool)).toEqual([]), LONG)
    await provider.shutdown()
  },
)

it.each([['off'], ['spool']])('beyond the room (spool: %s) made = received + told lost, exactly', { timeout: 60_000 }, async (where) => {
  const limits = { ...SOON, spoolBytes: 64 * 1024, memoryBytes: 32 * 1024 }
  const { make, made, pipe, provider } = provide({ endpoint: collector.endpoint, spool: where === 'off' ? 'off' : spool, limits, batch })
  collector.set('503')
  for (let round = 0; round < 50; round++) {
    make(20, 'x'.repeat(500))
    await sleep(5)
  }
  await vi.waitFor(() => expect(pipe.counts().lost.no_room).toBeGreaterThan(0), LONG)
  collector.set('up')
  await vi.waitFor(() => expect(pipe.counts().waiting).toBe(0), LONG)
  await vi.waitFor(() => expect(collector.told()[SEAMTRACE.lostNoRoom]).toBe(made() - collector.names.size), LONG)
  expect(collector.names.size).toBeGreaterThan(0)
  await provider.shutdown()
})

// 10 minutes at 1:200: pauses of 3 ms to 75 ms, of which some 40 pass. A time-out stays long enough for a slow machine.
const TEN_MINUTES: Partial<DeliveryLimits> = { saveAfterMs: 20, firstPauseMs: 3, longestPauseMs: 75 }
const TRIES = 40

it.each<[Mode, string, Partial<DeliveryLimits>]>([
  ['refuse', 'loses nothing', {}],
  ['503', 'loses nothing', {}],
  ['hang', 'loses nothing', {}],
  ['refuse', 'tells exactly what was lost beyond the cap', { spoolBytes: 128 * 1024, memoryBytes: 64 * 1024 }],
  ['503', 'tells exactly what was lost beyond the cap', { spoolBytes: 128 * 1024, memoryBytes: 64 * 1024 }],
  ['hang', 'tells exactly what was lost beyond the cap', { spoolBytes: 128 * 1024, memoryBytes: 64 * 1024 }],
])('ten minutes (scaled) of a collector that answers with %s: %s', { timeout: 120_000 }, async (mode, _what, room) => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '200')
  const limits = { ...TEN_MINUTES, ...room }
  const { make, made, pipe, provider } = provide({ endpoint: collector.endpoint, spool, limits, batch })
  collector.set(mode)
  for (let rounds = 0; collector.requests() < TRIES || rounds < 100; rounds++) {
    make(10, 'x'.repeat(500))
    await sleep(10)
  }
  if (room.spoolBytes) await vi.waitFor(() => expect(pipe.counts().lost.no_room).toBeGreaterThan(0), LONG)
  collector.set('up')
  await vi.waitFor(() => expect(pipe.counts().waiting).toBe(0), { ...LONG, timeout: 60_000 })
  const lost = made() - collector.names.size
  if (room.spoolBytes) {
    expect(lost).toBeGreaterThan(0)
    await vi.waitFor(() => expect(collector.told()[SEAMTRACE.lostNoRoom]).toBe(lost), LONG)
  } else {
    expect(lost).toBe(0)
    expect(pipe.counts().lost).toEqual({ no_room: 0, refused: 0, broken: 0 })
  }
  await provider.shutdown()
})

it('heartbeats of an outage that never ends take little room: later ones tell what earlier ones told', async () => {
  const away: Sender = { url: '', send: async () => ({ outcome: 'again', reason: 'away', retryAfterMs: 0 }), close: () => {} }
  const delivery = createDelivery({ sender: away, limits: { ...DELIVERY_LIMITS, ...SOON } })
  for (let beat = 0; beat < 1_000; beat++) delivery.deliver({ signal: 'logs', body: new Uint8Array(100), items: 1, about: 'runs' })
  delivery.deliver({ signal: 'logs', body: new Uint8Array(100), items: 1 })
  // the one on its way is let be
  expect(delivery.counts().waiting).toBeLessThanOrEqual(35)
  await delivery.close()
})

it('spans that are refused for good are counted and told, and not sent again', { timeout: 60_000 }, async () => {
  const { make, pipe, provider } = provide({ endpoint: collector.endpoint, spool, limits: SOON, batch })
  collector.set('400')
  make(30)
  await vi.waitFor(() => expect(pipe.counts().lost.refused).toBe(30), LONG)
  collector.set('up')
  make(1)
  await vi.waitFor(() => expect(collector.names.size).toBe(1), LONG)
  await vi.waitFor(() => expect(collector.told()[SEAMTRACE.lostRefused]).toBe(30), LONG)
  await provider.shutdown()
})

it('a process that is killed leaves all but the last second to the next one', { timeout: 60_000 }, async () => {
  collector.set('hang')
  const program = fileURLToPath(new URL('./outage-program.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, [program, collector.endpoint, spool], { stdio: ['ignore', 'pipe', 'inherit'] })
  const printed: { made: number; at: number }[] = []
  child.stdout.on('data', (text: Buffer) => {
    for (const line of text.toString().trim().split('\n')) printed.push({ made: Number(line), at: performance.now() })
  })
  await vi.waitFor(() => expect(printed.at(-1)?.made).toBeGreaterThan(300), LONG)
  const killedAt = performance.now()
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  collector.set('up')
  const safe = printed.filter(({ at }) => at < killedAt - 1_000).at(-1)?.made ?? 0
  expect(safe).toBeGreaterThan(0)
  const { provider } = provide({ endpoint: collector.endpoint, spool, limits: SOON, batch })
  await vi.waitFor(() => expect(collector.names.size).toBeGreaterThanOrEqual(safe), LONG)
  await vi.waitFor(() => expect(filesIn(spool)).toEqual([]), LONG)
  await provider.shutdown()
})

it('is not sent to another collector, nor with another key', async () => {
  collector.set('503')
  const { make, provider } = provide({ endpoint: collector.endpoint, spool, limits: SOON, batch })
  make(5)
  await vi.waitFor(() => expect(filesIn(spool).length).toBe(1), LONG)
  const other = await startFakeCollector()
  const second = provide({ endpoint: other.endpoint, spool, limits: SOON, batch })
  second.make(1)
  await second.provider.forceFlush()
  expect(other.requests()).toBe(1)
  expect(filesIn(spool).length).toBe(1)
  await Promise.all([provider.shutdown(), second.provider.shutdown()])
  await other.close()
})

it('without a disk that can be written to, spans wait in memory', { timeout: 60_000 }, async () => {
  const { make, provider } = provide({ endpoint: collector.endpoint, spool: fileURLToPath(import.meta.url), limits: SOON, batch })
  collector.set('refuse')
  make(50)
  await provider.forceFlush()
  collector.set('up')
  await vi.waitFor(() => expect(collector.names.size).toBe(50), LONG)
  await provider.shutdown()
})
