// Seams: which boundary leads into a unit, which a run crossed, and what became of each handoff.
import {
  attributeNumber,
  attributeText,
  type Handoff,
  type Layer,
  type RecognizedSpan,
  SEAMTRACE,
  type SeamKind,
  seamId,
} from '@seamtrace/schema'
import { layerOfName } from '../recognize/layer.ts'
import { isoTime, millisBetween } from './time.ts'
import { endOf, outermostStepOf, startOf, stepOf, type Unit, unitOutcome, unitsBelow, wasRetried } from './units.ts'

export type Seam = { seam: string; kind: SeamKind; from: string; to: string; layer: Layer }

const seamOf = (kind: SeamKind, from: string, to: string, layer: Layer): Seam => ({ seam: seamId(from, to), kind, from, to, layer })

/** A call across a boundary of its own; models and checks have none: they belong to their step. */
const SEAM_OF_CALL: Partial<Record<Unit['type'], SeamKind>> = {
  tool: 'tool',
  retrieval: 'tool',
  memory: 'state',
  state: 'state',
  human: 'human',
}

/** Declared handoffs of a run by id. */
export type Declared = Map<string, RecognizedSpan>

export const declaredHandoffs = (run: Unit): Declared =>
  new Map(
    [run, ...unitsBelow(run)]
      .flatMap((unit) => unit.handoffs)
      .map((span) => [attributeText(span.attributes, SEAMTRACE.handoffId) || span.spanId, span]),
  )

/** The handoff a step says it received, if that was declared in the run. */
export const receivedHandoff = (step: Unit, declared: Declared): RecognizedSpan | undefined =>
  step.spans.map((span) => declared.get(attributeText(span.attributes, SEAMTRACE.handoffId))).find(Boolean)

/** Who handed over to this step: the declared sender, else the sibling step that ended last before it began. */
export const predecessorOf = (step: Unit, declared: Declared): string => {
  const received = receivedHandoff(step, declared)
  const sender = received && attributeText(received.attributes, SEAMTRACE.handoffFrom)
  if (sender) return sender
  const before = (step.parent?.children ?? []).filter((unit) => unit.kind === 'step' && unit !== step && endOf(unit) <= startOf(step))
  const last = before.reduce<Unit | null>((latest, unit) => (latest && endOf(latest) >= endOf(unit) ? latest : unit), null)
  if (last) return last.name
  return step.parent && step.parent.kind !== 'run' ? step.parent.name : 'start'
}

/** The seam into a unit. */
export const seamInto = (unit: Unit, declared: Declared): Seam => {
  const step = stepOf(unit)
  const ofCall = unit.kind === 'call' ? SEAM_OF_CALL[unit.type] : undefined
  if (ofCall) return seamOf(ofCall, step?.name ?? outermostName(unit), unit.name, unit.layer)
  if (!step) return seamOf('handoff', 'start', unit.kind === 'run' ? unit.name : outermostName(unit), unit.layer)
  return seamOf('handoff', predecessorOf(step, declared), step.name, step.layer)
}

const outermostName = (unit: Unit): string => (unit.parent ? outermostName(unit.parent) : unit.name)

/** The seam that a declared handoff was to cross, when nobody received it. */
export const seamOfHandoff = (span: RecognizedSpan): Seam => {
  const to = attributeText(span.attributes, SEAMTRACE.handoffTo)
  return seamOf(
    'handoff',
    attributeText(span.attributes, SEAMTRACE.handoffFrom) || span.step || 'start',
    to,
    layerOfName(to) ?? 'execution',
  )
}

/** Declared handoffs which no step received: by id, nor by a step of that name that began later. */
export const unreceivedHandoffs = (run: Unit, declared: Declared): RecognizedSpan[] => {
  const steps = unitsBelow(run).filter((unit) => unit.kind === 'step')
  const received = new Set(steps.map((step) => receivedHandoff(step, declared)))
  return [...declared.values()].filter((span) => {
    const to = attributeText(span.attributes, SEAMTRACE.handoffTo)
    return !received.has(span) && !steps.some((step) => step.name === to && startOf(step) >= span.startTimeUnixNano)
  })
}

