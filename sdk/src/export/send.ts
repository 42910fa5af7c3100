// Sends requests by OTLP/HTTP and says what became of each. Never throws, and an open connection keeps no process alive.
import type { ClientRequest, IncomingMessage, Agent as PlainAgent, RequestOptions } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { context, ROOT_CONTEXT } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http'
import { ProtobufLogsSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { PATHS, urlOf } from './endpoint.ts'
import type { ExportRequest, Signal } from './request.ts'

/** `again` when the same bytes may be taken later, as OTLP says: 429, 502, 503, 504, and whatever the network does. */
export type Answer =
  | { outcome: 'taken'; rejected: number; message: string }
  | { outcome: 'again'; reason: string; retryAfterMs: number }
  | { outcome: 'refused'; reason: string }

export interface Sender {
  /** where spans go, by the options and the standard variables */
  readonly url: string
  send(request: ExportRequest, timeoutMs?: number): Promise<Answer>
  close(): void
}

export interface Target {
  /** base address; the standard variables win */
  endpoint?: string | undefined
  headers: Record<string, string>
}

const AGAIN = [429, 502, 503, 504]
const LONGEST_ANSWER_BYTES = 64 * 1024

const zip = promisify(gzip)

type Settings = ReturnType<typeof convertLegacyHttpOptions>

const settingsOf = ({ endpoint, headers }: Target, signal: Signal): Settings => {
  const url = urlOf(endpoint, signal)
  const required = { 'content-type': 'application/x-protobuf' }
  return convertLegacyHttpOptions(
    { ...(url !== undefined && { url }), headers },
    signal === 'traces' ? 'TRACES' : 'LOGS',
    PATHS[signal],
    required,
  )
}

/** The endpoint, headers, certificates, compression and time-out are those of the standard `OTEL_EXPORTER_OTLP_*` variables. */
export const createSender = (target: Target): Sender => {
  const settings: Record<Signal, Settings> = { traces: settingsOf(target, 'traces'), logs: settingsOf(target, 'logs') }
  const agents = new Map<Signal, Promise<PlainAgent>>()
  const agentOf = (signal: Signal): Promise<PlainAgent> => {
    const { agentFactory, url } = settings[signal]
    const known = agents.get(signal) ?? Promise.resolve(agentFactory(new URL(url).protocol) as PlainAgent)
    agents.set(signal, known)
    return known
  }
  const send = async ({ signal, body }: ExportRequest, timeoutMs?: number): Promise<Answer> => {
    const { url, headers, compression, timeoutMillis } = settings[signal]
    const zipped = compression === 'gzip'
    const bytes = zipped ? await zip(body) : body
    const options = {
      method: 'POST',
      agent: await agentOf(signal),
      headers: { ...(await headers()), 'content-length': bytes.length, ...(zipped && { 'content-encoding': 'gzip' }) },
    }
    return answerOf(signal, await post(url, options, bytes, timeoutMs ?? timeoutMillis))
  }
  return {
    url: settings.traces.url,
    // our own requests are no spans of the program
    send: (request, timeoutMs) =>
      context.with(suppressTracing(ROOT_CONTEXT), () => send(request, timeoutMs)).catch((error) => again(String(error))),
    close: () => {
      for (const agent of agents.values()) void agent.then((open) => open.destroy()).catch(() => {})
    },
  }
}

const again = (reason: string, retryAfterMs = 0): Answer => ({ outcome: 'again', reason, retryAfterMs })

type Raw = { status: number; retryAfter: string; body: Buffer }

/** Rejects when the connection breaks, or when there is no answer in time, however slowly bytes may come. */
const post = (url: string, options: RequestOptions, bytes: Uint8Array, timeoutMs: number): Promise<Raw> =>
  new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? https.request : http.request
    const outgoing: ClientRequest = send(url, options, (response) => read(response).then(resolve, reject))
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs).unref()
    outgoing.on('socket', (socket) => socket.unref())
    outgoing.on('error', reject)
    outgoing.on('close', () => clearTimeout(timer))
    outgoing.end(bytes)
  })

const read = async (response: IncomingMessage): Promise<Raw> => {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length
    if (length <= LONGEST_ANSWER_BYTES) parts.push(part)
  }
  return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? '', body: Buffer.concat(parts) }
}

const answerOf = (signal: Signal, { status, retryAfter, body }: Raw): Answer => {
  if (status >= 200 && status < 300) return { outcome: 'taken', ...partialSuccess(signal, body) }
  const reason = `${status} ${messageIn(body).toString('utf8').slice(0, 200)}`.trim()
  return AGAIN.includes(status) ? again(reason, retryAfterMs(retryAfter)) : { outcome: 'refused', reason }
}

/** Of a google.rpc.Status in protobuf: a code of one byte, then the text behind its length. */
const messageIn = (body: Buffer): Buffer => (body[0] === 0x08 && body[2] === 0x12 ? body.subarray((body[3] ?? 0) < 0x80 ? 4 : 5) : body)

/** What was left out of a request that was taken; an answer that nobody understands is a good one. */
const partialSuccess = (signal: Signal, body: Buffer): { rejected: number; message: string } => {
  try {
    if (signal === 'logs') {
      const { partialSuccess: partial } = ProtobufLogsSerializer.deserializeResponse(body)
      return { rejected: Number(partial?.rejectedLogRecords ?? 0), message: partial?.errorMessage ?? '' }
    }
    const { partialSuccess: partial } = ProtobufTraceSerializer.deserializeResponse(body)
    return { rejected: Number(partial?.rejectedSpans ?? 0), message: partial?.errorMessage ?? '' }
  } catch {
    return { rejected: 0, message: '' }
  }
}

/** Seconds, or a date. */
const retryAfterMs = (text: string): number => {
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : 0
}
