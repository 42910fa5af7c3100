// Builds the unit tree of a run from its span tree: what is one operation, what an attempt of it, what a new visit.
import { attributeText, GEN_AI, type Layer, type LayerRule, type RecognizedSpan } from '@seamtrace/schema'
import { PLAIN_EMITTERS } from '../recognize/emitter-of.ts'
import { isTurn } from '../recognize/turns.ts'
import { asksAgain, attemptFrom, attemptsOf, isAfter, isInference, repeats, triedAgain } from './attempts.ts'
import { type Causes, causesIn } from './causes.ts'
import { addImplicitStep, isNoStep, liftOutOfContainers, markFailed } from './levels.ts'
import { planRetry, type RetryPlan, spanOfTry } from './retry-plan.ts'
import type { RunRoots } from './roots.ts'
import { isTransfer, type Targets, targetsOf, tookOver } from './transfers.ts'
import { bySpanStart, type Node, subtree } from './tree.ts'
import { callTypeOf, lastAttempt, stepOf, type Unit, type UnitAttempt, unitOutcome } from './unit.ts'

/** What the walk remembers, so that no unit has to look through its siblings. */
type Building = {
  latest: Map<Unit, Map<string, Unit>>
  lastStep: Map<Unit, Unit>
  visits: Map<string, number>
  /** units of the same name in the same place share a number: their names in a row would be as long as the trace is deep */
  places: Map<Unit, number>
  placeOfName: Map<string, number>
  /** by the span around it, what told of the same call again last */
  inner: Map<Node, RecognizedSpan>
  run: Unit
  targets: Targets
  causes: Causes
  /** of agents that are shown by their turns alone, the one whose turn was last, by what is around them */
  inCharge: Map<Unit, Unit>
  /** agents beside the one that let them take over, which may be the run itself */
  tookOver: Set<Unit>
}

/** Where the walk is: the innermost unit, the number of its attempt, and the try of a `retry` around calls, if any. */
type Place = { unit: Unit; attempt: number; tries: { plan: RetryPlan; unit: Unit | null; before: number; number: number } | null }

const inside = (unit: Unit, attempt = unit.attempts.length): Place => ({ unit, attempt, tries: null })

/** A waiting attempt that went on elsewhere is still one attempt. */
const resume = (unit: Unit, span: RecognizedSpan): void => {
  const attempt = lastAttempt(unit)
  unit.spans.push(span)
  attempt.spans.push(span)
  attempt.outcome = span.outcome
  attempt.end = span.endTimeUnixNano > attempt.end ? span.endTimeUnixNano : attempt.end
  attempt.errorType = span.errorType
  attempt.errorMessage = span.errorMessage
}

const waitsFor = (unit: Unit | undefined, span: RecognizedSpan): unit is Unit =>
  unit !== undefined && unitOutcome(unit) === 'waiting' && isAfter(span, lastAttempt(unit))

const keyOf = (kind: Unit['kind'], type: string, name: string): string => `${kind === 'step' ? kind : type}\u0000${name}`

/** A model or tool call lives in the layer of its step, unless it says otherwise itself. */
const layerFor = (parent: Unit, span: RecognizedSpan, type: Unit['type']): { layer: Layer; layerRule: LayerRule } => {
  const own = span.layerRule === 'explicit' || span.layerRule === 'project'
  const inherits = type === 'retry' || ((type === 'model' || type === 'tool') && !own)
  return inherits && parent.kind !== 'run'
    ? { layer: parent.layer, layerRule: 'inherited' }
    : { layer: span.layer, layerRule: span.layerRule }
}

const placeFor = ({ placeOfName }: Building, name: string): number => {
  const known = placeOfName.get(name)
  if (known !== undefined) return known
  const place = placeOfName.size + 1
  placeOfName.set(name, place)
  return place
}

type NewUnit = { kind: Unit['kind']; type: Unit['type']; name: string; attempts: UnitAttempt[]; span: RecognizedSpan }

const addUnit = (building: Building, { unit: parent }: Place, { kind, type, name, attempts, span }: NewUnit): Unit => {
  const key = keyOf(kind, type, name)
  const around = building.places.get(parent) ?? 0
  const ordinal = `${around} ${key}`
  const visit = (building.visits.get(ordinal) ?? 0) + 1
  building.visits.set(ordinal, visit)
  const layer = layerFor(parent, span, type)
  const unit: Unit = {
    kind,
    type,
    name,
    ...layer,
    agent: span.agent,
    visit,
    parent,
    children: [],
    attempts,
    spans: [span],
    handoffs: [],
    causes: [],
  }
  parent.children.push(unit)
  building.places.set(unit, placeFor(building, `${around} ${name}`))
  const latest = building.latest.get(parent) ?? new Map<string, Unit>()
  building.latest.set(parent, latest.set(key, unit))
  if (kind === 'step') building.lastStep.set(parent, unit)
  return unit
}

