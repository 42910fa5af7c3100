// An HTTP proxy that lets a connection fail in every way it can: on the way in, on the way out, or with an answer of its own.
import { Agent, createServer, type IncomingMessage, type OutgoingHttpHeaders, request, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { pause } from './http.ts'

export type FaultMode =
  | { kind: 'pass' }
  /** each request waits so long before it goes on */
  | { kind: 'latency'; ms: number }
  /** takes connections and never answers */
  | { kind: 'hang' }
  | { kind: 'refuse' }
  | { kind: 'reset' }
  /** the answer ends in its middle, as if the line went dead */
  | { kind: 'cut' }
  /** the request arrives and is done; its answer is lost, as often as told */
  | { kind: 'lost-ack'; probability: number }
  /** answers itself; with a ClickHouse error code as the server would */
  | { kind: 'error'; status: number; code?: number }
  /** says 200, promises more than it sends, and stops */
  | { kind: 'half' }
  /** for negative controls: the request is not what was sent */
  | { kind: 'rewrite'; change: (body: Buffer) => Buffer }

export type FaultProxy = {
  url: string
  set(mode: FaultMode): Promise<void>
  counts: { requests: number; faults: number }
  close(): Promise<void>
}

/** @param upstream origin of the real server */
export const startFaultProxy = async (upstream: string, random: () => number = Math.random): Promise<FaultProxy> => {
  const agent = new Agent({ keepAlive: true })
  const sockets = new Set<Socket>()
  const counts = { requests: 0, faults: 0 }
  let mode: FaultMode = { kind: 'pass' }

  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (incoming, answer) => {
    counts.requests++
    // a client that gave up is the client's matter
    for (const stream of [incoming, answer]) stream.on('error', () => undefined)
    handle(incoming, answer).catch(() => answer.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    if (mode.kind === 'reset') socket.resetAndDestroy()
  })

  const handle = async (incoming: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const present = mode
    const isFault = present.kind === 'lost-ack' ? random() < present.probability : present.kind !== 'pass' && present.kind !== 'latency'
    if (isFault) counts.faults++
    switch (present.kind) {
      case 'hang':
        return
      case 'reset':
        return void incoming.socket.resetAndDestroy()
      case 'refuse':
        return void incoming.socket.destroy()
      case 'error':
        return answerError(incoming, answer, present)
      case 'half':
        incoming.resume()
        answer.writeHead(200, { 'content-length': '1000' })
        answer.write('half an ')
        await pause(20)
        return void answer.destroy()
      case 'latency':
        await pause(present.ms)
    }
    const { response, bytes } = await forward(incoming, present)
    if (present.kind === 'lost-ack' && isFault) return void answer.socket?.resetAndDestroy()
    // half of an answer without a body is none
    if (present.kind === 'cut' && bytes.length < 2) return void answer.destroy()
    answer.writeHead(response.statusCode ?? 502, response.headers)
    if (present.kind !== 'cut') return void answer.end(bytes)
    answer.write(bytes.subarray(0, bytes.length >> 1))
    await pause(5)
    answer.destroy()
  }

  const forward = async (incoming: IncomingMessage, present: FaultMode): Promise<{ response: IncomingMessage; bytes: Buffer }> => {
    const target = new URL(incoming.url ?? '/', upstream)
    const { method } = incoming
    const headers: OutgoingHttpHeaders = { ...incoming.headers, host: target.host }
    const body = present.kind === 'rewrite' ? present.change(await bytesOf(incoming)) : null
    if (body) {
      delete headers['transfer-encoding']
      headers['content-length'] = body.length
    }
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(target, { method, headers, agent }, resolve).once('error', reject)
      if (body) sent.end(body)
      else incoming.pipe(sent)
      incoming.once('close', () => incoming.complete || sent.destroy())
    })
    return { response, bytes: await bytesOf(response) }
  }

  const listen = (port: number): Promise<void> => new Promise((resolve) => void server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const isOpen = (): boolean => server.listening
  const breakAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  const stopListening = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()))
    breakAll()
    await closed
  }

  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    set: async (next) => {
      const before = mode.kind
      mode = next
      if (next.kind === 'refuse' && isOpen()) await stopListening()
      if (next.kind !== 'refuse' && !isOpen()) await listen(port)
      // what hangs is not let go on by itself, and an open connection must not outlive a dead line
      if (before === 'hang' || next.kind === 'reset') breakAll()
    },
    close: async () => {
      agent.destroy()
      if (isOpen()) await stopListening()
    },
  }
}

const bytesOf = async (stream: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const answerError = (incoming: IncomingMessage, answer: ServerResponse, { status, code }: { status: number; code?: number }): void => {
  incoming.resume()
  incoming.once('end', () => {
    const headers = { 'content-type': 'text/plain', ...(code === undefined ? {} : { 'X-ClickHouse-Exception-Code': String(code) }) }
    answer
      .writeHead(status, headers)
      .end(code === undefined ? 'broken' : `Code: ${code}. DB::Exception: injected. (${NAMES[code] ?? 'INJECTED'})`)
  })
}

const NAMES: Record<number, string> = { 252: 'TOO_MANY_PARTS', 241: 'MEMORY_LIMIT_EXCEEDED', 243: 'NOT_ENOUGH_SPACE' }
