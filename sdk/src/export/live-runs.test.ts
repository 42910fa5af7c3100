// What is told of runs while they go on: once when they do not end at once, then again and again, and nothing when they have ended.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { SEAMTRACE, SEAMTRACE_EVENTS } from '@seamtrace/schema'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { human } from '../human.ts'
import { pipeline } from '../pipeline.ts'
import { step } from '../step.ts'
import { createLiveRuns, type LiveRuns } from './live-runs.ts'
import { startFakeCollector } from './outage.fixture.ts'
import type { ExportRequest } from './request.ts'

const LONG = { timeout: 30_000, interval: 20 }

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
})
afterAll(() => context.disable())

let live: LiveRuns | undefined
afterEach(() => {
  live?.stop()
  trace.disable()
  vi.unstubAllEnvs()
})

/** Requests as they are sent, by a provider whose spans go nowhere else. */
const watch = (heartbeatMs: number): ExportRequest[] => {
  const sent: ExportRequest[] = []
  const made = createLiveRuns({ heartbeatMs, stalledAfterMs: 0 }, (request) => void sent.push(request))
  const processor: SpanProcessor = { ...made, forceFlush: async () => {}, shutdown: async () => {} }
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }))
  live = made
  return sent
}
const textOf = ({ body }: ExportRequest): string => Buffer.from(body).toString('latin1')
const last = (sent: readonly ExportRequest[], event: string): string => sent.map(textOf).findLast((text) => text.includes(event)) ?? ''

it('tells that a run has started, then what it is at, and nothing more when it has ended', async () => {
  const sent = watch(100)
  const { promise, resolve } = Promise.withResolvers<void>()
  const run = pipeline('support', { version: '3' }, () => step('draft', () => promise))
  await vi.waitFor(() => expect(last(sent, SEAMTRACE_EVENTS.spanStarted)).toContain('support'), LONG)
  await vi.waitFor(() => expect(last(sent, SEAMTRACE_EVENTS.heartbeat)).toContain('draft'), LONG)
  expect(last(sent, SEAMTRACE_EVENTS.heartbeat)).toContain(SEAMTRACE.pipelineVersion)
  resolve()
  await run
  const count = sent.length
  await sleep(350)
  expect(sent).toHaveLength(count)
  expect(sent.filter((request) => textOf(request).includes(SEAMTRACE_EVENTS.spanStarted))).toHaveLength(1)
})

it('tells nothing of runs that end at once, of steps, and of spans that are no run', async () => {
  const sent = watch(100)
  for (let run = 0; run < 1_000; run++) pipeline('quick', () => step('a', () => 1))
  const other = trace.getTracer('http').startSpan('GET /')
  await sleep(700)
  other.end()
  expect(sent).toEqual([])
})

it('tells of many runs in few requests, and of no more than a thousand', async () => {
  const sent = watch(60_000)
  const { promise, resolve } = Promise.withResolvers<void>()
  const runs = Array.from({ length: 1_100 }, () => pipeline('many', () => promise))
  await vi.waitFor(() => expect(sent.reduce((sum, { items }) => sum + items, 0)).toBe(1_000), LONG)
  expect(sent).toHaveLength(16)
  resolve()
  await Promise.all(runs)
})

it('leaves a run be that has ended, also where two tell of it', async () => {
  const sent: ExportRequest[] = []
  const both = [1, 2].map(() => createLiveRuns({ heartbeatMs: 100, stalledAfterMs: 0 }, (request) => void sent.push(request)))
  const spanProcessors = both.map((made) => ({ ...made, forceFlush: async () => {}, shutdown: async () => {} }))
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }))
  pipeline('twice', () => 1)
  await sleep(800)
  for (const made of both) made.stop()
  expect(sent).toEqual([])
})

it('says that a run waits while a person is asked', async () => {
  const sent = watch(100)
  const { promise, resolve } = Promise.withResolvers<string>()
  const run = pipeline('approval', () => human('refund', { type: 'approval' }, () => promise))
  await vi.waitFor(() => expect(last(sent, SEAMTRACE_EVENTS.heartbeat)).toContain(SEAMTRACE.outcome), LONG)
  resolve('approved')
  await run
})

it('keeps no process alive', { timeout: 60_000 }, async () => {
  const collector = await startFakeCollector()
  const program = fileURLToPath(new URL('./live-program.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, [program, collector.endpoint], { stdio: ['ignore', 'ignore', 'inherit'] })
  // it has a run that never ends, and nothing to do
  expect(await once(child, 'exit')).toEqual([0, null])
  await collector.close()
})
