// The headers that work travels with: traceparent, baggage and the ticket of a handoff, in whatever holds headers.
import { type Context, context, type TextMapGetter, type TextMapSetter } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { textsOf } from './arguments.ts'
import { runBaggage } from './baggage.ts'
import type { Handoff, RunTicket } from './handoff.ts'
import { isRecord } from './payload.ts'
import { boundName } from './redact.ts'
import { safely } from './safe.ts'
import { warnOnce } from './warn.ts'

/** Whatever gets and sets headers by name: `Headers`, a `Map`, or a few lines around anything else. */
export interface HeaderStore {
  get(name: string): unknown
  set(name: string, value: string): unknown
}

/** What holds headers: a plain object (of Node's requests, of a message), `Headers`, a `Map`, pairs, or a {@link HeaderStore}. */
export type Carrier = HeaderStore | [string, string][] | Record<string, unknown>

export const HANDOFF_HEADER = 'seamtrace-handoff'
// Brokers and proxies refuse more; beyond it the ticket goes without its list of keys.
const MOST_CHARS = 4_096

const traceContext = new W3CTraceContextPropagator()

/**
 * Writes the W3C headers `traceparent`, `tracestate` and `baggage` of the current work into `carrier`, and the ticket of a handoff as
 * `seamtrace-handoff` (percent-encoded JSON without the payload, at most 4 kB).
 * @returns the same carrier
 * @example await fetch(url, { method: 'POST', headers: inject(new Headers(), ticket), body: JSON.stringify(ticket.payload) })
 */
export function inject<C extends Carrier>(carrier: C, ticket?: Omit<Handoff, 'payload'>): C {
  safely(() => {
    const at = context.active()
    traceContext.inject(at, carrier, SETTER)
    runBaggage.inject(at, carrier, SETTER)
    if (ticket === undefined) return
    if (ticket.traceparent !== undefined) put(carrier, 'traceparent', ticket.traceparent)
    put(carrier, HANDOFF_HEADER, written(ticket))
  })
  return carrier
}

/**
 * The ticket of a handoff that came in `carrier`, with `undefined` as its payload; undefined when there is none, or none that can be
 * believed: a header of a stranger is bounded and checked.
 * @example const ticket = extract(message.headers) // { id, from: 'triage', to: 'refund', payload: undefined, … }
 */
export const extract = (carrier: Carrier): Handoff<undefined> | undefined => safely(() => ticketOf(read(carrier, HANDOFF_HEADER)))

/** The context of the sender: its span as a remote parent, and its baggage. */
export const senderContext = (carrier: Carrier, at: Context): Context =>
  safely(() => runBaggage.extract(traceContext.extract(at, carrier, GETTER), carrier, GETTER)) ?? at

function written(ticket: Omit<Handoff, 'payload'>): string {
  const { id, from, to, mustKeep, run, traceparent } = ticket
  const whole = encodeURIComponent(JSON.stringify({ id, from, to, mustKeep, run, traceparent }).toWellFormed())
  return whole.length <= MOST_CHARS ? whole : encodeURIComponent(JSON.stringify({ id, from, to, run, traceparent }).toWellFormed())
}

function ticketOf(header: string | undefined): Handoff<undefined> | undefined {
  if (header === undefined) return undefined
  let told: unknown
  try {
    told = JSON.parse(decodeURIComponent(header))
  } catch {
    return undefined
  }
  if (!isTicket(told)) return undefined
  return {
    id: told.id,
    from: boundName(told.from),
    to: boundName(told.to),
    payload: undefined,
    ...(Array.isArray(told.mustKeep) && { mustKeep: textsOf(told.mustKeep) }),
    ...(typeof told.traceparent === 'string' && { traceparent: told.traceparent.slice(0, 55) }),
    ...(isRunTicket(told.run) && { run: told.run }),
  }
}

/** A ticket as `handoff` made it, here or elsewhere. */
export const isTicket = (given: unknown): given is Handoff =>
  isRecord(given) &&
  typeof given.id === 'string' &&
  /^[0-9a-f]{16}$/.test(given.id) &&
  typeof given.from === 'string' &&
  typeof given.to === 'string'

const isRunTicket = (given: unknown): given is RunTicket =>
  isRecord(given) && typeof given.id === 'string' && typeof given.pipeline === 'string' && typeof given.root === 'string'

const isStore = (carrier: Carrier): carrier is HeaderStore =>
  !Array.isArray(carrier) && typeof carrier.get === 'function' && typeof carrier.set === 'function'

const isHeaders = (carrier: unknown): carrier is Carrier => typeof carrier === 'object' && carrier !== null

function put(carrier: Carrier, name: string, value: string): void {
  if (!isHeaders(carrier)) return warnOnce('not-a-carrier', `cannot write ${name}: the carrier is no object`)
  if (isStore(carrier)) return void carrier.set(name, value)
  if (!Array.isArray(carrier)) {
    carrier[name] = value
    return
  }
  const pair = carrier.find(([known]) => isNamed(known, name))
  if (pair === undefined) carrier.push([name, value])
  else pair[1] = value
}

const isNamed = (known: unknown, name: string): boolean => typeof known === 'string' && known.toLowerCase() === name

function read(carrier: Carrier, name: string): string | undefined {
  if (!isHeaders(carrier)) return undefined
  const found = isStore(carrier)
    ? carrier.get(name)
    : Array.isArray(carrier)
      ? carrier.find((pair) => isNamed(pair?.[0], name))?.[1]
      : (carrier[name] ?? carrier[Object.keys(carrier).find((known) => isNamed(known, name)) ?? name])
  return textIn(found)
}

/** Brokers give bytes, servers a list when a header came twice. What is too long for a header is none. */
function textIn(found: unknown): string | undefined {
  const one: unknown = Array.isArray(found) ? found[0] : found
  const text =
    ArrayBuffer.isView(one) && one.byteLength <= MOST_READ ? Buffer.from(one.buffer, one.byteOffset, one.byteLength).toString() : one
  return typeof text === 'string' && text !== '' && text.length <= MOST_READ ? text : undefined
}

const MOST_READ = 8_192

const SETTER: TextMapSetter<Carrier> = { set: put }
const GETTER: TextMapGetter<Carrier> = { get: read, keys: (carrier) => (isRecord(carrier) ? Object.keys(carrier) : []) }
