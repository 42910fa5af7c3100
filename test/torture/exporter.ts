// Sends payloads as a real exporter does: the same bytes again until they are acknowledged, with pauses, never giving up by itself.
import { Agent } from 'node:http'
import { pause, request } from './http.ts'
import type { Oracle } from './oracle.ts'

export type ExporterOptions = {
  oracle: Oracle
  /** where OTLP over HTTP is taken; may change its answer, not its address */
  url: string
  parallel?: number
  /** of new payloads; as fast as they are acknowledged when absent */
  payloadsPerSecond?: number
  timeoutMs?: number
  maxPauseMs?: number
}

export type Exporter = {
  /** Claims nothing more and sends until all is acknowledged; false when the time is over before. */
  finish(withinMs: number): Promise<boolean>
  /** Lets go of everything at once: what is not acknowledged stays open. */
  abandon(): Promise<void>
  /** Answers that a correct request must never get, with how often: a client would drop the data. */
  wrong(): string[]
}

// https://opentelemetry.io/docs/specs/otlp/#otlphttp-response: these are sent again, anything else is given up
const RETRYABLE = [429, 502, 503, 504]

export const startExporter = (options: ExporterOptions): Exporter => {
  const { oracle, url, parallel = 8, timeoutMs = 10_000, maxPauseMs = 500 } = options
  const agent = new Agent({ keepAlive: true, maxSockets: parallel })
  const wrong = new Map<string, number>()
  const startedMs = Date.now()
  let claimed = 0
  let isClaiming = true
  let isAbandoned = false

  const mayClaim = (): boolean =>
    options.payloadsPerSecond === undefined || claimed < ((Date.now() - startedMs) / 1000) * options.payloadsPerSecond

  const sendOnce = async (payload: number): Promise<{ status: number | string; waitMs: number }> => {
    const { bytes, headers } = oracle.bodyOf(payload)
    try {
      const reply = await request(`${url}/v1/traces`, { method: 'POST', headers, body: bytes, timeoutMs, agent })
      const isJson = reply.headers['content-type'] === 'application/json'
      // partial success: something was left out or cut, although all of it was sound
      const isWhole = reply.status !== 200 || reply.body.length === 0 || (isJson && reply.body.toString() === '{}')
      const status = isWhole ? reply.status : '200 partial'
      return { status, waitMs: Number(reply.headers['retry-after'] ?? 0) * 1000 }
    } catch (error) {
      return { status: codeOf(error), waitMs: 0 }
    }
  }

  const sendUntilAcked = async (payload: number): Promise<void> => {
    for (let waitMs = 20; !isAbandoned; waitMs = Math.min(waitMs * 2, maxPauseMs)) {
      const { status, waitMs: asked } = await sendOnce(payload)
      oracle.answered(payload, status)
      if (oracle.isAcked(payload)) return
      const isFinal = typeof status === 'number' ? !RETRYABLE.includes(status) : status === '200 partial'
      if (isFinal) {
        wrong.set(String(status), (wrong.get(String(status)) ?? 0) + 1)
        return
      }
      // equal pauses would bring all senders back at once
      await pause(Math.min(Math.max(waitMs, asked), maxPauseMs) * (0.5 + Math.random()))
    }
  }

  const worker = async (): Promise<void> => {
    while (isClaiming) {
      if (!mayClaim()) {
        await pause(5)
        continue
      }
      claimed++
      await sendUntilAcked(oracle.claim())
    }
  }
  const working = Promise.all(Array.from({ length: parallel }, worker))

  const abandon = async (): Promise<void> => {
    isClaiming = false
    isAbandoned = true
    agent.destroy()
    await working
  }
  return {
    finish: async (withinMs) => {
      isClaiming = false
      const done = await Promise.race([working.then(() => true), pause(withinMs).then(() => false)])
      await abandon()
      return done && oracle.open() === 0
    },
    abandon,
    wrong: () => [...wrong].map(([status, count]) => `${count} × ${status}`),
  }
}

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
