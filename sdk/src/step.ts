// A step of a pipeline: what it received, what it needed, what it handed on, and how often it was tried.
import { type Attributes, context, propagation, trace } from '@opentelemetry/api'
import { GEN_AI, LAYERS, type Layer, SEAMTRACE } from '@seamtrace/schema/words'
import { optionsAndBody, textsOf } from './arguments.ts'
import { HandoffRejected } from './failure.ts'
import { type Handoff, handoffLink } from './handoff.ts'
import { describePayload, isRecord, missingKeys } from './payload.ts'
import { contentAttribute, nameOf, textOf } from './redact.ts'
import { type Attempt, type RetryPolicy, runAttempts } from './retry.ts'
import { safely } from './safe.ts'
import { scopeOf } from './scope.ts'
import { rememberIds } from './seen.ts'
import { runUnit, type Unit, type UnitSpec } from './unit.ts'
import { warnOnce } from './warn.ts'

export interface StepOptions<I> {
  /** where the step lives, when its name does not tell */
  layer?: Layer
  /** agent in charge */
  agent?: string
  /** paths that must hold a value in the input, e.g. `['order.id']`; what is missing is recorded, nothing is thrown */
  needs?: readonly string[]
  /** passed to the function; recorded as key names, size and digest */
  input?: I
  /** the handoff that this step receives; its payload is the input unless `input` is given */
  handoff?: Handoff<I>
  /** try the function again when it fails; the result is then always a promise */
  retry?: RetryPolicy
}

/**
 * Runs `fn` as the step `name` of the current run. Value, promise and error pass through unchanged; with `retry` every try is a
 * span of its own below the step.
 * @example
 * const plan = await step('plan', { layer: 'planning', input: { goal }, needs: ['goal'] }, ({ goal }) => makePlan(goal))
 */
export function step<T, I = unknown>(
  name: string,
  options: StepOptions<I> & { retry: RetryPolicy },
  fn: (input: I, attempt: Attempt) => T,
): Promise<Awaited<T>>
export function step<T, I = unknown>(name: string, options: (StepOptions<I> & { retry?: undefined }) | undefined, fn: (input: I) => T): T
/** The same without options. */
export function step<T>(name: string, fn: () => T): T
export function step<T, I>(given: string, first: StepOptions<I> | Body<T, I> | undefined, second?: Body<T, I>): T | Promise<Awaited<T>> {
  const name = nameOf(given)
  const [options, fn] = optionsAndBody<StepOptions<I>, Body<T, I>>(first, second)
  safely(noteOutside)
  const input = safely(() => inputOf(options))
  const retry = safely(() => options.retry) ?? undefined
  const spec = stepSpec(name, options)
  if (retry === undefined) {
    return runUnit(
      spec,
      () => fn(input as I, { number: 1, max: 1, signal: NEVER }),
      recordOutput,
      (unit, error) => finishStep(name, unit, error),
    )
  }
  const body = (): Promise<Awaited<T>> => runAttempts(name, retry, (attempt) => fn(input as I, attempt))
  return runUnit(spec, body, recordOutput, (unit, error) => finishStep(name, unit, error))
}

/** Below any span it may be a part of a framework's run. */
function noteOutside(): void {
  const at = context.active()
  if (scopeOf(at).run !== undefined || trace.getSpan(at) !== undefined || propagation.getBaggage(at) !== undefined) return
  warnOnce('outside-pipeline', 'a step runs outside of any pipeline: each such step is a run of its own')
}

type Body<T, I> = (input: I, attempt: Attempt) => T

const NEVER = new AbortController().signal

const inputOf = <I>(options: StepOptions<I>): I | undefined => ('input' in options ? options.input : options.handoff?.payload)

export function stepSpec<I>(name: string, options: StepOptions<I>): UnitSpec {
  return {
    kind: 'step',
    name: `step ${name}`,
    attributes: () => ({ [SEAMTRACE.stepName]: name, [SEAMTRACE.layer]: layerOf(options.layer), [GEN_AI.agentName]: options.agent }),
    details: () => received(options),
    links: () => handoffLink(options.handoff),
    scope: (_span, outer) => ({ ...outer, step: name }),
  }
}

/** A word that is no layer would hide the one that the name tells. */
function layerOf(layer: Layer | undefined): Layer | undefined {
  if (layer === undefined || LAYERS.includes(layer)) return layer
  warnOnce('unknown-layer', `cannot put a step in layer ${textOf(layer)}: it is one of ${LAYERS.join(', ')}`)
  return undefined
}

const wasReceived = rememberIds()

function noteReceived({ id, to }: Handoff<unknown>): void {
  if (wasReceived(id)) warnOnce('received-twice', `the handoff to ${to} was received again`)
}

function received<I>(options: StepOptions<I>): Attributes {
  const handoff = isRecord(options.handoff) ? options.handoff : undefined
  if (handoff !== undefined) noteReceived(handoff)
  const given = 'input' in options || handoff !== undefined
  const needs = textsOf(options.needs)
  return {
    ...(given ? inputAttributes(inputOf(options), [...needs, ...textsOf(handoff?.mustKeep)]) : {}),
    ...(needs.length === 0 ? {} : { [SEAMTRACE.stateNeeds]: needs }),
    ...(handoff === undefined ? {} : handoffAttributes(handoff)),
  }
}

const handoffAttributes = (handoff: Handoff<unknown>): Attributes => ({
  [SEAMTRACE.handoffId]: handoff.id,
  [SEAMTRACE.handoffFrom]: handoff.from,
  [SEAMTRACE.handoffTo]: handoff.to,
  [SEAMTRACE.handoffStatus]: 'delivered',
})

/** What a unit received: key names, size, digest, and which of the needed paths hold nothing. */
export const inputAttributes = (input: unknown, needs: readonly string[] = []): Attributes => safely(() => described(input, needs)) ?? {}

function described(input: unknown, needs: readonly string[]): Attributes {
  const { keys, size, digest } = describePayload(input)
  const missing = [...new Set(missingKeys(input, needs))]
  return {
    [SEAMTRACE.stateKeys]: keys,
    [SEAMTRACE.stateSize]: size,
    [SEAMTRACE.stateDigest]: digest,
    [SEAMTRACE.stateMissingKeys]: missing.length > 0 ? missing : undefined,
    ...contentAttribute(SEAMTRACE.input, input),
  }
}

/** What a step hands on; only objects, since a state is what the next step reads keys from. */
export function recordOutput(unit: Unit, value: unknown): void {
  unit.span.setAttributes(contentAttribute(SEAMTRACE.output, value))
  if (!isRecord(value)) return
  const { keys, size, digest } = describePayload(value)
  unit.span.setAttributes({ [SEAMTRACE.stateOutputKeys]: keys, [SEAMTRACE.stateOutputSize]: size, [SEAMTRACE.stateOutputDigest]: digest })
}

export function finishStep(name: string, unit: Unit, error?: unknown): void {
  const { run } = scopeOf(unit.context)
  if (run !== undefined) run.lastStep = name
  if (error instanceof HandoffRejected) unit.span.setAttribute(SEAMTRACE.handoffStatus, 'rejected')
}
