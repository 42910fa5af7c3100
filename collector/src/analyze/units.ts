// Units of a run: its steps and calls as operations with their attempts, built from the span tree.
import { attributeText, type CallType, type Layer, type LayerRule, type Outcome, type RecognizedSpan, SEAMTRACE } from '@seamtrace/schema'
import type { RunRoots } from './roots.ts'
import type { Node } from './tree.ts'

/** One try. `spans` are its own span, or several when it waited and went on in another trace. */
export type UnitAttempt = {
  number: number
  spans: RecognizedSpan[]
  outcome: Outcome
  start: bigint
  end: bigint
  errorType: string
  errorMessage: string
  /** the enclosing unit's attempt in which it ran, 1-based */
  parentAttempt: number
}

export type UnitKind = 'run' | 'step' | 'call'

/** One operation: a step or call executed once, however many attempts it took. */
export type Unit = {
  kind: UnitKind
  /** the span type of a call (`state` for state stores), `step` or `pipeline` otherwise */
  type: RecognizedSpan['type']
  name: string
  layer: Layer
  layerRule: LayerRule
  agent: string
  visit: number
  parent: Unit | null
  children: Unit[]
  attempts: UnitAttempt[]
  /** the operation's own spans, those of its attempts too */
  spans: RecognizedSpan[]
  /** handoffs declared while it was the innermost unit */
  handoffs: RecognizedSpan[]
}

const STEP_NAME_CALLS: Partial<Record<RecognizedSpan['type'], CallType>> = {
  model: 'model',
  tool: 'tool',
  retrieval: 'retrieval',
  embedding: 'embedding',
  memory: 'memory',
  state: 'memory',
  check: 'check',
  human: 'human',
}

/** The call type under which a span type is shown; undefined when it is no call. */
export const callTypeOf = (type: RecognizedSpan['type']): CallType | undefined => STEP_NAME_CALLS[type]

export const lastAttempt = (unit: Unit): UnitAttempt => unit.attempts.at(-1) as UnitAttempt
export const firstAttempt = (unit: Unit): UnitAttempt => unit.attempts[0] as UnitAttempt
export const unitOutcome = (unit: Unit): Outcome => lastAttempt(unit).outcome
export const hasFailed = (unit: Unit): boolean => unitOutcome(unit) === 'failure'
export const wasRetried = (unit: Unit): boolean => unitOutcome(unit) === 'success' && unit.attempts.some((a) => a.outcome === 'failure')
export const startOf = (unit: Unit): bigint => firstAttempt(unit).start
export const endOf = (unit: Unit): bigint => lastAttempt(unit).end
export const spanOf = (unit: Unit): RecognizedSpan => lastAttempt(unit).spans.at(-1) as RecognizedSpan

/** The step a unit runs in (itself when it is one); null at the level of the run. */
export const stepOf = (unit: Unit): Unit | null => {
  for (let at: Unit | null = unit; at; at = at.parent) if (at.kind === 'step') return at
  return null
}

/** The outermost step around a unit; null at the level of the run. */
export const outermostStepOf = (unit: Unit): Unit | null => {
  let found: Unit | null = null
  for (let at: Unit | null = unit; at; at = at.parent) if (at.kind === 'step') found = at
  return found
}

/** Every unit below, in order of start, without the unit itself. */
export const unitsBelow = (unit: Unit): Unit[] => {
  const found: Unit[] = []
  const open = unit.children.toReversed()
  for (let at = open.pop(); at; at = open.pop()) {
    found.push(at)
    open.push(...at.children.toReversed())
  }
  return found
}

const attemptFrom = (span: RecognizedSpan, number: number, parentAttempt: number): UnitAttempt => ({
  number,
  spans: [span],
  outcome: span.outcome,
  start: span.startTimeUnixNano,
  end: span.endTimeUnixNano,
  errorType: span.errorType,
  errorMessage: span.errorMessage,
  parentAttempt,
})

