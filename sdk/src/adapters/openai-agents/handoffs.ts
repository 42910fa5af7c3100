// Handoffs between agents, with the receipt of what arrived: the framework tells from and to, the receiver's first model call the rest.
import { randomBytes } from 'node:crypto'
import type { Attributes, Context, HrTime } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { type Handoff, handoffLink } from '../../handoff.ts'
import { describePayload } from '../../payload.ts'
import { annotate, endUnit, openUnit, type Unit } from '../../unit.ts'
import { markTold } from './errors.ts'
import { kindsOf } from './models.ts'

/** A handoff whose receiver has not asked its model yet. */
export interface PendingHandoff {
  readonly ticket: Handoff<undefined>
  readonly unit: Unit
  readonly endTime: HrTime
}

export interface HandedOver {
  readonly from: string
  readonly to: string
  readonly startTime: HrTime
  readonly error: Error | undefined
}

/** @param above where the span of the handoff stands */
export function openHandoff({ from, to, startTime, error }: HandedOver, above: Context): PendingHandoff {
  const id = randomBytes(8).toString('hex')
  const unit = openUnit(
    {
      kind: 'handoff',
      name: `handoff ${from}→${to}`,
      startTime,
      attributes: () => ({
        [SEAMTRACE.handoffId]: id,
        [SEAMTRACE.handoffFrom]: from,
        [SEAMTRACE.handoffTo]: to,
        [SEAMTRACE.handoffMode]: 'pass_control',
      }),
    },
    above,
  )
  if (error !== undefined) {
    annotate(unit, () => ({ [SEAMTRACE.handoffStatus]: 'failed' }))
    markTold(unit, error)
  }
  const { traceId, spanId, traceFlags } = unit.span.spanContext()
  const traceparent = `00-${traceId}-${spanId}-0${traceFlags & 1}`
  return { ticket: { id, from, to, payload: undefined, traceparent }, unit, endTime: unit.clock() }
}

export const receivedAttributes = ({ ticket }: PendingHandoff): Attributes => ({
  [SEAMTRACE.handoffId]: ticket.id,
  [SEAMTRACE.handoffFrom]: ticket.from,
  [SEAMTRACE.handoffTo]: ticket.to,
  [SEAMTRACE.handoffStatus]: 'delivered',
})

export const receivedLinks = ({ ticket }: PendingHandoff) => handoffLink(ticket)

/** What the receiver's model was really given, past all filters; nothing when the framework keeps it to itself. */
export function recordReceipt({ unit, endTime }: PendingHandoff, receiver: Unit, input: unknown): void {
  if (input !== undefined) {
    const { size, digest } = describePayload(input)
    const keys = kindsOf(input)
    annotate(unit, () => ({ [SEAMTRACE.handoffKeys]: keys, [SEAMTRACE.handoffSize]: size, [SEAMTRACE.handoffDigest]: digest }))
    annotate(receiver, () => ({ [SEAMTRACE.stateKeys]: keys, [SEAMTRACE.stateSize]: size, [SEAMTRACE.stateDigest]: digest }))
  }
  endUnit(unit, endTime)
}
