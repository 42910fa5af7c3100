import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AlertEvent, AlertState } from '@seamtrace/schema'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { alertEvents } from '../query/alert-events.ts'
import { rateOf } from '../query/rate.ts'
import type { Scope } from '../query/scope.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'
import { deliverPending, type Webhook } from './deliver.ts'
import { writeTransition } from './transitions.ts'

type Received = { method: string; path: string; headers: IncomingHttpHeaders; body: Message }
type Message = {
  status: string
  version: string
  groupKey: string
  commonLabels: Record<string, string>
  alerts: Record<string, unknown>[]
}

const log = { warn: () => {} }
const never = new AbortController().signal

describe('delivery of alerts', () => {
  let store: Store
  let scope: Scope
  let receiver: Server
  let webhook: Webhook
  let received: Received[]
  /** answers of the receiver in turn; the last one is repeated */
  let answers: ((res: ServerResponse) => void)[]
  let projects = 0
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-deliver-'))

  beforeAll(async () => {
    store = await openStore({ dataDir: folder })
    await migrate(store)
  })
  afterAll(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(async () => {
    received = []
    answers = [status(200)]
    scope = { store, project: `d${++projects}`, now: new Date() }
    receiver = createServer(async (req, res) => {
      let text = ''
      for await (const chunk of req) text += chunk
      received.push({ method: req.method ?? '', path: req.url ?? '', headers: req.headers, body: JSON.parse(text) })
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      answer?.(res)
    }).listen(0, '127.0.0.1')
    await once(receiver, 'listening')
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook/secret-token`
    webhook = { url, externalUrl: 'http://localhost:4319', retryDelaysMs: [1, 1, 1, 1], timeoutMs: 300 }
  })
  afterEach(async () => {
    receiver.closeAllConnections()
    await new Promise((resolve) => receiver.close(resolve))
  })

  const status =
    (code: number, headers: Record<string, string> = {}) =>
    (res: ServerResponse): void =>
      void res.writeHead(code, headers).end('x'.repeat(2000))
  const hang = (): void => {}
  const drop = (res: ServerResponse): void => void res.destroy()

  let events = 0
  const event = (from: AlertState, to: AlertState, atMs = 1_795_000_000_000): AlertEvent => ({
    eventId: `event-${++events}`,
    ruleId: 'reliability-dropped:billing',
    pipeline: 'billing',
    name: 'Reliability dropped',
    at: new Date(atMs).toISOString(),
    from,
    to,
    verdict: {
      state: to,
      window: rateOf(20, 40),
      baseline: rateOf(446, 460),
      z: 11,
      reason: 'half fails',
      exampleRunIds: to === 'firing' ? ['run 1/a'] : [],
      seam:
        to === 'firing'
          ? {
              seam: 'act→search',
              kind: 'tool',
              layer: 'execution',
              gap: 'tool',
              failureKind: 'tool_timeout',
              chargedRuns: 20,
              shareIncrease: 0.47,
              message: 'timed out',
            }
          : null,
    },
    delivery: { status: 'pending', attempts: 0, lastError: '' },
  })
  const deliver = async (...pending: AlertEvent[]): Promise<AlertEvent['delivery'][]> => {
    for (const one of pending) await writeTransition(scope, one)
    await deliverPending(scope, webhook, log, never)
    return (await stored()).map(({ delivery }) => delivery)
  }
  const stored = async (): Promise<AlertEvent[]> => (await alertEvents(scope, { limit: 50 })).items

  it('posts the message that Alertmanager would post, with our labels and links to runs', async () => {
    scope = { ...scope, project: 'default' }
    const firing = event('ok', 'firing')
    expect(await deliver(firing)).toEqual([{ status: 'delivered', attempts: 1, lastError: '' }])
    expect(received).toMatchObject([
      { method: 'POST', path: '/hook/secret-token', headers: { 'content-type': 'application/json', 'idempotency-key': firing.eventId } },
    ])
    const labels = {
      alertname: 'ReliabilityDropped',
      pipeline: 'billing',
      seam: 'act→search',
      seam_kind: 'tool',
      layer: 'execution',
      gap: 'tool',
      kind: 'tool_timeout',
    }
    const annotations = {
      summary: 'billing: reliability dropped',
      reason: 'half fails',
      message: 'timed out',
      runs: 'http://localhost:4319/runs/run%201%2Fa',
    }
    expect(received[0]?.body).toEqual({
      version: '4',
      groupKey: 'reliability-dropped:billing',
      truncatedAlerts: 0,
      status: 'firing',
      receiver: 'seamtrace',
      groupLabels: { alertname: 'ReliabilityDropped', pipeline: 'billing' },
      commonLabels: labels,
      commonAnnotations: annotations,
      externalURL: 'http://localhost:4319',
      alerts: [
        {
          status: 'firing',
          labels,
          annotations,
          startsAt: firing.at,
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: 'http://localhost:4319/?pipeline=billing',
          fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
        },
      ],
    })
  })

  it('keeps pipelines of the same name in two projects apart', async () => {
    const { project } = scope
    await deliver(event('ok', 'firing'))
    scope = { ...scope, project: `${project}x` }
    await deliver(event('ok', 'firing'))
    expect(received.map(({ body }) => body.commonLabels.project)).toEqual([project, `${project}x`])
    for (const key of ['groupKey', 'alerts'] as const)
      expect(new Set(received.map(({ body }) => (key === 'alerts' ? body.alerts[0]?.fingerprint : body[key]))).size).toBe(2)
  })

  it('tries again when the receiver fails twice, with the same key each time', async () => {
    answers = [status(500), drop, status(204)]
    const firing = event('ok', 'firing')
    expect(await deliver(firing)).toEqual([{ status: 'delivered', attempts: 3, lastError: '' }])
    expect(received.map(({ headers }) => headers['idempotency-key'])).toEqual([firing.eventId, firing.eventId, firing.eventId])
    expect(new Set(received.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  })

  it.each([
    ['fails each time', status(503), 5, 'the webhook answered 503'],
    ['is too busy each time', status(429), 5, 'the webhook answered 429'],
    ['hangs', hang, 5, 'the webhook did not answer within 0.3 s'],
    ['refuses', status(400), 1, 'the webhook answered 400'],
    ['is not there', status(404), 1, 'the webhook answered 404'],
  ] as const)('gives up when the receiver %s, and says why', async (_what, answer, attempts, lastError) => {
    answers = [answer]
    expect(await deliver(event('ok', 'firing'))).toEqual([{ status: 'failed', attempts, lastError }])
    expect(received).toHaveLength(attempts)
  })

  it('gives up when nothing listens, without telling the address', async () => {
    webhook = { ...webhook, url: 'http://127.0.0.1:1/hook/secret-token' }
    const [delivery] = await deliver(event('ok', 'firing'))
    expect(delivery).toMatchObject({ status: 'failed', attempts: 5 })
    expect(delivery?.lastError).toMatch(/./)
    expect(delivery?.lastError).not.toContain('secret-token')
  })

  it.each([301, 302, 307, 308])('follows no redirect (%i)', async (code) => {
    const elsewhere: string[] = []
    const other = createServer((req, res) => {
      elsewhere.push(req.url ?? '')
      res.end()
    }).listen(0, '127.0.0.1')
    await once(other, 'listening')
    answers = [status(code, { Location: `http://127.0.0.1:${(other.address() as AddressInfo).port}/stolen` })]
    const [delivery] = await deliver(event('ok', 'firing'))
    expect(delivery).toMatchObject({ status: 'failed', attempts: 1, lastError: expect.stringContaining('redirect') })
    expect(elsewhere).toEqual([])
    await new Promise((resolve) => other.close(resolve))
  })

  it('sends in order, keeps the labels until the alarm is over, and resolves only then', async () => {
    const [firing, lost, back] = [
      event('ok', 'firing', 1_795_000_000_000),
      event('firing', 'no_data', 1_795_000_060_000),
      event('no_data', 'ok', 1_795_000_120_000),
    ]
    await deliver(back, lost, firing)
    expect(received.map(({ body }) => body.status)).toEqual(['firing', 'firing', 'resolved'])
    for (const { body } of received) {
      expect(body.commonLabels).toMatchObject({ seam: 'act→search', kind: 'tool_timeout' })
      expect(body.alerts[0]).toMatchObject({ startsAt: firing.at, fingerprint: received[0]?.body.alerts[0]?.fingerprint })
    }
    expect(received[2]?.body.alerts[0]).toMatchObject({ endsAt: back.at, status: 'resolved' })
  })

  it('leaves a message pending that a stop cuts off, for the next process to send', async () => {
    answers = [hang]
    webhook = { ...webhook, timeoutMs: 60_000 }
    const stop = new AbortController()
    const firing = event('ok', 'firing')
    await writeTransition(scope, firing)
    const running = deliverPending(scope, webhook, log, stop.signal)
    while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    stop.abort()
    await running
    expect((await stored()).map(({ delivery }) => delivery)).toEqual([{ status: 'pending', attempts: 0, lastError: '' }])
    answers = [status(200)]
    expect(await deliver()).toEqual([{ status: 'delivered', attempts: 1, lastError: '' }])
    expect(received.at(-1)?.headers['idempotency-key']).toBe(firing.eventId)
  })
})
