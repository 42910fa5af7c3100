// One crossing of work from a step to another: what the sender records, and the ticket that the receiver hands in.
import { randomBytes } from 'node:crypto'
import { type Attributes, type Link, type SpanContext, TraceFlags } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { optionsOf, textsOf } from './arguments.ts'
import { type Carrier, inject } from './carrier.ts'
import { describePayload } from './payload.ts'
import { contentAttribute, nameOf } from './redact.ts'
import { safely } from './safe.ts'
import { type Run, scopeOf } from './scope.ts'
import { endUnit, openUnit } from './unit.ts'

/** The ticket of a handoff: plain data, so it may travel through a queue to another process. */
export interface Handoff<P = unknown> {
  /** 16 hex digits */
  readonly id: string
  readonly from: string
  readonly to: string
  readonly payload: P
  /** paths that the receiver must find in what it gets */
  readonly mustKeep?: readonly string[]
  /** W3C `traceparent` of the sender's span; absent when nothing records */
  readonly traceparent?: string
  /** the run that the work belongs to; absent outside of one */
  readonly run?: RunTicket
}

export interface RunTicket {
  readonly id: string
  readonly pipeline: string
  /** W3C `traceparent` of the root span of the run, '' when this process does not know it */
  readonly root: string
}

export interface HandoffOptions {
  /** default: the current step, else the step of the run that finished last, else `start` */
  from?: string
  /** whether the sender is done, or gets the result back; default `pass_control` */
  mode?: 'pass_control' | 'return_to_caller'
  /** paths of the payload that must arrive, e.g. `['order.id']` */
  mustKeep?: readonly string[]
  /** headers that travel with the work: the ticket is written into them, see {@link inject} */
  carrier?: Carrier
}

/**
 * Records that work goes to the step `to`, with key names, size and digest of the payload. Whether it arrived is the receiver's to
 * say: `receive(ticket, …)`, or `step(to, { handoff: ticket }, …)`.
 * @example
 * const ticket = handoff('refund', { orderId: 7 }, { mustKeep: ['orderId'] })
 * await receive(ticket, (payload) => refund(payload.orderId))
 * @example
 * const headers = {}
 * handoff('refund', order, { mustKeep: ['id'], carrier: headers })
 * await queue.send('refunds', { headers, body: JSON.stringify(order) }) // there: receive(message.headers, { input: order }, …)
 */
export function handoff<P>(receiver: string, payload: P, options?: HandoffOptions): Handoff<P> {
  const to = nameOf(receiver)
  const { from: sender, mode, mustKeep, carrier } = safely(() => ({ ...optionsOf<HandoffOptions>(options) })) ?? {}
  const { step, run } = scopeOf()
  const from = nameOf(sender ?? step ?? run?.lastStep ?? 'start')
  const id = randomBytes(8).toString('hex')
  const traceparent = recordHandoff({ id, from, to, mode: mode ?? 'pass_control', mustKeep }, () => payloadAttributes(payload))
  const ticket: Handoff<P> = { id, from, to, payload, mustKeep, traceparent, ...(run && { run: runTicket(run) }) }
  if (carrier !== undefined) inject(carrier, ticket)
  return ticket
}

export const runTicket = ({ id, pipeline, root }: Run): RunTicket => ({ id, pipeline, root: (root && traceparentOf(root)) ?? '' })

export interface HandoffFacts {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly mode: 'pass_control' | 'return_to_caller'
  readonly mustKeep?: readonly string[] | undefined
}

/** Emits the short span of the sender below the active span; returns its `traceparent`. */
export function recordHandoff(facts: HandoffFacts, payload: () => Attributes): string | undefined {
  const unit = openUnit({
    kind: 'handoff',
    name: `handoff ${facts.from}→${facts.to}`,
    attributes: () => ({
      [SEAMTRACE.handoffId]: facts.id,
      [SEAMTRACE.handoffFrom]: facts.from,
      [SEAMTRACE.handoffTo]: facts.to,
      [SEAMTRACE.handoffMode]: facts.mode,
      [SEAMTRACE.handoffMustKeep]: facts.mustKeep === undefined ? undefined : textsOf(facts.mustKeep),
    }),
    details: payload,
  })
  endUnit(unit)
  return traceparentOf(unit.span.spanContext())
}

function payloadAttributes(payload: unknown): Attributes {
  const { keys, size, digest } = describePayload(payload)
  return {
    [SEAMTRACE.handoffKeys]: keys,
    [SEAMTRACE.handoffSize]: size,
    [SEAMTRACE.handoffDigest]: digest,
    ...contentAttribute(SEAMTRACE.input, payload),
  }
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string | undefined {
  return /^0+$/.test(spanId) ? undefined : `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

export function parseTraceparent(given: unknown): SpanContext | undefined {
  const [, traceId, spanId, flags] = (typeof given === 'string' && TRACEPARENT.exec(given)) || []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) }
}

/** The link from the receiving step to the span of the sender. */
export function handoffLink(handoff: Pick<Handoff, 'id' | 'traceparent'> | undefined): Link[] {
  const context = parseTraceparent(handoff?.traceparent)
  return context === undefined ? [] : [{ context, attributes: { [SEAMTRACE.linkType]: 'handoff', [SEAMTRACE.handoffId]: handoff?.id } }]
}
