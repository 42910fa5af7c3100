// Sends the messages of transitions to a webhook: in order, at least once, and never without saying what became of them.
import { setTimeout as sleep } from 'node:timers/promises'
import { type AlertEvent, messageOf, SeamtraceError } from '@seamtrace/schema'
import type { Scope } from '../query/scope.ts'
import { alertmanagerMessage } from './alertmanager.ts'
import { nextPending, openingOf, writeTransition } from './transitions.ts'

export type Webhook = {
  url: string
  /** address of the dashboard for links in the message */
  externalUrl: string
  /** pauses between the tries; one try more than pauses */
  retryDelaysMs: readonly number[]
  timeoutMs: number
}

/** The part of a pino logger that is used here. */
export type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void }

type Attempt = { status: 'delivered' | 'retry' | 'failed'; error: string }

const STORE_RETRY_MS = 5_000

/**
 * The address of a webhook, checked. It is given by who runs the collector, so addresses of their own network are theirs to choose.
 * @throws SeamtraceError usage
 */
export const readWebhookUrl = (text: string): string => {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new SeamtraceError('usage', 'cannot use webhook: write an address that begins with http:// or https://')
  if (url.username || url.password)
    throw new SeamtraceError('usage', 'cannot use webhook: name and password in the address are not supported')
  return url.href
}

/** Sends what is pending, the oldest first, until nothing is left or `signal` fires. A message that was cut off by that stays pending. */
export const deliverPending = async (scope: Scope, webhook: Webhook, log: Pick<Log, 'warn'>, signal: AbortSignal): Promise<void> => {
  for (let event = await nextPending(scope); event && !signal.aborted; event = await nextPending(scope)) {
    const body = JSON.stringify(alertmanagerMessage(scope.project, event, await openingOf(scope, event), webhook.externalUrl))
    const attempt = await post(webhook, event.eventId, body, signal)
    if (signal.aborted && attempt.status !== 'delivered') return
    const delivery = deliveryAfter(event, attempt, webhook.retryDelaysMs.length + 1)
    if (delivery.status !== 'delivered')
      log.warn({ eventId: event.eventId, attempts: delivery.attempts }, `cannot deliver alert: ${attempt.error}`)
    await keepResult(scope, { ...event, delivery }, log, signal)
    if (delivery.status === 'pending') await pause(webhook.retryDelaysMs[delivery.attempts - 1] ?? 0, signal)
  }
}

const deliveryAfter = (event: AlertEvent, attempt: Attempt, maxAttempts: number): AlertEvent['delivery'] => {
  const attempts = event.delivery.attempts + 1
  const status = attempt.status === 'retry' ? (attempts < maxAttempts ? 'pending' : 'failed') : attempt.status
  return { status, attempts, lastError: attempt.error }
}

/** The key is the same for every try, so that a receiver can drop what it has already. */
const post = async (webhook: Webhook, eventId: string, body: string, signal: AbortSignal): Promise<Attempt> => {
  try {
    const response = await fetch(webhook.url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': eventId, 'User-Agent': 'seamtrace' },
      body,
      // Following would send the message to an address that nobody configured.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(webhook.timeoutMs)]),
    })
    await response.body?.cancel()
    return attemptOf(response.status)
  } catch (error) {
    return { status: 'retry', error: reasonOf(error, webhook.timeoutMs) }
  }
}

/** A refusal stays one when it is sent again, except for "too slow" and "too many". */
const attemptOf = (status: number): Attempt => {
  if (status >= 200 && status < 300) return { status: 'delivered', error: '' }
  if (status >= 300 && status < 400)
    return { status: 'failed', error: `the webhook answered with a redirect (${status}), which is not followed` }
  const retry = status >= 500 || status === 408 || status === 429
  return { status: retry ? 'retry' : 'failed', error: `the webhook answered ${status}` }
}

/** Never the address: it is often the secret. */
const reasonOf = (error: unknown, timeoutMs: number): string => {
  if (error instanceof Error && error.name === 'TimeoutError') return `the webhook did not answer within ${timeoutMs / 1000} s`
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error)
}

/** Sent is sent: while the store is away only the note is tried again, not the message. */
const keepResult = async (scope: Scope, event: AlertEvent, log: Pick<Log, 'warn'>, signal: AbortSignal): Promise<void> => {
  while (true) {
    try {
      return await writeTransition(scope, event)
    } catch (error) {
      log.warn({ err: error }, 'cannot note delivery of alert')
      if (signal.aborted) return
      await pause(STORE_RETRY_MS, signal)
    }
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined)
