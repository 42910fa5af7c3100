// The HTTP requests that a vendor's client sends for one call and repeats without saying so.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Attributes } from '@opentelemetry/api'
import { OTEL, SEAMTRACE } from '@seamtrace/schema/words'
import { errorType } from '../failure.ts'
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
