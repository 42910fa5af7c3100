// The load generator, a process of its own: sends requests over a bounded number of keep-alive connections, as fast as they are accepted.
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRequests, type OtlpRequest, type RequestOptions } from './requests.ts'

export type SendOptions = RequestOptions & {
  url: string
  headers: Record<string, string>
  seconds: number
  connections: number
  /** spans a second, 0 for as fast as accepted */
  rate: number
}

export type Sent = {
  spans: number
  runs: number
  requests: number
  bytes: number
  /** from the first request to the last answer */
  seconds: number
  /** accepted spans of each second, by the time of the answer */
  perSecond: number[]
  /** answers other than 200, and connections that broke, by status or code: each was sent again */
  repeated: Record<string, number>
  /** requests that were never accepted, and what was answered last */
  lost: Record<string, number>
  ackMs: { p50: number; p95: number; p99: number; max: number }
  cpuSeconds: number
}

export type FromSender = { type: 'ready' } | { type: 'sent'; sent: Sent } | { type: 'failed'; reason: string }

// a run takes up to 15 s and the runs of a request begin within a second: none ends in the future
const BEGAN_BEFORE_MS = 20_000
// a server that refuses for longer than this after the end is given up
const GRACE_MS = 60_000

type Answer = { status: number; retryAfterMs: number }

const post = ({ url, headers }: SendOptions, agent: Agent, body: Buffer): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const all = { 'content-type': 'application/x-protobuf', 'content-length': body.byteLength, ...headers }
    const outgoing = request(url, { method: 'POST', agent, headers: all }, (response) => {
      response.resume()
      response.once('error', reject)
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, retryAfterMs: Number(response.headers['retry-after'] ?? 0.1) * 1_000 }),
      )
    })
    outgoing.once('error', reject)
    outgoing.end(body)
  })

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

export const send = async (options: SendOptions, requests = createRequests(options)): Promise<Sent> => {
  const { connections, seconds, rate } = options
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const sent = { spans: 0, runs: 0, requests: 0, bytes: 0, perSecond: [] as number[], repeated: {}, lost: {} }
  const ackMs: number[] = []
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  const endMs = startMs + seconds * 1_000
  let lastAckMs = startMs

  const count = (counts: Record<string, number>, reason: string): void => {
    counts[reason] = (counts[reason] ?? 0) + 1
  }
  const accepted = ({ spans, runs, body }: OtlpRequest, sentMs: number): void => {
    lastAckMs = performance.now()
    ackMs.push(lastAckMs - sentMs)
    sent.spans += spans
    sent.runs += runs
    sent.requests++
    sent.bytes += body.byteLength
    const second = Math.floor((lastAckMs - startMs) / 1_000)
    while (sent.perSecond.length <= second) sent.perSecond.push(0)
    sent.perSecond[second] = (sent.perSecond[second] ?? 0) + spans
  }
  /** Again and again with the same bytes, as an exporter does. */
  const untilAccepted = async (one: OtlpRequest): Promise<void> => {
    for (;;) {
      const sentMs = performance.now()
      const answer = await post(options, agent, one.body).catch((error: NodeJS.ErrnoException) => ({
        status: 0,
        retryAfterMs: 500,
        code: error.code ?? error.message,
      }))
      if (answer.status === 200) return accepted(one, sentMs)
      const reason = 'code' in answer ? answer.code : String(answer.status)
      const again = answer.status === 0 || answer.status === 429 || answer.status >= 502
      if (!again || performance.now() > endMs + GRACE_MS) return count(sent.lost, reason)
      count(sent.repeated, reason)
      await sleep(answer.retryAfterMs)
    }
  }
  // Each connection has its own part of the pool: a body is written over only after it was accepted.
  const work = async (connection: number): Promise<void> => {
    for (let number = connection; ; number += connections) {
      const dueMs = rate > 0 ? startMs + (number * options.spansPerRequest * 1_000) / rate : 0
      // a timer may fire a little early: what is due after the end is told by its time, not by the clock after the wait
      if (dueMs >= endMs) return
      if (dueMs > performance.now()) await sleep(dueMs - performance.now())
      if (performance.now() >= endMs) return
      await untilAccepted(requests.at(number, Date.now() - BEGAN_BEFORE_MS))
    }
  }
  await Promise.all(Array.from({ length: connections }, (_, connection) => work(connection)))
  agent.destroy()
  const { user, system } = process.cpuUsage(cpu)
  ackMs.sort((a, b) => a - b)
  return {
    ...sent,
    seconds: (lastAckMs - startMs) / 1_000,
    ackMs: { p50: percentile(ackMs, 0.5), p95: percentile(ackMs, 0.95), p99: percentile(ackMs, 0.99), max: ackMs.at(-1) ?? 0 },
    cpuSeconds: (user + system) / 1e6,
  }
}
