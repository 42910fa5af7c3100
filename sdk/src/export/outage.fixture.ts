// A collector that can be away in every way, and a provider whose spans have names that can be found in what arrives.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { SEAMTRACE, SEAMTRACE_EVENTS } from '@seamtrace/schema'
import { createPipe, type PipeOptions } from './pipe.ts'

export type Mode = 'up' | 'refuse' | '503' | '400' | 'hang' | 'lost answer'

export interface FakeCollector {
  endpoint: string
  set(mode: Mode): void
  /** names of spans that were taken, each once, however often it came */
  names: Set<string>
  requests(): number
  /** the counts of the newest record of lost spans */
  told(): Record<string, number>
  close(): Promise<void>
}

const NAME = /span-\d{6}/g

export const startFakeCollector = async (): Promise<FakeCollector> => {
  let mode: Mode = 'up'
  let requests = 0
  const names = new Set<string>()
  const records: Buffer[] = []
  const hanging = new Set<ServerResponse>()
  const server = createServer(async (request, response) => {
    requests++
    if (mode === 'refuse') return void request.socket.destroy()
    if (mode === 'hang') return void hanging.add(response)
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const body = Buffer.concat(parts)
    if (mode === '503' || mode === '400') return void response.writeHead(Number(mode)).end('not now')
    if (request.url === '/v1/logs') records.push(body)
    else for (const [name] of body.toString('latin1').matchAll(NAME)) names.add(name)
    if (mode === 'lost answer') return void request.socket.destroy()
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (next) => {
      mode = next
      for (const response of hanging) response.destroy()
      hanging.clear()
    },
    names,
    requests: () => requests,
    told: () => countsIn(records.at(-1)),
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** Key, then an AnyValue of three bytes and more whose integer is field 3. */
const countsIn = (record: Buffer | undefined): Record<string, number> => {
  if (!record?.includes(SEAMTRACE_EVENTS.spansLost)) return {}
  return Object.fromEntries(
    [SEAMTRACE.lostNoRoom, SEAMTRACE.lostRefused, SEAMTRACE.lostBroken].map((key) => {
      let at = record.indexOf(key) + key.length + 3
      let [value, shift] = [0, 1]
      for (; (record[at] ?? 0) >= 0x80; at++) {
        value += ((record[at] ?? 0) & 0x7f) * shift
        shift *= 128
      }
      return [key, value + (record[at] ?? 0) * shift]
    }),
  )
}

export const provide = (options: Omit<PipeOptions, 'headers'>) => {
  const pipe = createPipe({ headers: {}, ...options })
  const provider = new BasicTracerProvider({ spanProcessors: [pipe.processor] })
  const tracer = provider.getTracer('test')
  let made = 0
  return {
    pipe,
    provider,
    made: () => made,
    make: (spans: number, text = ''): void => {
      for (let span = 0; span < spans; span++) tracer.startSpan(nameOf(made++), { attributes: { text } }).end()
    },
  }
}

const nameOf = (number: number): string => `span-${String(number).padStart(6, '0')}`
