// An OTLP receiver that keeps what arrives: the bodies of a scenario, inflated, in the order in which they came.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { withoutMachine } from './without-machine.ts'

const SIGNALS = ['traces', 'logs', 'metrics'] as const
type Signal = (typeof SIGNALS)[number]

export type Recorded = { traces: Buffer; logs: Buffer }
export type Recorder = {
  url: string
  /** what came since the last call, and what was refused */
  take(): Recorded & { refused: string[] }
  close(): Promise<void>
}

const signalOf = (path: string): Signal | undefined => SIGNALS.find((signal) => path === `/v1/${signal}`)

const bodyOf = async (incoming: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  return incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}

const refusalOf = (incoming: IncomingMessage, signal: Signal | undefined): string | null => {
  if (!signal) return `cannot record ${incoming.url}: no OTLP path`
  const type = incoming.headers['content-type'] ?? ''
  return type.startsWith('application/x-protobuf') ? null : `cannot record ${type}: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`
}

export const startRecorder = async (): Promise<Recorder> => {
  let kept: Record<Signal, Buffer[]> = { traces: [], logs: [], metrics: [] }
  let refused: string[] = []
  const server = createServer(async (incoming, outgoing) => {
    const signal = signalOf(new URL(incoming.url ?? '/', 'http://recorder').pathname)
    const refusal = refusalOf(incoming, signal)
    const body = await bodyOf(incoming)
    if (refusal) refused.push(refusal)
    else if (signal) kept[signal].push(body)
    // an empty answer is a full success in protobuf
    outgoing.writeHead(refusal ? 415 : 200, { 'content-type': 'application/x-protobuf' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = { traces: withoutMachine(Buffer.concat(kept.traces)), logs: withoutMachine(Buffer.concat(kept.logs)), refused }
      kept = { traces: [], logs: [], metrics: [] }
      refused = []
      return taken
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
