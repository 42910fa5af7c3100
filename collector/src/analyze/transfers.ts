// Transfers of control: tools that pass it on, declared handoffs and the steps that took them up.
import { attributeText, type RecognizedSpan, SEAMTRACE } from '@seamtrace/schema'
import { bySpanId } from './tree.ts'
import { byStart, latestStartOf, type Unit } from './unit.ts'

/** Tools are named in letters that a function may have: `transfer_to_billing_agent` leads to `Billing agent`. */
const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '_')

/** When a step or agent of a name began last. */
export type Targets = ReadonlyMap<string, bigint>

const isStep = ({ type }: RecognizedSpan): boolean => type === 'step' || type === 'agent' || type === 'pipeline'

const NO_TARGETS: Targets = new Map()

/** Asked only of runs in which a tool bears the name of a transfer. */
export const targetsOf = (spans: readonly RecognizedSpan[]): Targets => {
  if (!spans.some(({ type, handoffTo }) => type === 'tool' && handoffTo !== '')) return NO_TARGETS
  const targets = new Map<string, bigint>()
  for (const span of spans.filter(isStep))
    for (const name of new Set([plain(span.step), plain(span.agent)]))
      if (name !== '' && (targets.get(name) ?? -1n) < span.startTimeUnixNano) targets.set(name, span.startTimeUnixNano)
  return targets
}

/**
 * A tool by whose name control passes, and after which a step of the name it tells began. Without one it is a tool like others:
 * `transfer_to_savings` may move money.
 */
export const isTransfer = ({ type, outcome, handoffTo, startTimeUnixNano }: RecognizedSpan, targets: Targets): boolean =>
  type === 'tool' && handoffTo !== '' && outcome !== 'failure' && (targets.get(plain(handoffTo)) ?? -1n) >= startTimeUnixNano

// A handoff is declared near the top of the step that hands over; a walk without an end would be quadratic in a deep trace.
const MOST_LEVELS = 100

/** Control passed to this agent inside the span of the one before it, which is no longer in charge although its span goes on. */
export const tookOver = (place: Unit, agent: string): boolean => {
  let at: Unit | null = place
  for (let level = 0; at && level < MOST_LEVELS; level++, at = at.kind === 'call' ? at.parent : null) {
    const last = at.handoffs.at(-1)
    if (last && passesControl(last) && (last.handoffTo === '' || plain(last.handoffTo) === plain(agent))) return true
  }
  return false
}

const passesControl = ({ attributes }: RecognizedSpan): boolean => attributeText(attributes, SEAMTRACE.handoffMode) !== 'return_to_caller'

const idOf = (span: RecognizedSpan): string => attributeText(span.attributes, SEAMTRACE.handoffId) || span.spanId

/** A declared handoff, and who declared it. */
export type Declared = ReadonlyMap<string, RecognizedSpan>

export const declaredIn = (units: readonly Unit[]): { declared: Map<string, RecognizedSpan>; declaredBy: Map<RecognizedSpan, Unit> } => {
  const declaredBy = new Map(units.flatMap((unit) => unit.handoffs.map((span) => [span, unit] as const)))
  return { declaredBy, declared: new Map([...declaredBy.keys()].map((span) => [idOf(span), span])) }
}

const byId = (step: Unit, declared: Declared): RecognizedSpan | undefined => {
  for (const { attributes } of step.spans) {
    const span = attributes.has(SEAMTRACE.handoffId) ? declared.get(attributeText(attributes, SEAMTRACE.handoffId)) : undefined
    if (span) return span
  }
  return undefined
}

type Queue = { spans: RecognizedSpan[]; next: number }

const startsFirst = (a: RecognizedSpan, b: RecognizedSpan): number =>
  a.startTimeUnixNano !== b.startTimeUnixNano ? (a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1) : bySpanId(a, b)

/** The oldest of the queue that was declared before the step began; each is taken once. */
const takeFrom = (queue: Queue | undefined, step: Unit): RecognizedSpan | undefined => {
  const span = queue?.spans[queue.next]
  if (!queue || !span || span.startTimeUnixNano > latestStartOf(step)) return undefined
  queue.next++
  return span
}

/**
 * The handoff that each step received: by the id that the receiver tells, else the one declared before it to a step of its name.
 * One that names nobody goes to the agent that began next.
 */
export const receiptsOf = (steps: readonly Unit[], declared: Declared): Map<Unit, RecognizedSpan> => {
  const receipts = new Map<Unit, RecognizedSpan>()
  for (const step of declared.size > 0 ? steps : []) {
    const span = byId(step, declared)
    if (span) receipts.set(step, span)
  }
  const taken = new Set(receipts.values())
  const open = [...declared.values()].filter((span) => !taken.has(span)).sort(startsFirst)
  if (open.length === 0) return receipts
  const queues = new Map([...Map.groupBy(open, ({ handoffTo }) => plain(handoffTo))].map(([name, spans]) => [name, { spans, next: 0 }]))
  const waiting = steps.filter((step) => step.type !== 'retry' && !receipts.has(step)).sort(byStart)
  for (const step of waiting) {
    const named = takeFrom(queues.get(plain(step.name)), step) ?? takeFrom(queues.get(plain(step.agent || step.name)), step)
    const span = named ?? (step.type === 'agent' ? takeFrom(queues.get(''), step) : undefined)
    if (span) receipts.set(step, span)
  }
  return receipts
}

/** The step around a unit at the level of another one. */
export const peerOf = (unit: Unit, other: Unit): Unit | null => {
  let at: Unit | null = unit
  for (let level = 0; at && level < MOST_LEVELS; level++, at = at.parent) if (at.parent === other.parent && at.kind === 'step') return at
  return null
}
