// A fake shop back end: orders by id, and the mail gateway that answers are sent through.
import type { Injector } from '../faults/injector.ts'
import { subjectIn } from '../faults/injector.ts'
import { type FakeServer, type Reply, serve } from './http-server.ts'
import type { Pace } from './pace.ts'

/** Longer than any client waits: an answer that comes after the time-out. */
const TOO_LATE_MS = 30_000

export const serveOrders = (injector: Injector, pace: Pace): Promise<FakeServer> =>
  serve(async ({ path }) => {
    const orderId = subjectIn(path)
    const slow = injector.strikes(orderId, 'tool_timeout')
    await pace.wait(slow ? TOO_LATE_MS : 260)
    return orderError(orderId, injector) ?? { body: orderOf(orderId, injector) }
  })

const orderError = (orderId: string, injector: Injector): Reply | null => {
  if (injector.strikes(orderId, 'tool_error'))
    return { status: 500, body: { error: 'internal', message: 'orders database: too many connections' } }
  if (injector.strikes(orderId, 'tool_rate_limited'))
    return {
      status: 429,
      headers: { 'retry-after': '1' },
      body: { error: 'rate_limited', message: 'quota of 50 requests per second is used up' },
    }
  if (injector.strikes(orderId, 'tool_auth'))
    return {
      status: 401,
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      body: { error: 'unauthorized', message: 'the access token expired' },
    }
  return null
}

const orderOf = (orderId: string, injector: Injector): object => {
  const scenario = injector.of(orderId)?.scenario
  const order = { id: orderId, status: 'delivered', deliveredDaysLate: 4, currency: 'EUR' }
  if (injector.strikes(orderId, 'missing_state')) return order
  const seed = scenario?.seed ?? 0
  return { ...order, amount: scenario?.asksPerson ? 250 + (seed % 400) : 12 + (seed % 80) }
}

export const serveMail = (injector: Injector, pace: Pace): Promise<FakeServer> =>
  serve(async ({ body }) => {
    await pace.wait(180)
    const { to, reference } = body as { to: string; reference: string }
    if (injector.strikes(reference, 'tool_schema'))
      return { status: 422, body: { error: 'validation_failed', message: 'field "locale" is required', fields: ['locale'] } }
    return { status: 202, body: { id: `msg-${reference}`, to, accepted: true } }
  })