/**
 * The same call again: in a later try of what is around it, by its own ordinal, or after the failed one with the same input.
 * Overlapping calls are a fan-out.
 */
const continuesCall = (building: Building, known: Unit, place: Place, span: RecognizedSpan): boolean => {
  const last = lastAttempt(known)
  if (last.outcome !== 'failure' || !isAfter(span, last)) return false
  if (span.attempt > 1 || last.parentAttempt < place.attempt) return true
  if (place.tries && place.tries.number > 1 && last.start >= place.tries.plan.span.startTimeUnixNano) return true
  return asksAgain(known, span, building.lastStep.get(place.unit))
}

/** The same step again with no other step in between, after it failed. */
const continuesStep = (building: Building, known: Unit, place: Place, span: RecognizedSpan): boolean => {
  const last = lastAttempt(known)
  if (last.outcome !== 'failure' || !isAfter(span, last)) return false
  return span.attempt > 1 || last.parentAttempt < place.attempt || building.lastStep.get(place.unit) === known
}

const latestOf = (building: Building, place: Place, kind: Unit['kind'], type: string, name: string): Unit | undefined =>
  building.latest.get(place.unit)?.get(keyOf(kind, type, name))

const nextAttempts = (unit: Unit, span: RecognizedSpan, parentAttempt: number): void => {
  unit.spans.push(span)
  unit.attempts.push(...attemptsOf(span, parentAttempt))
}

const enterStep = (building: Building, place: Place, { span }: Node, type: 'step' | 'agent'): Place => {
  const name = (span.type === 'pipeline' && span.pipeline) || span.step || span.agent || span.name
  const known = latestOf(building, place, 'step', type, name)
  if (waitsFor(known, span)) resume(known, span)
  else if (known && continuesStep(building, known, place, span)) nextAttempts(known, span, place.attempt)
  else return inside(addUnit(building, place, { kind: 'step', type, name, attempts: attemptsOf(span, place.attempt), span }))
  if (known.agent === '') known.agent = span.agent
  return inside(known)
}

export const callName = (span: RecognizedSpan): string => {
  // the model that was asked for: an answer may name a snapshot of it, a refused call names none
  if (span.type === 'model' || span.type === 'embedding')
    return attributeText(span.attributes, GEN_AI.requestModel) || span.model || span.name
  return span.tool || span.name
}

/** A refused inference may be told without its model, by the name of its span: the next try says which it was. */
const rename = (building: Building, parent: Unit, unit: Unit, name: string): void => {
  const latest = building.latest.get(parent)
  latest?.delete(keyOf(unit.kind, unit.type, unit.name))
  latest?.set(keyOf(unit.kind, unit.type, name), unit)
  unit.name = name
}

/** The call that a span goes on with: one that waits, or one that failed and is tried again. */
const callBefore = (building: Building, place: Place, span: RecognizedSpan, name: string): Unit | undefined => {
  const known = latestOf(building, place, 'call', span.type, name)
  if (known && (waitsFor(known, span) || continuesCall(building, known, place, span))) return known
  const unnamed = isInference(span) && name !== span.name ? latestOf(building, place, 'call', span.type, span.name) : undefined
  if (!unnamed || !continuesCall(building, unnamed, place, span)) return undefined
  rename(building, place.unit, unnamed, name)
  return unnamed
}

const enterCall = (building: Building, place: Place, { span }: Node): Place => {
  const { tries } = place
  if (tries?.unit && tries.plan.call) return enterTriedCall(tries.unit, tries.before + tries.number, span)
  const name = callName(span)
  const known = callBefore(building, place, span, name)
  if (known) {
    if (waitsFor(known, span)) resume(known, span)
    else nextAttempts(known, span, place.attempt)
    return inside(known)
  }
  return inside(addUnit(building, place, { kind: 'call', type: span.type, name, attempts: attemptsOf(span, place.attempt), span }))
}

/**
 * Right inside a call, the same call as the layer below tells it: a client inside a framework, a protocol inside a tool. A tool that
 * its own emitter tells inside itself called itself.
 */
const isSameCall = ({ unit }: Place, { span, parent }: Node): boolean => {
  if (unit.kind !== 'call' || unit.type !== span.type || parent?.span.type !== span.type) return false
  if (isInference(span)) return true
  return callName(span) === callName(parent.span) && (span.type === 'retrieval' || span.emitter !== parent.span.emitter)
}