/** Tries that an HTTP client made inside one span (`http.request.resend_count`): they all failed but the last. */
const attemptsOf = (span: RecognizedSpan, parentAttempt: number): UnitAttempt[] => {
  const hidden = Array.from({ length: span.resends }, (_, index) => ({
    ...attemptFrom(span, index + 1, parentAttempt),
    outcome: 'failure' as const,
    end: span.startTimeUnixNano,
  }))
  return [...hidden, attemptFrom(span, span.resends + 1, parentAttempt)]
}

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

/** Where the walk is: the innermost unit and its attempt, and the try of the enclosing `retry`, if any. */
type Place = { unit: Unit; attempt: number; retry: { span: RecognizedSpan; number: number } | null }

/** Digest of a call's input, '' when the emitter tells none. */
export const inputDigestOf = (span: RecognizedSpan): string => attributeText(span.attributes, SEAMTRACE.callInputDigest)

/** The last operation of this name below the unit, if nothing but calls of other names came after it. */
const latestOf = (place: Place, type: RecognizedSpan['type'], name: string): Unit | undefined =>
  place.unit.children.findLast((child) => child.type === type && child.name === name)

const continuesCall = (known: Unit, place: Place, span: RecognizedSpan): boolean => {
  const last = lastAttempt(known)
  if (last.outcome !== 'failure') return false
  if (span.attempt > 1) return true
  if (place.retry && place.retry.number > 1) return last.start >= place.retry.span.startTimeUnixNano
  if (last.parentAttempt < place.attempt) return true
  return place.unit.children.at(-1) === known && inputDigestOf(spanOf(known)) === inputDigestOf(span)
}

const continuesStep = (known: Unit, place: Place, span: RecognizedSpan): boolean => {
  if (span.attempt > 1) return true
  const lastStep = place.unit.children.findLast((child) => child.kind === 'step')
  return lastStep === known && lastAttempt(known).outcome === 'failure'
}

const addUnit = (place: Place, span: RecognizedSpan, kind: UnitKind, name: string): Unit => {
  const visit = 1 + place.unit.children.filter((child) => child.kind === kind && child.type === span.type && child.name === name).length
  const unit: Unit = {
    kind,
    type: span.type,
    name,
    ...layerFor(place.unit, span, kind),
    agent: span.agent,
    visit,
    parent: place.unit,
    children: [],
    attempts: attemptsOf(span, place.attempt),
    spans: [span],
    handoffs: [],
  }
  place.unit.children.push(unit)
  return unit
}

/** A model or tool call lives in the layer of its step, unless it says otherwise itself. */
const layerFor = (parent: Unit, span: RecognizedSpan, kind: UnitKind): { layer: Layer; layerRule: LayerRule } => {
  const own = span.layerRule === 'explicit' || span.layerRule === 'project'
  const inherits = kind === 'call' && (span.type === 'model' || span.type === 'tool') && !own && parent.kind !== 'run'
  return inherits ? { layer: parent.layer, layerRule: 'inherited' } : { layer: span.layer, layerRule: span.layerRule }
}

const nextAttempt = (unit: Unit, span: RecognizedSpan, parentAttempt: number): void => {
  unit.spans.push(span)
  for (const attempt of attemptsOf(span, parentAttempt)) unit.attempts.push({ ...attempt, number: unit.attempts.length + 1 })
}

const enterStep = (place: Place, node: Node): Place => {
  const { span } = node
  const name = span.step || span.agent || span.name
  const known = latestOf(place, 'step', name)
  const asStep = { ...span, type: 'step' as const }
  if (known && lastAttempt(known).outcome === 'waiting') resume(known, span)
  else if (known && continuesStep(known, place, span)) nextAttempt(known, span, place.attempt)
  else return { unit: addUnit(place, asStep, 'step', name), attempt: 1, retry: null }
  if (known.agent === '') known.agent = span.agent
  return { unit: known, attempt: known.attempts.length, retry: null }
}

const enterCall = (place: Place, node: Node): Place => {
  const { span } = node
  const name = callName(span)
  const known = latestOf(place, span.type, name)
  if (known && lastAttempt(known).outcome === 'waiting') resume(known, span)
  else if (known && continuesCall(known, place, span)) nextAttempt(known, span, place.attempt)
  else return { unit: addUnit(place, span, 'call', name), attempt: 1, retry: null }
  return { unit: known, attempt: known.attempts.length, retry: null }
}

