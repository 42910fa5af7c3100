// The API on a real engine with a few rows of everything, behind a real socket.
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AlertRuleStatus,
  type Attributes,
  type AttributeValue,
  DEFAULT_DROP_RULE,
  Problem,
  type RecognizedSpan,
} from '@seamtrace/schema'
import { engineTime, insertRunSpecs, runSpec } from '../../../test/engine/run-rows.fixture.ts'
import { type Access, startAccess } from '../access/access.ts'
import { model, spansOf } from '../analyze/spans.fixture.ts'
import { rateOf } from '../query/rate.ts'
import { insertSpans } from '../store/insert-spans.fixture.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'
import { createApi } from './app.ts'

export const TRACE = '0af7651916cd43dd8448eb211c80319c'
export const SPAN = 'b7ad6b7169203331'
export const NOW = Date.now()

const verdict = {
  state: 'firing' as const,
  window: rateOf(30, 60),
  baseline: rateOf(970, 1000),
  z: 12.5,
  reason: 'half fails',
  seam: null,
  exampleRunIds: ['r1'],
}
const rule: AlertRuleStatus = {
  ruleId: 'reliability-dropped:support-refund',
  pipeline: 'support-refund',
  name: 'Reliability dropped',
  rule: DEFAULT_DROP_RULE,
  state: 'firing',
  since: new Date(NOW).toISOString(),
  evaluatedAt: new Date(NOW).toISOString(),
  verdict,
}
export const stats = () => ({
  startedAt: new Date(NOW).toISOString(),
  acceptedSpans: 1,
  requests: 2,
  rejectedSpans: 0,
  skewedSpans: 0,
  acceptedLogs: 0,
  rejectedLogs: 0,
  metrics: { points: 0, storedPoints: 0, rejectedPoints: 0, names: [] },
  rejected: [],
  truncated: [],
  spool: {
    maxBytes: 1_000_000,
    waiting: { blocks: 1, rows: 70, bytes: 7_000 },
    oldestMs: 250,
    kept: { blocks: 1, rows: 90, bytes: 9_000 },
    quarantined: { files: 1, rows: 3, bytes: 300, lastReason: 'refused' },
    missing: { files: 0, rows: 0 },
    torn: { files: 0, bytes: 0 },
    sync: { p50Ms: 2, p99Ms: 9 },
  },
  insert: { rows: 500, blocks: 5, retries: 2, lagMs: 300, failing: null },
  refused: [{ reason: 'too_large', requests: 1, sample: 'body of 70 MB', at: new Date(NOW).toISOString() }],
})

export type Reply = { status: number; headers: IncomingHttpHeaders; text: string; json: unknown }
export type Send = (path: string, options?: { method?: string; headers?: Record<string, string>; body?: string }) => Promise<Reply>
export type TestApi = { store: Store; access: Access; send: Send; logged: unknown[]; dashboardFolder: string; close(): Promise<void> }

export const startTestApi = async (): Promise<TestApi> => {
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-api-'))
  const dashboardFolder = join(folder, 'dist')
  const logged: unknown[] = []
  const store = await openStore({ dataDir: join(folder, 'data') })
  await migrate(store)
  await insertRows(store)
  const log = { error: (...args: unknown[]) => void logged.push(args) }
  const access = await startAccess({ store, log: { info: () => {}, warn: () => {} }, loopback: true })
  const alerts = { rules: () => [rule] }
  const app = createApi({ store, access, stats, totals: stats, alerts, log, hosts: ['10.1.2.3', '::2'], dashboardFolder })
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const close = async () => {
    await new Promise((resolve) => server.close(resolve))
    access.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { store, access, send: sendTo((server.address() as AddressInfo).port), logged, dashboardFolder, close }
}

/** By node:http, since fetch sets the Host header itself. */
export const sendTo =
  (port: number): Send =>
  (path, { method = 'GET', headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const req = request({ port, path, method, headers, agent: false }, (res) => {
        let text = ''
        res
          .setEncoding('utf8')
          .on('data', (chunk: string) => (text += chunk))
          .on('end', () => {
            const isJson = /json/.test(res.headers['content-type'] ?? '') && text !== ''
            resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json: isJson ? JSON.parse(text) : undefined })
          })
      })
      req.once('error', reject).end(body)
    })