/** Told again it is a detail; told once more after it failed, another try of the call around; else a call of its own. */
const enterSameCall = (building: Building, place: Place, node: Node): Place => {
  const { unit } = place
  const { span, parent } = node as Node & { parent: Node }
  const before = building.inner.get(parent)
  if (before && !repeats(span, before)) return enterCall(building, place, node)
  building.inner.set(parent, span)
  unit.spans.push(span)
  if (unit.name === parent.span.name && unit.parent) rename(building, unit.parent, unit, callName(span))
  if (!before) return place
  triedAgain(unit, before, span)
  return inside(unit)
}

/**
 * A request inside a call is how that call works, and its failure is the call's. Of an inference, the same request again after a
 * failed one is another try, unless the inference tells the number itself.
 */
const enterRequest = (building: Building, place: Place, { span, parent }: Node): Place => {
  if (!parent || !isInference(parent.span) || !callTypeOf(span.type) || parent.span.resends > 0) return place
  const before = building.inner.get(parent)
  building.inner.set(parent, span)
  if (before?.name === span.name && repeats(span, before)) triedAgain(place.unit, before, span)
  return place
}

/** The one call inside a try: it is what was tried, and the try says whether that worked. */
const enterTriedCall = (unit: Unit, number: number, span: RecognizedSpan): Place => {
  const attempt = unit.attempts[number - 1]
  if (!attempt) return inside(unit)
  const own = attempt.outcome === 'failure' && span.outcome === 'success' ? spanOfTry(attempt, span) : span
  attempt.spans = [own]
  attempt.outcome = own.outcome
  attempt.errorType = own.errorType
  attempt.errorMessage = own.errorMessage
  unit.spans.push(own)
  return inside(unit, number)
}

/** Attempt spans right below a step are that step's attempts: the step span itself is the whole operation. */
const enterAttempt = (place: Place, { span, parent }: Node): Place => {
  const { tries, unit } = place
  if (parent?.span.type === 'retry' && tries) {
    const number = tries.plan.tries.indexOf(span) + 1
    const isUnit = tries.unit !== null
    return { unit: tries.unit ?? unit, attempt: isUnit ? tries.before + number : place.attempt, tries: { ...tries, number } }
  }
  if (unit.kind === 'run') return place
  const own = lastAttempt(unit)
  const around = own.parentAttempt
  if (own.spans.at(-1)?.spanId === parent?.span.spanId) unit.attempts.pop()
  unit.attempts.push(attemptFrom(span, around))
  unit.spans.push(span)
  return inside(unit)
}

/**
 * Tries of one call are attempts of that call. Tries of a piece of code are attempts of an inner operation where a try failed
 * without a unit in it that failed; otherwise the units inside tell the story themselves.
 */
const enterRetry = (building: Building, place: Place, node: Node): Place => {
  const plan = planRetry(node, callName)
  if (plan.tries.length === 0 || (!plan.call && !plan.isOpaque)) return { ...place, tries: { plan, unit: null, before: 0, number: 1 } }
  const kind = plan.call ? 'call' : 'step'
  const type = plan.call?.type ?? 'retry'
  const name = plan.call ? callName(plan.call) : plan.name
  const attempts = plan.tries.map((span) => {
    const attempt = attemptFrom(span, place.attempt)
    return plan.call ? { ...attempt, spans: [spanOfTry(attempt, { ...span, type })] } : attempt
  })
  const known = latestOf(building, place, kind, type, name)
  if (known && unitOutcome(known) === 'failure' && lastAttempt(known).parentAttempt < place.attempt) {
    const before = known.attempts.length
    known.attempts.push(...attempts)
    return { ...place, tries: { plan, unit: known, before, number: 1 } }
  }
  const unit = addUnit(building, place, { kind, type, name, attempts, span: plan.call ?? node.span })
  return { ...place, tries: { plan, unit, before: 0, number: 1 } }
}

/** An agent that took over runs inside the span of the one that gave way, but beside it. */
const enterTakenOver = (building: Building, around: Unit | null, node: Node): Place => {
  const parent = around?.parent ?? building.run
  const place = { unit: parent, attempt: around ? lastAttempt(around).parentAttempt : 1, tries: null }
  const inner = enterStep(building, place, node, 'agent')
  if (!around || building.tookOver.has(around)) building.tookOver.add(inner.unit)
  return inner
}

