// Seams: which boundary leads into a unit, which a run crossed, and what became of each handoff.
import {
  attributeList,
  attributeNumber,
  attributeText,
  HANDOFF_STATUSES,
  type Handoff,
  type Layer,
  type RecognizedSpan,
  SEAMTRACE,
  type SeamKind,
  seamId,
} from '@seamtrace/schema'
import { layerOfName } from '../recognize/layer.ts'
import type { RunFacts } from './facts.ts'
import { isoTime, millisBetween } from './time.ts'
import { peerOf } from './transfers.ts'
import { endOf, startOf, type Unit, unitOutcome, wasRetried } from './unit.ts'

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

/** As its emitter links it, else as the sender declared it. */
const toldSender = (step: Unit, facts: RunFacts): string => {
  const cause = facts.causes.get(step)?.at(-1)
  if (cause) return cause.name
  const received = facts.received.get(step)
  if (!received) return ''
  const sender = facts.declaredBy.get(received)
  // at the level of the receiver, where it has a step there
  return received.handoffFrom || ((sender && (peerOf(sender, step) ?? sender.step)?.name) ?? '')
}

/**
 * Who handed over to this step: the sender that is told, else the sibling step that ended last before it began, else the step it is
 * part of: one that asks another through a tool hands over itself, not its tool.
 */
const senderOf = (step: Unit, facts: RunFacts): string => {
  const told = toldSender(step, facts)
  if (told !== '') return told
  const before = facts.predecessors.get(step)
  if (before) return before.name
  if (!step.parent || step.parent.kind === 'run') return 'start'
  return step.parent.step?.name ?? (facts.run.agent || 'start')
}

/** The branches that met in this step, but for the one that ended last: as told, else, without a declared handoff, by time. */
const joinedInto = (step: Unit, facts: RunFacts): Unit[] => {
  const causes = facts.causes.get(step)
  if (causes) return causes.slice(0, -1)
  return facts.received.has(step) ? [] : (facts.joined.get(step) ?? []).filter((branch) => branch.type !== 'retry')
}

/** The seam into a unit. */
export const seamInto = (unit: Unit, facts: RunFacts): Seam => {
  const step = unit.step
  const ofCall = unit.kind === 'call' ? SEAM_OF_CALL[unit.type] : undefined
  if (ofCall) return seamOf(ofCall, step?.name ?? facts.run.name, unit.name, unit.layer)
  if (!step) return seamOf('handoff', 'start', facts.run.name, unit.layer)
  return seamOf('handoff', senderOf(step, facts), step.name, step.layer)
}

/** The seam that a declared handoff was to cross, when nobody received it. */
export const seamOfHandoff = (span: RecognizedSpan): Seam => {
  const to = span.handoffTo
  return seamOf('handoff', span.handoffFrom || span.step || 'start', to, layerOfName(to) ?? 'execution')
}

/** The outermost step in whose bar a seam into this unit counts; '' for the pipeline itself. */
export const barOf = (unit: Unit): string => unit.outermost?.name ?? ''

/** A lost handoff counts where it was to lead to, but one from deep inside a step in that step. */
export const barOfHandoff = (span: RecognizedSpan, facts: RunFacts): string => {
  const sender = facts.declaredBy.get(span)
  const step = sender?.step
  return step && step.outermost !== step ? barOf(step) : span.handoffTo
}

/** Needed keys that a step did not get. */
export const missingKeysOf = (step: Unit): string[] => [
  ...new Set(step.spans.flatMap((span) => attributeList(span.attributes, SEAMTRACE.stateMissingKeys))),
]

const modeOf = (span: RecognizedSpan | undefined): Handoff['mode'] =>
  span && attributeText(span.attributes, SEAMTRACE.handoffMode) === 'return_to_caller' ? 'return_to_caller' : 'pass_control'

/** Asked inside a call, it answers there. */
const modeInto = (step: Unit, span: RecognizedSpan | undefined): Handoff['mode'] =>
  !span && step.parent?.kind === 'call' ? 'return_to_caller' : modeOf(span)

