// The HTTP requests that a vendor's client sends for one call, which it repeats without saying so; and how its methods are wrapped.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Attributes } from '@opentelemetry/api'
import { OTEL, SEAMTRACE } from '@seamtrace/schema/words'
import { errorType } from '../failure.ts'
import { isRecord } from '../payload.ts'
import { safely } from '../safe.ts'
import { type Unit, whenRecording } from '../unit.ts'

export interface Requests {
  readonly unit: Unit
  resends: number
  /** what was wrong with the last request, if something was */
  lastFailure: Attributes | undefined
}

const current = new AsyncLocalStorage<Requests>()

export const requestsOf = (unit: Unit): Requests => ({ unit, resends: 0, lastFailure: undefined })

/** Requests that are sent in `work` belong to the call. */
export const during = <T>(requests: Requests, work: () => T): T => current.run(requests, work)

export const requestFacts = ({ resends, lastFailure }: Requests): Attributes => ({
  ...(resends > 0 && { [OTEL.resendCount]: resends }),
  ...lastFailure,
})

/** Counts a request of the current call that follows one that failed; each failure is an event. */
export async function counted(send: () => Promise<Response>): Promise<Response> {
  const requests = current.getStore()
  if (requests === undefined) return send()
  safely(() => noteResend(requests))
  try {
    const response = await send()
    requests.lastFailure = safely(() => (response.status >= 400 ? { [OTEL.httpStatus]: response.status } : undefined))
    return response
  } catch (error) {
    requests.lastFailure = safely(() => ({ [OTEL.errorType]: errorType(error) }))
    throw error
  }
}

function noteResend(requests: Requests): void {
  const { lastFailure, unit } = requests
  if (lastFailure === undefined) return
  requests.resends += 1
  const event = { [SEAMTRACE.attemptNumber]: requests.resends, ...lastFailure }
  whenRecording(unit, () => unit.span.addEvent('attempt failed', event, unit.clock()))
}

export type Method = (...args: unknown[]) => unknown

/** Calls of a method come by `around`, which passes them on; what is no method stays as it is. */
export function wrapMethod(owner: unknown, name: string, around: (method: Method, args: unknown[]) => unknown): void {
  if (typeof owner !== 'object' || owner === null) return
  const method: unknown = Reflect.get(owner, name)
  if (typeof method !== 'function') return
  Reflect.set(owner, name, (...args: unknown[]) => around((...given) => Reflect.apply(method, owner, given), args))
}

export const memberOf = (owner: unknown, key: string): unknown =>
  typeof owner === 'object' && owner !== null ? Reflect.get(owner, key) : undefined

export const textIn = (value: unknown, key: string): string | undefined => {
  const text = isRecord(value) ? value[key] : undefined
  return typeof text === 'string' && text !== '' ? text : undefined
}

export const signalIn = (value: unknown, key: string): AbortSignal | undefined => {
  const signal = isRecord(value) ? value[key] : undefined
  return signal instanceof AbortSignal ? signal : undefined
}
