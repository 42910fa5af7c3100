// One crossing of work from a step to another: what the sender records, and the ticket that the receiver hands in.
import { randomBytes } from 'node:crypto'
import { type Attributes, type Link, type Span, TraceFlags } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { optionsOf, textsOf } from './arguments.ts'
import { describePayload } from './payload.ts'
import { contentAttribute, nameOf } from './redact.ts'
import { safely } from './safe.ts'
import { scopeOf } from './scope.ts'
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
}

export interface HandoffOptions {
  /** default: the current step, else the step of the run that finished last, else `start` */
  from?: string
  /** whether the sender is done, or gets the result back; default `pass_control` */
  mode?: 'pass_control' | 'return_to_caller'
  /** paths of the payload that must arrive, e.g. `['order.id']` */
  mustKeep?: readonly string[]
}

/**
 * Records that work goes to the step `to`, with key names, size and digest of the payload. Whether it arrived is the receiver's to
 * say: `step(to, { handoff }, …)`.
 * @example
 * const ticket = handoff('refund', { orderId: 7 }, { mustKeep: ['orderId'] })
 * await step('refund', { handoff: ticket }, (payload) => refund(payload.orderId))
 */
export function handoff<P>(receiver: string, payload: P, options?: HandoffOptions): Handoff<P> {
  const to = nameOf(receiver)
  const { from: sender, mode, mustKeep } = safely(() => ({ ...optionsOf<HandoffOptions>(options) })) ?? {}
  const { step, run } = scopeOf()
  const from = nameOf(sender ?? step ?? run?.lastStep ?? 'start')
  const id = randomBytes(8).toString('hex')
  const traceparent = recordHandoff({ id, from, to, mode: mode ?? 'pass_control', mustKeep }, () => payloadAttributes(payload))
  return { id, from, to, payload, mustKeep, traceparent }
}

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
  return traceparentOf(unit.span)
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

function traceparentOf(span: Span): string | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return /^0+$/.test(spanId) ? undefined : `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** The link from the receiving step to the span of the sender. */
export function handoffLink(handoff: Pick<Handoff, 'id' | 'traceparent'> | undefined): Link[] {
  const parts = TRACEPARENT.exec(handoff?.traceparent ?? '')
  const [, traceId, spanId, flags] = parts ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return []
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) }
  return [{ context, attributes: { [SEAMTRACE.linkType]: 'handoff', [SEAMTRACE.handoffId]: handoff?.id } }]
}
