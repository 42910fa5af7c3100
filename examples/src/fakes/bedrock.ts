// A fake of Amazon Bedrock's Converse: HTTP/2, throttled at first, in the vendor's own form of errors.
import { createServer, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { FakeServer } from './http-server.ts'

const CONVERSE = /^\/model\/[^/]+\/converse$/

/** @param throttled how many requests are refused before one is answered */
export const serveBedrock = async (throttled = 0): Promise<FakeServer> => {
  let requests = 0
  const sessions = new Set<ServerHttp2Session>()
  const answer = (request: Http2ServerRequest, response: Http2ServerResponse): void => {
    requests += 1
    const send = (status: number, body: object, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': `request-${requests}`, ...headers })
      response.end(JSON.stringify(body))
    }
    if (request.method !== 'POST' || !CONVERSE.test(request.url))
      return send(404, { message: 'Not found' }, { 'x-amzn-errortype': 'ResourceNotFoundException' })
    if (requests <= throttled)
      return send(429, { message: 'Too many requests, please wait.' }, { 'x-amzn-errortype': 'ThrottlingException' })
    send(200, {
      output: { message: { role: 'assistant', content: [{ text: 'Parcels arrive a day late.' }] } },
      stopReason: 'end_turn',
      usage: { inputTokens: 250, outputTokens: 12, totalTokens: 262 },
      metrics: { latencyMs: 210 },
    })
  }
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => answer(request, response))
  })
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const session of sessions) session.destroy()
      }),
  }
}