/** Agents only: what a pipeline declares itself hands on to its own steps. */
const isBesideLast = (around: Unit | null, { unit }: Place, { run }: Building, agent: string): boolean =>
  (around ?? run).spans[0]?.type === 'agent' && tookOver(unit, agent)

/** Turns of one agent in a row are one stretch in which it is in charge (model: a step), with the tools that it had called between. */
const enterTurn = (building: Building, place: Place, node: Node): Place => {
  const known = building.inCharge.get(place.unit)
  if (known?.name === node.span.agent && unitOutcome(known) === 'success') {
    resume(known, node.span)
    return inside(known)
  }
  const inner = enterStep(building, place, node, 'agent')
  building.inCharge.set(place.unit, inner.unit)
  return inner
}

const enter = (building: Building, around: Place, node: Node): Place => {
  const { type } = node.span
  if (isTurn(node.span)) return enterTurn(building, around, node)
  const charged = type === 'handoff' || callTypeOf(type) ? building.inCharge.get(around.unit) : undefined
  const place = charged ? inside(charged) : around
  if (type === 'step' && isNoStep(node)) return place
  if (type === 'step' || type === 'pipeline') return enterStep(building, place, node, 'step')
  if (type === 'agent') {
    const around = stepOf(place.unit)
    // inside a node the agent is how the node works; below another agent it is a step of its own
    if (around?.type !== 'step') {
      const beside = isBesideLast(around, place, building, node.span.agent)
      return beside ? enterTakenOver(building, around, node) : enterStep(building, place, node, 'agent')
    }
    if (around.agent === '') around.agent = node.span.agent
  }
  if (type === 'attempt') return enterAttempt(place, node)
  if (type === 'retry') return enterRetry(building, place, node)
  if (type === 'handoff') place.unit.handoffs.push(node.span)
  if (isTransfer(node.span, building.targets)) {
    place.unit.handoffs.push(node.span)
    return place
  }
  if (place.unit.kind === 'call' && PLAIN_EMITTERS.has(node.span.emitter)) return enterRequest(building, place, node)
  if (isSameCall(place, node)) return enterSameCall(building, place, node)
  return callTypeOf(type) ? enterCall(building, place, node) : place
}

const runUnit = (run: RunRoots): Unit => {
  const complete = run.roots.filter((root) => run.complete.has(root))
  const [first, ...others] = (complete.length > 0 ? complete : run.roots).map((root) => root.span) as [RecognizedSpan, ...RecognizedSpan[]]
  const unit: Unit = {
    kind: 'run',
    type: 'pipeline',
    name: run.pipeline,
    layer: first.layer,
    layerRule: first.layerRule,
    agent: first.agent,
    visit: 1,
    parent: null,
    children: [],
    attempts: [attemptFrom(first, 1)],
    spans: [first],
    handoffs: [],
    causes: [],
  }
  for (const span of others) resume(unit, span)
  const isOpen =
    unitOutcome(unit) === 'waiting' && run.roots.some((root) => !run.complete.has(root) && isAfter(root.span, lastAttempt(unit)))
  if (complete.length === 0 || isOpen) lastAttempt(unit).outcome = 'running'
  return unit
}

/** Builds the unit tree of one run. */
export const buildUnits = (run: RunRoots): Unit => {
  const unit = runUnit(run)
  const spans = run.roots.flatMap((root) => subtree(root).map(({ span }) => span))
  const building: Building = {
    latest: new Map(),
    lastStep: new Map(),
    visits: new Map(),
    places: new Map(),
    placeOfName: new Map(),
    inner: new Map(),
    run: unit,
    targets: targetsOf(spans),
    causes: causesIn(spans),
    inCharge: new Map(),
    tookOver: new Set(),
  }
  // a part whose root has not come has no root span: what stands at its top is already a step or call
  const top = run.roots
    // a root which is itself a call is the run, and the one call in it
    .flatMap((root) => (run.complete.has(root) && !callTypeOf(root.span.type) ? root.children : [root]))
    .sort((a, b) => bySpanStart(a.span, b.span))
  const open = top.toReversed().map((node) => ({ node, place: { unit, attempt: 1, tries: null } as Place }))
  for (let at = open.pop(); at; at = open.pop()) {
    const place = enter(building, at.place, at.node)
    building.causes.note(at.node, place.unit)
    for (let index = at.node.children.length - 1; index >= 0; index--) open.push({ node: at.node.children[index] as Node, place })
  }
  building.causes.settle(unit)
  liftOutOfContainers(unit)
  if (!unit.children.some((child) => child.kind === 'step' && !building.tookOver.has(child))) addImplicitStep(unit, building.tookOver)
  markFailed(unit)
  return unit
}
