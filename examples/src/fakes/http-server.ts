// A small HTTP server on loopback, on a free port, that speaks JSON and can misbehave on purpose.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Request = { method: string; path: string; query: URLSearchParams; headers: IncomingMessage['headers']; body: unknown }

/** `raw` goes out as it is; `drop` closes the connection without an answer. */
export type Reply = { status?: number; headers?: Record<string, string>; body?: unknown; raw?: string; drop?: boolean }

export type FakeServer = { url: string; close(): Promise<void> }

/** @example const server = await serve(async ({ path }) => ({ status: path === '/health' ? 200 : 404 })) */
export const serve = async (answer: (request: Request) => Promise<Reply>): Promise<FakeServer> => {
  const server = createServer((incoming, outgoing) => {
    receive(incoming)
      .then(answer)
      .then(
        (reply) => send(outgoing, reply),
        (error: unknown) => send(outgoing, { status: 500, body: { error: { message: String(error) } } }),
      )
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const receive = async (incoming: IncomingMessage): Promise<Request> => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  const url = new URL(incoming.url ?? '/', 'http://fake')
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: text === '' ? undefined : JSON.parse(text),
  }
}

const send = (outgoing: ServerResponse, reply: Reply): void => {
  if (outgoing.destroyed) return
  if (reply.drop) {
    outgoing.destroy()
    return
  }
  const text = reply.raw ?? (reply.body === undefined ? '' : JSON.stringify(reply.body))
  outgoing.writeHead(reply.status ?? 200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...reply.headers,
  })
  outgoing.end(text)
}
