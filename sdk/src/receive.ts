// The other end of a handoff: the step that got the work, in this process or in another.
import { type Context, context, trace } from '@opentelemetry/api'
import { optionsAndBody } from './arguments.ts'
import { type Carrier, extract, isTicket, senderContext } from './carrier.ts'
import type { Handoff } from './handoff.ts'
import { nameOf } from './redact.ts'
import type { Attempt, RetryPolicy } from './retry.ts'
import { withinRun } from './run-elsewhere.ts'
import { safely } from './safe.ts'
import { scopeOf } from './scope.ts'
import { type StepOptions, step } from './step.ts'
import { warnOnce } from './warn.ts'

export interface ReceiveOptions<I> extends Omit<StepOptions<I>, 'handoff'> {
  /** name of the step, when it is not the one that the sender named */
  as?: string
}

/**
 * Runs `fn` as the step that received a handoff, and records what really arrived: key names, size, digest, and which of the sender's
 * `mustKeep` hold nothing. Takes the ticket itself, or the headers that it travelled in; then `input` is the body that came with them.
 * In another process the step belongs to the sender's run. Value, promise and error pass through unchanged.
 * @example
 * await receive(ticket, (order) => refund(order.id)) // in process
 * @example
 * await receive(message.headers, { input: JSON.parse(message.body) }, (order) => refund(order.id)) // from HTTP, a queue, MCP's _meta
 */
export function receive<T, I>(
  from: Handoff<I> | Carrier,
  options: ReceiveOptions<I> & { retry: RetryPolicy },
  fn: (input: I, attempt: Attempt) => T,
): Promise<Awaited<T>>
export function receive<T, I>(from: Handoff<I> | Carrier, options: ReceiveOptions<I> & { retry?: undefined }, fn: (input: I) => T): T
/** The same without options. */
export function receive<T, P>(ticket: Handoff<P>, fn: (payload: P) => T): T
export function receive<T>(from: Carrier, fn: (payload: undefined) => T): T
export function receive<T, I>(
  from: Handoff<I> | Carrier,
  first: ReceiveOptions<I> | Body<T, I>,
  second?: Body<T, I>,
): T | Promise<Awaited<T>> {
  const [given, fn] = optionsAndBody<ReceiveOptions<I>, Body<T, I>>(first, second)
  const { as, ...options } = safely((): ReceiveOptions<I> => ({ ...given })) ?? {}
  const ticket = safely(() => ticketIn<I>(from))
  if (ticket === undefined) warnOnce('no-ticket', 'cannot tell who handed over: what was received holds no ticket of a handoff')
  const handoff = ticket && ('input' in options ? { ...ticket, payload: options.input as I } : ticket)
  const name = nameOf(as ?? ticket?.to ?? 'receive')
  const at = safely(() => placeOf(ticket, from)) ?? context.active()
  // the overloads tell what comes of it
  const work: StepOptions<I> & { retry?: undefined } = { ...options, ...(handoff && { handoff }) } as StepOptions<I> & { retry?: undefined }
  return context.with(at, () => step(name, work, fn as (input: I) => T))
}

type Body<T, I> = (input: I, attempt: Attempt) => T

const ticketIn = <I>(from: Handoff<I> | Carrier): Handoff<I> | undefined =>
  isTicket(from) ? (from as Handoff<I>) : (extract(from) as Handoff<I> | undefined)

/** In a run of this process where it is; else in that of the sender, which the ticket names, or else its headers. */
function placeOf(ticket: Handoff | undefined, from: Handoff | Carrier): Context {
  const active = context.active()
  if (scopeOf(active).run !== undefined) return active
  const below = trace.getSpan(active) !== undefined || isTicket(from) ? active : senderContext(from, active)
  return ticket?.run === undefined ? below : withinRun(ticket.run, below)
}
