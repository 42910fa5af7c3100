// What every part of the analysis asks about a run, worked out once.
import { attributeText, type RecognizedSpan, SEAMTRACE } from '@seamtrace/schema'
import { byEnd, byStart, endOf, latestStartOf, startOf, type Unit, unitsBelow } from './unit.ts'

export type RunFacts = {
  run: Unit
  units: Unit[]
  steps: Unit[]
  /** outermost steps in order of start */
  outermost: Unit[]
  /** checks in order of end */
  checks: Unit[]
  /** declared handoffs by id, and the unit that declared each */
  declared: Map<string, RecognizedSpan>
  declaredBy: Map<RecognizedSpan, Unit>
  /** declared handoffs that no step received: by id, nor by a step of that name that began later */
  unreceived: RecognizedSpan[]
  /** the sibling step that ended last before a step began */
  predecessors: Map<Unit, Unit>
  /** names of rules that do not apply */
  disabled: ReadonlySet<string>
}

/** One sweep over starts and ends per parent: comparing all siblings would be quadratic in a runaway loop. */
const predecessorsAmong = (siblings: readonly Unit[]): [Unit, Unit][] => {
  const ends = siblings.toSorted(byEnd)
  const pairs: [Unit, Unit][] = []
  let next = 0
  let last: Unit | null = null
  const starts = siblings.toSorted((a, b) =>
    latestStartOf(a) < latestStartOf(b) ? -1 : latestStartOf(a) > latestStartOf(b) ? 1 : byEnd(a, b),
  )
  for (const step of starts) {
    for (let ended = ends[next]; ended && ended !== step && endOf(ended) <= latestStartOf(step); ended = ends[++next]) last = ended
    if (last && last !== step) pairs.push([step, last])
  }
  return pairs
}

const idOf = (span: RecognizedSpan): string => attributeText(span.attributes, SEAMTRACE.handoffId) || span.spanId

/** The handoff a step says it received, if it was declared in the run. */
export const receivedHandoff = (step: Unit, { declared }: Pick<RunFacts, 'declared'>): RecognizedSpan | undefined =>
  step.spans.map((span) => declared.get(attributeText(span.attributes, SEAMTRACE.handoffId))).find(Boolean)

const unreceivedOf = (declared: RunFacts['declared'], steps: readonly Unit[]): RecognizedSpan[] => {
  const received = new Set(steps.map((step) => receivedHandoff(step, { declared })))
  const lastStart = new Map<string, bigint>()
  for (const step of steps) {
    const known = lastStart.get(step.name)
    if (known === undefined || startOf(step) > known) lastStart.set(step.name, startOf(step))
  }
  const begins = (span: RecognizedSpan): boolean => (lastStart.get(span.handoffTo) ?? -1n) >= span.startTimeUnixNano
  // whom a run waits for is a person, who is no step of it
  return [...declared.values()].filter((span) => span.outcome !== 'waiting' && !received.has(span) && !begins(span))
}

/** Units come after those around them, so one pass tells them: asking each for all its parents is quadratic in a deep trace. */
const outermostOf = (units: readonly Unit[]): Unit[] => {
  const inside = new Set<Unit>()
  for (const unit of units) if (unit.parent && (unit.parent.kind === 'step' || inside.has(unit.parent))) inside.add(unit)
  return units.filter((unit) => unit.kind === 'step' && !inside.has(unit))
}

export const factsOf = (run: Unit, disabled: ReadonlySet<string> = new Set()): RunFacts => {
  const units = unitsBelow(run)
  const steps = units.filter((unit) => unit.kind === 'step')
  const declaredBy = new Map([run, ...units].flatMap((unit) => unit.handoffs.map((span) => [span, unit] as const)))
  const declared = new Map([...declaredBy.keys()].map((span) => [idOf(span), span]))
  return {
    run,
    units,
    steps,
    outermost: outermostOf(units).sort(byStart),
    checks: units.filter((unit) => unit.type === 'check').sort(byEnd),
    declared,
    declaredBy,
    unreceived: unreceivedOf(declared, steps),
    predecessors: new Map([run, ...units].flatMap((unit) => predecessorsAmong(unit.children.filter((child) => child.kind === 'step')))),
    disabled,
  }
}