const keysOf = (span: RecognizedSpan, key: string): string[] => {
  const value = span.attributes.get(key)
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** Needed keys that a step did not get. */
export const missingKeysOf = (step: Unit): string[] => [...new Set(step.spans.flatMap((span) => keysOf(span, SEAMTRACE.stateMissingKeys)))]

const modeOf = (span: RecognizedSpan | undefined): Handoff['mode'] =>
  span && attributeText(span.attributes, SEAMTRACE.handoffMode) === 'return_to_caller' ? 'return_to_caller' : 'pass_control'

const waitBefore = (step: Unit, declared: RecognizedSpan | undefined): number => {
  const before = (step.parent?.children ?? []).filter((unit) => unit.kind === 'step' && unit !== step && endOf(unit) <= startOf(step))
  const from = declared
    ? declared.endTimeUnixNano
    : before.reduce<bigint | null>((end, unit) => (end !== null && end > endOf(unit) ? end : endOf(unit)), null)
  return from === null ? 0 : Math.max(0, millisBetween(from, startOf(step)))
}

const arrived = (step: Unit, declared: Declared): Handoff => {
  const span = receivedHandoff(step, declared)
  const said = step.spans.map((own) => attributeText(own.attributes, SEAMTRACE.handoffStatus)).find(Boolean)
  const { from, to } = seamInto(step, declared)
  return {
    kind: 'handoff',
    from,
    to,
    mode: modeOf(span),
    status: said === 'rejected' ? 'rejected' : 'delivered',
    rule: span ? 'receipt' : 'order',
    inferred: !span,
    startTime: isoTime(span?.startTimeUnixNano ?? startOf(step)),
    payloadBytes: span ? attributeNumber(span.attributes, SEAMTRACE.handoffSize) : null,
    missingKeys: missingKeysOf(step),
    waitMs: waitBefore(step, span),
    spanId: span?.spanId ?? (step.spans[0] as RecognizedSpan).spanId,
  }
}

const lost = (span: RecognizedSpan, finished: boolean): Handoff => {
  const { from, to } = seamOfHandoff(span)
  return {
    kind: 'handoff',
    from,
    to,
    mode: modeOf(span),
    status: finished ? 'dropped' : 'pending',
    rule: 'no-receipt',
    inferred: false,
    startTime: isoTime(span.startTimeUnixNano),
    payloadBytes: attributeNumber(span.attributes, SEAMTRACE.handoffSize),
    missingKeys: [],
    waitMs: 0,
    spanId: span.spanId,
  }
}

/** Every crossing of a handoff seam in the run, in order of time. */
export const handoffsOf = (run: Unit): Handoff[] => {
  const declared = declaredHandoffs(run)
  const finished = !['running', 'waiting'].includes(unitOutcome(run))
  const steps = unitsBelow(run).filter((unit) => unit.kind === 'step')
  const all = [...steps.map((step) => arrived(step, declared)), ...unreceivedHandoffs(run, declared).map((span) => lost(span, finished))]
  return all.sort((a, b) => (a.startTime < b.startTime ? -1 : a.startTime > b.startTime ? 1 : 0))
}

export type Crossings = Seam & { crossings: number; recovered: number }

/** Seams that the run crossed, with how often, and how many operations behind them needed a retry and succeeded. */
export const crossingsOf = (run: Unit): Crossings[] => {
  const declared = declaredHandoffs(run)
  const bySeam = new Map<string, Crossings>()
  const add = (seam: Seam, crossings: number, recovered: number): void => {
    const key = `${seam.kind} ${seam.seam}`
    const known = bySeam.get(key) ?? { ...seam, crossings: 0, recovered: 0 }
    bySeam.set(key, { ...known, crossings: known.crossings + crossings, recovered: known.recovered + recovered })
  }
  for (const unit of unitsBelow(run)) {
    if (unit.kind === 'step' || SEAM_OF_CALL[unit.type]) add(seamInto(unit, declared), 1, wasRetried(unit) ? 1 : 0)
    const retries = unit.attempts.length - 1
    if (retries > 0) add(seamOf('retry', unit.name, unit.name, unit.layer), retries, wasRetried(unit) ? 1 : 0)
  }
  for (const span of unreceivedHandoffs(run, declared)) add(seamOfHandoff(span), 1, 0)
  return [...bySeam.values()]
}

/** The outermost step in whose bar a seam into this unit counts. */
export const barOf = (unit: Unit): string => outermostStepOf(unit)?.name ?? ''
