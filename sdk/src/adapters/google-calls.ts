// One inference of a Google client: its span, and the requests that the client sent for it without saying so.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Attributes, context } from '@opentelemetry/api'
import { OTEL, SEAMTRACE } from '@seamtrace/schema'
import { errorType } from '../failure.ts'
import { isRecord } from '../payload.ts'
import { contentAttribute } from '../redact.ts'
import { safely } from '../safe.ts'
import { annotate, endUnit, markThrown, openUnit, type Unit, type UnitSpec, whenRecording } from '../unit.ts'
import type { Reply } from './openai-replies.ts'

export interface ModelCall {
  readonly unit: Unit
  /** the caller's, which makes an abort no failure */
  readonly signal: AbortSignal | undefined
  resends: number
  /** what was wrong with the last request, if something was */
  lastFailure: Attributes | undefined
  ended: boolean
}

const calls = new AsyncLocalStorage<ModelCall>()

export const openCall = (spec: UnitSpec, signal?: AbortSignal): ModelCall => ({
  unit: openUnit(spec),
  signal,
  resends: 0,
  lastFailure: undefined,
  ended: false,
})

export const within = <T>(call: ModelCall, work: () => T): T => context.with(call.unit.context, () => calls.run(call, work))

export function endCall(call: ModelCall, error?: unknown): void {
  if (call.ended) return
  call.ended = true
  if (error !== undefined) markThrown(call.unit, error, call.signal)
  if (call.resends > 0) annotate(call.unit, () => ({ [OTEL.resendCount]: call.resends }))
  endUnit(call.unit)
}

export function endWith(call: ModelCall, reply: Reply): void {
  if (call.ended) return
  annotate(call.unit, () => ({ ...reply.attributes, ...contentAttribute(SEAMTRACE.output, reply.output) }))
  endCall(call, reply.error)
}

/** Counts requests of the current inference that follow one that failed; each failure is an event. */
export async function counted(send: () => Promise<Response>): Promise<Response> {
  const call = calls.getStore()
  if (call === undefined) return send()
  safely(() => noteResend(call))
  try {
    const response = await send()
    call.lastFailure = safely(() => (response.status >= 400 ? { [OTEL.httpStatus]: response.status } : undefined))
    return response
  } catch (error) {
    call.lastFailure = safely(() => ({ [OTEL.errorType]: errorType(error) }))
    throw error
  }
}

function noteResend(call: ModelCall): void {
  const { lastFailure, unit } = call
  if (lastFailure === undefined) return
  call.resends += 1
  const event = { [SEAMTRACE.attemptNumber]: call.resends, ...lastFailure }
  whenRecording(unit, () => unit.span.addEvent('attempt failed', event, unit.clock()))
}

export type Method = (...args: unknown[]) => unknown

/** Puts `around` between callers of a method and the method; what is no method stays as it is. */
export function wrapMethod(owner: unknown, name: string, around: (method: Method) => Method): void {
  if (typeof owner !== 'object' || owner === null) return
  const method: unknown = Reflect.get(owner, name)
  if (typeof method === 'function')
    Reflect.set(
      owner,
      name,
      around((...args) => Reflect.apply(method, owner, args)),
    )
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

/** Hands items on as the reader asks for them; `done` is told how that ended. */
export async function* passOn<T>(
  items: AsyncIterator<T>,
  see: (item: T) => void,
  done: (how: { error?: unknown; left: boolean }) => void,
): AsyncGenerator<T, void> {
  let ended = false
  try {
    for (let next = await items.next(); !next.done; next = await items.next()) {
      const { value } = next
      safely(() => see(value))
      yield value
    }
    ended = true
    done({ left: false })
  } catch (error) {
    ended = true
    done({ error, left: false })
    throw error
  } finally {
    if (!ended) {
      done({ left: true })
      await items.return?.()
    }
  }
}
