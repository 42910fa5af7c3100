// One HTTP request with a bound on its time, and questions to the public API.
import { type Agent, type IncomingHttpHeaders, request as startRequest } from 'node:http'

export type Reply = { status: number; headers: IncomingHttpHeaders; body: Buffer }

export type RequestOptions = { method?: string; headers?: Record<string, string>; body?: Buffer; timeoutMs?: number; agent?: Agent }

/** Rejects for everything that is no whole answer: refused, reset, cut short, too late. */
export const request = (url: string, options: RequestOptions = {}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body, timeoutMs = 10_000, agent } = options
    const length = body ? { 'content-length': String(body.length) } : {}
    const sent = startRequest(url, { method, headers: { ...headers, ...length }, agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', fail)
      response.once('close', () => {
        clearTimeout(timer)
        if (!response.complete) return reject(new Error('the answer was cut short'))
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
      })
    })
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    const fail = (error: Error): void => {
      clearTimeout(timer)
      reject(error)
    }
    sent.once('error', fail)
    // an answer that comes before the body was sent makes the rest of it fail: the answer counts
    sent.on('error', () => undefined)
    sent.end(body)
  })

/** null for 404. A busy or restarting collector is asked again until `withinMs` have passed. */
export const ask = async <T>(api: string, path: string, withinMs = 30_000, agent?: Agent): Promise<T | null> => {
  const untilMs = Date.now() + withinMs
  for (;;) {
    const reply = await request(`${api}${path}`, { timeoutMs: 20_000, agent }).catch((error: Error) => error)
    if (!(reply instanceof Error) && reply.status === 404) return null
    if (!(reply instanceof Error) && reply.status === 200) return JSON.parse(reply.body.toString()) as T
    const why = reply instanceof Error ? reply.message : `${reply.status} ${reply.body.toString().slice(0, 300)}`
    const mayPass = reply instanceof Error || reply.status >= 500 || reply.status === 429
    if (!mayPass || Date.now() > untilMs) throw new Error(`cannot ask ${path}: ${why}`)
    await pause(200)
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Looks until the condition holds; false when it did not within the time. */
export const until = async (holds: () => boolean | Promise<boolean>, withinMs: number, everyMs = 50): Promise<boolean> => {
  const untilMs = Date.now() + withinMs
  for (;;) {
    if (await holds()) return true
    if (Date.now() > untilMs) return false
    await pause(everyMs)
  }
}

/** Works through a list, so many at a time. */
export const inTurns = async <T>(items: Iterable<T>, atOnce: number, work: (item: T) => Promise<void>): Promise<void> => {
  const iterator = items[Symbol.iterator]()
  const turn = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: atOnce }, turn))
}
