// What every part of the analysis asks about a run, worked out once.
import type { RecognizedSpan } from '@seamtrace/schema'
import { declaredIn, peerOf, receiptsOf } from './transfers.ts'
import { byEnd, byStart, endOf, latestStartOf, startOf, type Unit, unitsBelow } from './unit.ts'

export type RunFacts = {
  run: Unit
  units: Unit[]
  steps: Unit[]
  /** outermost steps in order of start */
  outermost: Unit[]
  /** checks in order of end, evaluations among them */
  checks: Unit[]
  /** verdicts that came from outside the run: none of its units */
  evaluations: readonly Unit[]
  /** declared handoffs, and the unit that declared each */
  declaredBy: Map<RecognizedSpan, Unit>
  /** the declared handoff that each step took up */
  received: Map<Unit, RecognizedSpan>
  /** declared handoffs that no step received: by id, nor by a step of that name that began later */
  unreceived: RecognizedSpan[]
  /** the sibling step that ended last before a step began */
  predecessors: Map<Unit, Unit>
  /** siblings that had ended too by then, and after which none had begun: the step waited for them all */
  joined: Map<Unit, Unit[]>
  /** sibling steps that made a step begin, as the emitter tells it, in order of end */
  causes: Map<Unit, Unit[]>
  /** names of rules that do not apply */
  disabled: ReadonlySet<string>
}

type Before = { step: Unit; last: Unit; joined: Unit[] }

/**
 * One sweep over starts and ends per parent: comparing all siblings would be quadratic in a runaway loop. What ended is taken up
 * by the first step that begins then; branches that ended before it, one after the other, meet in it.
 */
const predecessorsAmong = (siblings: readonly Unit[]): Before[] => {
  const ends = siblings.toSorted(byEnd)
  const found: Before[] = []
  let next = 0
  let last: Unit | null = null
  let open: Unit[] = []
  const starts = siblings.toSorted((a, b) =>
    latestStartOf(a) < latestStartOf(b) ? -1 : latestStartOf(a) > latestStartOf(b) ? 1 : byEnd(a, b),
  )
  for (const step of starts) {
    for (let ended = ends[next]; ended && ended !== step && endOf(ended) <= latestStartOf(step); ended = ends[++next]) {
      last = ended
      open.push(ended)
    }
    if (!last || last === step) continue
    const handing = last
    found.push({ step, last: handing, joined: open.filter((other) => other !== handing && other !== step) })
    open = []
  }
  return found
}

const unreceivedOf = (declared: Iterable<RecognizedSpan>, received: RunFacts['received'], steps: readonly Unit[]): RecognizedSpan[] => {
  const taken = new Set(received.values())
  const lastStart = new Map<string, bigint>()
  for (const step of steps) {
    const known = lastStart.get(step.name)
    if (known === undefined || startOf(step) > known) lastStart.set(step.name, startOf(step))
  }
  const begins = (span: RecognizedSpan): boolean => (lastStart.get(span.handoffTo) ?? -1n) >= span.startTimeUnixNano
  // whom a run waits for is a person, who is no step of it
  return [...declared].filter((span) => span.handoffTo !== '' && span.outcome !== 'waiting' && !taken.has(span) && !begins(span))
}

const causesOf = (steps: readonly Unit[]): RunFacts['causes'] => {
  const causes = new Map<Unit, Unit[]>()
  for (const step of steps) {
    const peers = new Set(step.causes.flatMap((cause) => peerOf(cause, step) ?? []))
    peers.delete(step)
    if (peers.size > 0) causes.set(step, [...peers].sort(byEnd))
  }
  return causes
}

/** Units come after those around them, so one pass tells them: asking each for all its parents is quadratic in a deep trace. */
const outermostOf = (units: readonly Unit[]): Unit[] => {
  const inside = new Set<Unit>()
  for (const unit of units) if (unit.parent && (unit.parent.kind === 'step' || inside.has(unit.parent))) inside.add(unit)
  return units.filter((unit) => unit.kind === 'step' && !inside.has(unit))
}

export const factsOf = (run: Unit, disabled: ReadonlySet<string> = new Set(), evaluations: readonly Unit[] = []): RunFacts => {
  const units = unitsBelow(run)
  const steps = units.filter((unit) => unit.kind === 'step')
  const { declared, declaredBy } = declaredIn([run, ...units])
  const received = receiptsOf(steps, declared)
  const before = [run, ...units].flatMap((unit) => predecessorsAmong(unit.children.filter((child) => child.kind === 'step')))
  return {
    run,
    units,
    steps,
    outermost: outermostOf(units).sort(byStart),
    checks: [...units.filter((unit) => unit.type === 'check'), ...evaluations].sort(byEnd),
    evaluations,
    declaredBy,
    received,
    unreceived: unreceivedOf(declared.values(), received, steps),
    predecessors: new Map(before.map(({ step, last }) => [step, last])),
    causes: causesOf(steps),
    joined: new Map(before.filter(({ joined }) => joined.length > 0).map(({ step, joined }) => [step, joined])),
    disabled,
  }
}
