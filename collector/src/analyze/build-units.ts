// Builds the unit tree of a run from its span tree: what is one operation, what an attempt of it, what a new visit.
import type { RecognizedSpan } from '@seamtrace/schema'
import { PLAIN_EMITTERS } from '../recognize/emitter-of.ts'
import { isTurn } from '../recognize/turns.ts'
import { attemptFrom, isAfter, mostHiddenIn, resume } from './attempts.ts'
import { type Building, inside, type Place } from './building.ts'
import { causesIn } from './causes.ts'
import { enterCall, enterRequest, enterSameCall, isSameCall } from './enter-call.ts'
import { enterAttempt, enterRetry } from './enter-retry.ts'
import { enterStep, enterTakenOver, enterTurn, isBesideLast } from './enter-step.ts'
import { addImplicitStep, isDenied, isNoStep, liftOutOfContainers, markFailed, markUnanswered, staysInCharge } from './levels.ts'
import { isVerdict, type RunRoots } from './roots.ts'
import { isTransfer, targetsOf } from './transfers.ts'
import { bySpanStart, type Node } from './tree.ts'
import { callTypeOf, lastAttempt, stepOf, type Unit, unitOutcome } from './unit.ts'

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
  if (isDenied(node)) return place
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
    step: null,
    outermost: null,
    causes: [],
  }
  for (const span of others) resume(unit, span)
  const isOpen =
    unitOutcome(unit) === 'waiting' &&
    run.roots.some((root) => !run.complete.has(root) && !isVerdict(root) && isAfter(root.span, lastAttempt(unit)))
  const goesOn = run.roots.findLast((root) => run.complete.has(root))
  const hasNotEnded = goesOn !== undefined && run.open.has(goesOn) && unitOutcome(unit) !== 'waiting'
  if (complete.length === 0 || isOpen || hasNotEnded) lastAttempt(unit).outcome = 'running'
  return unit
}

/**
 * Builds the unit tree of one run.
 * @param spans all of them
 */
export const buildUnits = (run: RunRoots, spans: readonly RecognizedSpan[]): Unit => {
  const unit = runUnit(run)
  const building: Building = {
    latest: new Map(),
    lastStep: new Map(),
    visits: new Map(),
    places: new Map(),
    placeOfName: new Map(),
    placeCount: 0,
    inner: new Map(),
    run: unit,
    mostHidden: mostHiddenIn(spans),
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
  const hasSteps = unit.children.some((child) => child.kind === 'step' && !building.tookOver.has(child))
  if (!hasSteps || staysInCharge(unit)) addImplicitStep(unit, building.tookOver)
  markFailed(unit)
  markUnanswered(unit)
  return unit
}
