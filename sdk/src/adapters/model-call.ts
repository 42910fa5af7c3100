// One inference of a vendor's client: its span, which may outlive the method that began it.
import { context } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { contentAttribute } from '../redact.ts'
import { safely } from '../safe.ts'
import { annotate, endUnit, markThrown, openUnit, type Unit, type UnitSpec } from '../unit.ts'
import type { Reply } from './openai-replies.ts'
import { during, type Requests, requestFacts, requestsOf } from './requests.ts'

export interface ModelCall {
  readonly unit: Unit
  /** the caller's, which makes an abort no failure */
  readonly signal: AbortSignal | undefined
  readonly requests: Requests
  ended: boolean
}

export const callOf = (unit: Unit, signal?: AbortSignal): ModelCall => ({ unit, signal, requests: requestsOf(unit), ended: false })

export const openCall = (spec: UnitSpec, signal?: AbortSignal): ModelCall => callOf(openUnit(spec), signal)

export const within = <T>({ unit, requests }: ModelCall, work: () => T): T => context.with(unit.context, () => during(requests, work))

export function endCall(call: ModelCall, error?: unknown): void {
  if (call.ended) return
  call.ended = true
  annotate(call.unit, () => requestFacts(call.requests))
  if (error !== undefined) markThrown(call.unit, error, call.signal)
  endUnit(call.unit)
}

export function endWith(call: ModelCall, reply: Reply): void {
  if (call.ended) return
  annotate(call.unit, () => ({ ...reply.attributes, ...contentAttribute(SEAMTRACE.output, reply.output) }))
  endCall(call, reply.error)
}

/** Hands items on as the reader asks for them; `done` is told how that ended. */
export async function* passOn<T>(
  items: AsyncIterator<T>,
  see: (item: T) => void,
  done: (how: { error?: unknown; left: boolean }) => void,
): AsyncGenerator<T, void> {
  let ended = false
  const end = (how: { error?: unknown; left: boolean }): void => {
    ended = true
    safely(() => done(how))
  }
  try {
    for (let next = await items.next(); !next.done; next = await items.next()) {
      const { value } = next
      safely(() => see(value))
      yield value
    }
    end({ left: false })
  } catch (error) {
    end({ error, left: false })
    throw error
  } finally {
    if (!ended) {
      end({ left: true })
      await items.return?.()
    }
  }
}
