// Runs one piece of the program inside one span: value, type and error pass through, the span tells what happened.
import {
  type Attributes,
  type Context,
  context,
  type HrTime,
  INVALID_SPAN_CONTEXT,
  type Link,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api'
import { SEAMTRACE, type SpanKindName } from '@seamtrace/schema'
import { type Clock, startClock } from './clock.ts'
import { type Ending, endingOf, recordFailure } from './failure.ts'
import { safely } from './safe.ts'
import { inheritedAttributes, type Scope, scopeOf, withScope } from './scope.ts'

export interface UnitSpec {
  readonly kind: SpanKindName
  /** name of the span */
  readonly name: string
  /** known to the sampler; computed inside the guard, so that a throwing getter cannot reach the program */
  readonly attributes?: () => Attributes
  /** what takes time to describe (payloads): computed only when the span records, inside a guard of its own */
  readonly details?: () => Attributes
  readonly links?: () => Link[]
  readonly spanKind?: SpanKind
  /** when it began, if that is past; default now */
  readonly startTime?: HrTime
  /** the name of a tracer whose spans are told by a convention of their own, without our mark of their kind */
  readonly tracer?: string
  /** what spans below inherit; the surrounding scope when absent */
  readonly scope?: (span: Span, outer: Scope) => Scope
}

export interface Unit {
  readonly kind: SpanKindName
  readonly span: Span
  readonly context: Context
  readonly clock: Clock
}

const TRACER_NAME = '@seamtrace/sdk'
const TRACER_VERSION = '0.1.0'

/** Starts a span below `parent`. Always answers: when telemetry fails, with a span that records nothing. */
export function openUnit(spec: UnitSpec, parent: Context = context.active()): Unit {
  const opened = safely(() => start(spec, parent))
  if (opened !== undefined) return opened
  return { kind: spec.kind, span: trace.wrapSpanContext(INVALID_SPAN_CONTEXT), context: parent, clock: startClock() }
}

function start(spec: UnitSpec, parent: Context): Unit {
  const outer = scopeOf(parent)
  const own = safely(() => spec.attributes?.())
  const links = safely(() => spec.links?.())
  const clock = outer.clock ?? startClock()
  const span = trace.getTracer(spec.tracer ?? TRACER_NAME, TRACER_VERSION).startSpan(
    spec.name,
    {
      kind: spec.spanKind ?? SpanKind.INTERNAL,
      startTime: spec.startTime ?? clock(),
      links: Array.isArray(links) ? links : [],
      attributes: { ...(!spec.tracer && { [SEAMTRACE.spanKind]: spec.kind }), ...inheritedAttributes(outer, parent), ...own },
    },
    parent,
  )
  const scope = spec.scope?.(span, outer) ?? outer
  const unit: Unit = { kind: spec.kind, span, context: withScope(trace.setSpan(parent, span), { ...scope, span, clock }), clock }
  const { details } = spec
  if (details !== undefined) annotate(unit, details)
  return unit
}

export const annotate = (unit: Unit, attributes: () => Attributes): void => whenRecording(unit, () => unit.span.setAttributes(attributes()))

/** Does telemetry work unless it would be for nothing: no provider, a run that is not sampled, a span that has ended. */
export const whenRecording = (unit: Unit, work: () => void): void => {
  safely(() => {
    if (unit.span.isRecording()) work()
  })
}

export const endUnit = (unit: Unit, endTime?: HrTime): void => {
  safely(() => unit.span.end(endTime ?? unit.clock()))
}

/** Writes down how a unit ended by throwing; it stays open. `signal` is the caller's, when it is not the run's. */
export function markThrown(unit: Unit, error: unknown, signal = scopeOf(unit.context).run?.signal): Ending {
  const ending = safely(() => endingOf(error, signal)) ?? 'failure'
  whenRecording(unit, () => {
    if (ending === 'failure') recordFailure(unit.span, error, unit.clock())
    // A run that was marked as waiting and then broke has failed: the attribute would win over the status.
    if (ending !== 'passed_on' && (ending !== 'failure' || unit.kind === 'pipeline')) unit.span.setAttribute(SEAMTRACE.outcome, ending)
  })
  return ending
}

/**
 * Runs `fn` inside a new span and ends it when the result is there. Synchronous functions stay synchronous.
 * `onValue` may add attributes from the result when the span records, `onEnd` runs before the span ends however it went; both are
 * guarded.
 */
export function runUnit<T>(
  spec: UnitSpec,
  fn: (unit: Unit) => T,
  onValue?: (unit: Unit, value: Awaited<T>) => void,
  onEnd?: (unit: Unit, error?: unknown) => void,
): T {
  const unit = openUnit(spec)
  const succeed = (value: Awaited<T>): void => {
    whenRecording(unit, () => onValue?.(unit, value))
    safely(() => onEnd?.(unit))
    endUnit(unit)
  }
  const fail = (error: unknown): void => {
    markThrown(unit, error)
    safely(() => onEnd?.(unit, error))
    endUnit(unit)
  }
  let value: T
  try {
    value = context.with(unit.context, () => fn(unit))
  } catch (error) {
    fail(error)
    throw error
  }
  return whenSettled(value, succeed, fail)
}

/**
 * Watches a result without changing what the caller gets: values and subclasses of Promise come back as they are. A plain promise
 * is replaced by one that settles alike, so that an unhandled rejection stays unhandled.
 */
export function whenSettled<T>(value: T, succeed: (value: Awaited<T>) => void, fail: (error: unknown) => void): T {
  if (!safely(() => isThenable(value))) {
    succeed(value as Awaited<T>)
    return value
  }
  if (value instanceof Promise && value.constructor !== Promise) {
    value.then(succeed, fail)
    return value
  }
  // A lazy thenable (a query builder) must be asked only once: it would run twice.
  const settled = Promise.resolve(value).then(
    (result) => {
      succeed(result as Awaited<T>)
      return result
    },
    (error: unknown) => {
      fail(error)
      throw error
    },
  )
  return settled as T
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') && 'then' in value && typeof value.then === 'function'