/** @throws when the reply is no problem of its own status */
export const problemOf = (reply: Reply): Problem => {
  const problem = Problem.parse(reply.json)
  const type = reply.headers['content-type'] ?? ''
  if (!type.startsWith('application/problem+json') || problem.status !== reply.status)
    throw new Error(`no problem+json of ${reply.status}: ${type} ${reply.text}`)
  return problem
}

const insertRows = async (store: Store): Promise<void> => {
  await insertRunSpecs(store, 'default', [
    runSpec({ runId: 'good', traceIds: [TRACE], endMs: NOW - 5_000 }),
    runSpec({
      runId: 'bad/1 ü',
      outcome: 'failure',
      endMs: NOW - 4_000,
      sessionId: 's-9',
      story: 'Failed at plan→act: Timed OUT.',
      charge: {
        seam: 'plan→act',
        seamKind: 'handoff',
        step: 'act',
        layer: 'execution',
        gap: 'tool',
        kind: 'tool_timeout',
        certain: true,
        message: 'timed out',
      },
      steps: [
        { name: 'plan', layer: 'planning', firstStartMs: 0, operations: 1, failed: 0, firstTry: 1 },
        { name: 'act', layer: 'execution', firstStartMs: 10, operations: 1, failed: 1, firstTry: 0 },
      ],
    }),
  ])
  await insertSpan(store, SPAN, 1n)
  await insertSpan(store, SPAN, 1n)
  await insertSpan(store, 'b7ad6b7169203332', 2n)
  await store.client.insert({
    table: 'alert_transitions',
    format: 'JSONEachRow',
    values: [
      {
        project: 'default',
        rule_id: rule.ruleId,
        event_id: 'e1',
        pipeline: rule.pipeline,
        name: rule.name,
        at: engineTime(NOW),
        from_state: 'ok',
        to_state: 'firing',
        verdict: JSON.stringify(verdict),
        delivery_status: 'failed',
        delivery_attempts: 5,
        delivery_error: 'status 500',
        version: 2,
      },
    ],
  })
}

const insertSpan = (store: Store, spanId: string, startOffset: bigint) => {
  const start = BigInt(NOW) * 1_000_000n + startOffset
  const [base] = spansOf(model(), {}) as [RecognizedSpan]
  const attributes: Attributes = new Map<string, AttributeValue>([
    ['text', 'a'],
    ...(spanId === SPAN ? [] : [['__proto__', 'p'] as const]),
    ['big', 9_223_372_036_854_775_807n],
    ['list', [1n, true, { double: 1.5 }]],
    ['map', new Map([['k', null]])],
    ['bytes', Buffer.from([0, 1])],
    ['nan', { double: Number.NaN }],
  ])
  const exception = { timeUnixNano: 17n, name: 'exception', attributes: new Map([['exception.message', 'no']]), droppedAttributesCount: 0 }
  const link = {
    traceId: TRACE,
    spanId: SPAN,
    traceState: '',
    flags: 0,
    attributes: new Map([['reason', 'resume']]),
    droppedAttributesCount: 0,
  }
  return insertSpans(store, 'default', [
    {
      ...base,
      traceId: TRACE,
      spanId,
      parentSpanId: spanId === SPAN ? '' : SPAN,
      name: 'chat',
      kind: 3,
      startTimeUnixNano: start,
      endTimeUnixNano: start + 1000n,
      statusCode: 2,
      attributes,
      resource: new Map([['service.name', 'shop']]),
      events: [exception],
      links: [link],
      type: 'model',
      layer: 'execution',
      outcome: 'failure',
      costUsd: '0.000012',
    },
  ])
}