const callName = (span: RecognizedSpan): string => {
  if (span.type === 'model' || span.type === 'embedding') return span.model || span.name
  return span.tool || span.name
}

/** Attempt spans right below a step are that step's attempts: the step span itself is the whole operation. */
const enterAttempt = (place: Place, node: Node): Place => {
  const { span, parent } = node
  if (parent?.span.type === 'retry') return { ...place, retry: { span: parent.span, number: span.attempt || 1 } }
  if (place.unit.kind === 'run') return place
  const { unit } = place
  const own = unit.attempts.at(-1)
  if (own && own.spans.at(-1)?.spanId === parent?.span.spanId) unit.attempts.pop()
  unit.attempts.push(attemptFrom(span, unit.attempts.length + 1, place.attempt))
  unit.spans.push(span)
  return { unit, attempt: unit.attempts.length, retry: null }
}

/** Tries of a piece of code with no call in it are an inner step with attempts. */
const isBareRetry = (node: Node): boolean => {
  const open = [...node.children]
  for (let at = open.pop(); at; at = open.pop()) {
    if (callTypeOf(at.span.type) || at.span.type === 'step') return false
    open.push(...at.children)
  }
  return true
}

const enterBareRetry = (place: Place, node: Node): Place => {
  const name = attributeText(node.span.attributes, SEAMTRACE.retryName) || node.span.name
  const unit = addUnit(place, { ...node.span, type: 'step', layer: place.unit.layer, layerRule: 'inherited' }, 'step', name)
  unit.attempts = node.children
    .filter((child) => child.span.type === 'attempt')
    .map((child, index) => attemptFrom(child.span, index + 1, place.attempt))
  if (unit.attempts.length === 0) unit.attempts = [attemptFrom(node.span, 1, place.attempt)]
  return { unit, attempt: unit.attempts.length, retry: null }
}

const enter = (place: Place, node: Node): Place => {
  const { type } = node.span
  if (type === 'step' || type === 'pipeline') return enterStep(place, node)
  if (type === 'agent' && !stepOf(place.unit)) return enterStep(place, node)
  if (type === 'agent' && place.unit.agent === '') place.unit.agent = node.span.agent
  if (type === 'attempt') return enterAttempt(place, node)
  if (type === 'retry' && place.unit.kind !== 'run' && isBareRetry(node)) return enterBareRetry(place, node)
  if (type === 'handoff') place.unit.handoffs.push(node.span)
  return callTypeOf(type) ? enterCall(place, node) : place
}

/** Builds the unit tree of one run. */
export const buildUnits = (run: RunRoots): Unit => {
  const first = (run.roots[0] as Node).span
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
    attempts: [attemptFrom(first, 1, 1)],
    spans: [first],
    handoffs: [],
  }
  for (const root of run.roots.slice(1)) resume(unit, root.span)
  if (run.provisional) lastAttempt(unit).outcome = 'running'
  for (const root of run.roots) {
    const top: Place = { unit, attempt: 1, retry: null }
    // a provisional part has no root span: what stands at its top is already a step or call
    const isRoot = !run.provisional || root.span.type === 'pipeline' || root.span.type === 'other'
    const open: { node: Node; place: Place }[] = isRoot
      ? root.children.toReversed().map((node) => ({ node, place: top }))
      : [{ node: root, place: top }]
    for (let at = open.pop(); at; at = open.pop()) {
      const place = enter(at.place, at.node)
      for (const child of at.node.children.toReversed()) open.push({ node: child, place })
    }
  }
  return unit.children.some((child) => child.kind === 'step') ? unit : withImplicitStep(unit)
}

/** No agent and no node: one step named like the pipeline, in which all calls are made. */
const withImplicitStep = (run: Unit): Unit => {
  if (run.children.length === 0) return run
  const step: Unit = { ...run, kind: 'step', type: 'step', parent: run, attempts: [{ ...lastAttempt(run) }], handoffs: [] }
  for (const child of step.children) child.parent = step
  run.children = [step]
  return run
}