const statusOf = (spans: readonly (RecognizedSpan | undefined)[]): Handoff['status'] | undefined => {
  const said = spans
    .map((span) => (span ? span.handoffStatus || attributeText(span.attributes, SEAMTRACE.handoffStatus) : ''))
    .find(Boolean)
  return HANDOFF_STATUSES.find((status) => status === said)
}

const tellsReceipt = (step: Unit): boolean => step.spans.some(({ attributes }) => attributes.has(SEAMTRACE.handoffId))

const ruleOf = (step: Unit, facts: RunFacts): string => {
  if (facts.causes.has(step)) return 'link'
  if (!facts.received.has(step)) return 'order'
  return tellsReceipt(step) ? 'receipt' : 'target'
}

const arrived = (step: Unit, facts: RunFacts): Handoff => {
  const span = facts.received.get(step)
  const before = facts.predecessors.get(step)
  const left = span?.endTimeUnixNano ?? (before ? endOf(before) : startOf(step))
  const { from, to } = seamInto(step, facts)
  return {
    kind: 'handoff',
    from,
    to,
    mode: modeInto(step, span),
    status: statusOf([...step.spans, span]) ?? 'delivered',
    rule: ruleOf(step, facts),
    inferred: !span && !facts.causes.has(step),
    startTime: isoTime(span?.startTimeUnixNano ?? startOf(step)),
    payloadBytes: span ? attributeNumber(span.attributes, SEAMTRACE.handoffSize) : null,
    missingKeys: missingKeysOf(step),
    waitMs: Math.max(0, millisBetween(left, startOf(step))),
    spanId: span?.spanId ?? (step.spans[0] as RecognizedSpan).spanId,
  }
}

/** A branch that met others in a step. */
const joined = (branch: Unit, step: Unit, facts: RunFacts): Handoff => ({
  ...arrived(step, facts),
  from: branch.name,
  rule: facts.causes.has(step) ? 'link' : 'join',
  waitMs: Math.max(0, millisBetween(endOf(branch), startOf(step))),
})

const arrivals = (step: Unit, facts: RunFacts): Handoff[] => [
  ...joinedInto(step, facts).map((branch) => joined(branch, step, facts)),
  arrived(step, facts),
]

const lost = (span: RecognizedSpan, finished: boolean): Handoff => {
  const { from, to } = seamOfHandoff(span)
  return {
    kind: 'handoff',
    from,
    to,
    mode: modeOf(span),
    status: statusOf([span]) ?? (finished ? 'dropped' : 'pending'),
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
export const handoffsOf = (facts: RunFacts): Handoff[] => {
  const finished = !['running', 'waiting'].includes(unitOutcome(facts.run))
  const steps = facts.steps.filter((step) => step.type !== 'retry')
  const all = [...steps.flatMap((step) => arrivals(step, facts)), ...facts.unreceived.map((span) => lost(span, finished))]
  return all.sort((a, b) => (a.startTime < b.startTime ? -1 : a.startTime > b.startTime ? 1 : 0))
}

export type Crossings = Seam & { crossings: number; recovered: number }

/** Seams that the run crossed, with how often, and how many operations behind them needed a retry and succeeded. */
export const crossingsOf = (facts: RunFacts): Crossings[] => {
  const bySeam = new Map<string, Crossings>()
  const add = (seam: Seam, crossings: number, recovered: number): void => {
    const key = `${seam.kind} ${seam.seam}`
    const known = bySeam.get(key)
    if (!known) bySeam.set(key, { ...seam, crossings, recovered })
    else {
      known.crossings += crossings
      known.recovered += recovered
    }
  }
  for (const unit of facts.units) {
    const crosses = unit.type !== 'retry' && (unit.kind === 'step' || SEAM_OF_CALL[unit.type])
    if (crosses) add(seamInto(unit, facts), 1, wasRetried(unit) ? 1 : 0)
    if (crosses) for (const branch of joinedInto(unit, facts)) add(seamOf('handoff', branch.name, unit.name, unit.layer), 1, 0)
    const retries = unit.attempts.length - 1
    if (retries > 0) add(seamOf('retry', unit.name, unit.name, unit.layer), retries, wasRetried(unit) ? 1 : 0)
  }
  for (const span of facts.unreceived) add(seamOfHandoff(span), 1, 0)
  return [...bySeam.values()]
}
