// A unit of a run: a step or a call as one operation with its attempts. Types and what can be asked of a unit.
import {
  attributeText,
  type CallType,
  GEN_AI,
  type Layer,
  type LayerRule,
  type Outcome,
  type RecognizedSpan,
  SEAMTRACE,
} from '@seamtrace/schema'
import { latestStart } from './time.ts'
import { bySpanId } from './tree.ts'

/** One try. `spans` are its own span, or several when it waited and went on in another trace. */
export type UnitAttempt = {
  spans: RecognizedSpan[]
  outcome: Outcome
  start: bigint
  end: bigint
  errorType: string
  errorMessage: string
  /** the enclosing unit's attempt in which it ran, 1-based */
  parentAttempt: number
}

/** One operation: a step or call executed once, however many attempts it took. */
export type Unit = {
  kind: 'run' | 'step' | 'call'
  /**
   * Of a call, its span type. Of a step, where it comes from: `step`, `agent`, `retry` (tries of a piece of a step), `pipeline` (the
   * run itself, where nothing else is told).
   */
  type: RecognizedSpan['type']
  name: string
  layer: Layer
  layerRule: LayerRule
  agent: string
  /** 1 for the first time that the run comes to it */
  visit: number
  parent: Unit | null
  /** in order of start, unless they overlap */
  children: Unit[]
  attempts: UnitAttempt[]
  /** the operation's own spans, those of its attempts too */
  spans: RecognizedSpan[]
  /** handoffs declared while it was the innermost unit */
  handoffs: RecognizedSpan[]
  /** the step in which it is (itself when it is one), and the outermost around it; null at the level of the run (places.ts) */
  step: Unit | null
  outermost: Unit | null
  /** of a step, where the spans lie to which its own spans link: what made it begin */
  causes: Unit[]
}

const CALL_TYPE_OF_SPAN: Partial<Record<RecognizedSpan['type'], CallType>> = {
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
export const callTypeOf = (type: RecognizedSpan['type']): CallType | undefined => CALL_TYPE_OF_SPAN[type]

export const lastAttempt = (unit: Unit): UnitAttempt => unit.attempts.at(-1) as UnitAttempt
export const firstAttempt = (unit: Unit): UnitAttempt => unit.attempts[0] as UnitAttempt
export const unitOutcome = (unit: Unit): Outcome => lastAttempt(unit).outcome
export const hasFailed = (unit: Unit): boolean => unitOutcome(unit) === 'failure'
export const wasRetried = (unit: Unit): boolean => unitOutcome(unit) === 'success' && unit.attempts.some((a) => a.outcome === 'failure')
export const startOf = (unit: Unit): bigint => firstAttempt(unit).start
/** The latest moment at which it can have begun: what ended before that was before it. */
export const latestStartOf = (unit: Unit): bigint => latestStart(firstAttempt(unit).start, firstAttempt(unit).end)
export const endOf = (unit: Unit): bigint => lastAttempt(unit).end
// Instrumentations in one process read different clocks: that of our SDK goes up to 20 ms beside the default one of OpenTelemetry.
const CLOCKS_APART = 20_000_000n

/** It had begun when the other ended, as far as two clocks can tell. */
export const hadBegunBy = (unit: Unit, other: Unit): boolean => startOf(unit) <= endOf(other) + CLOCKS_APART
/** It had ended by then too. */
export const hadEndedBy = (unit: Unit, other: Unit): boolean => endOf(unit) <= endOf(other) + CLOCKS_APART

/** The span that tells how the operation ended. */
export const spanOf = (unit: Unit): RecognizedSpan => lastAttempt(unit).spans.at(-1) as RecognizedSpan

/** Failing units of the unit's attempt `attempt` (default: the last): those that can explain why it failed. */
export const failingIn = (unit: Unit, attempt: number = unit.attempts.length): Unit[] =>
  unit.children.filter((child) => hasFailed(child) && (unit.kind === 'run' || lastAttempt(child).parentAttempt === attempt))

/** The step a unit runs in (itself when it is one); null at the level of the run. Tries of a piece of a step are that step. */
export const stepOf = (unit: Unit): Unit | null => {
  let piece: Unit | null = null
  for (let at: Unit | null = unit; at; at = at.parent) {
    if (at.kind !== 'step') continue
    if (at.type !== 'retry') return at
    piece = at
  }
  return piece
}

/** Every unit below, parents before children, without the unit itself. */
export const unitsBelow = (unit: Unit): Unit[] => {
  const found: Unit[] = []
  const open = unit.children.toReversed()
  for (let at = open.pop(); at; at = open.pop()) {
    found.push(at)
    for (let index = at.children.length - 1; index >= 0; index--) open.push(at.children[index] as Unit)
  }
  return found
}

export const callName = (span: RecognizedSpan): string => {
  // the model that was asked for: an answer may name a snapshot of it, a refused call names none
  if (span.type === 'model' || span.type === 'embedding')
    return attributeText(span.attributes, GEN_AI.requestModel) || span.model || span.name
  return span.tool || span.name
}

/** Digest of a call's input, '' when the emitter tells none. */
export const inputDigestOf = (span: RecognizedSpan): string => attributeText(span.attributes, SEAMTRACE.callInputDigest)

/** Where emitters tell what a call was asked. */
export const INPUT_KEYS: readonly string[] = [
  'gen_ai.tool.call.arguments',
  'gen_ai.input.messages',
  'input.value',
  'traceloop.entity.input',
  'gen_ai.prompt',
  'ai.toolCall.args',
  'ai.prompt.messages',
  'gcp.vertex.agent.tool_call_args',
]

// The store gives the analysis what is short: arguments of tools, not prompts.
export const LONGEST_INPUT_BYTES = 500

/** What a call was asked, only to be compared; '' when it is not told, or too long to be kept at hand. */
export const inputOf = (span: RecognizedSpan): string => {
  const digest = inputDigestOf(span)
  if (digest !== '') return digest
  const key = attributeText(span.attributes, SEAMTRACE.stateKey)
  // reading a key of a store and writing it are two things
  if (key !== '') return `${attributeText(span.attributes, SEAMTRACE.stateOperation)} ${key}`
  for (const key of INPUT_KEYS) {
    const input = span.attributes.get(key)
    if (typeof input === 'string' && input !== '' && Buffer.byteLength(input) <= LONGEST_INPUT_BYTES) return input
  }
  return ''
}

/** Order of start, then of end, then of id: the same whatever order the spans came in. */
export const byStart = (a: Unit, b: Unit): number => {
  if (startOf(a) !== startOf(b)) return startOf(a) < startOf(b) ? -1 : 1
  return byEnd(a, b)
}

/** Order of end, then of span id. */
export const byEnd = (a: Unit, b: Unit): number => {
  if (endOf(a) !== endOf(b)) return endOf(a) < endOf(b) ? -1 : 1
  return bySpanId(spanOf(a), spanOf(b))
}
