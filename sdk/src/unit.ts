// Runs one piece of the program inside one span: value, type and error pass through, the span tells what happened.
import {
  type Attributes,
  type Context,
  context,
  type HrTime,
  INVALID_SPAN_CONTEXT,
  type Link,
  type ProxyTracerProvider,
  type Span,
  SpanKind,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { SEAMTRACE, type SpanKindName } from '@seamtrace/schema/words'
import { runInBaggage, toldInBaggage } from './baggage.ts'
import { countModel, countSpent, stopOf } from './budget.ts'
import { type Clock, startClock } from './clock.ts'
import { BudgetExceeded, type Ending, endingOf, recordFailure } from './failure.ts'
import { keepOpen, release } from './left-open.ts'
import { safely } from './safe.ts'
import { inheritedAttributes, type Scope, scopeOf, withScope } from './scope.ts'
import { watchStream } from './stream.ts'

export interface UnitSpec {
  readonly kind: SpanKindName
  /** name of the span */
  readonly name: string
  /** known to the sampler; computed inside the guard, so that a throwing getter cannot reach the program */
  readonly attributes?: () => Attributes
  /** what takes time to describe (payloads): computed only when the span records, inside a guard of its own */
  readonly details?: () => Attributes
  readonly links?: () => Link[]
  /** of what is told after the fact; default now */
  readonly startTime?: HrTime
  readonly spanKind?: SpanKind
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

/** What is recorded of a unit, whether it runs in a callback or by hand. */
export interface Recorded {
  readonly spec: UnitSpec
  readonly onValue?: (unit: Unit, value: unknown) => void
  readonly onEnd?: (unit: Unit, error?: unknown) => void
}

const TRACER_NAME = '@seamtrace/sdk'
const TRACER_VERSION = '0.1.0'

/** Starts a span below `parent`. Always answers: when telemetry fails, with a span that records nothing. */
export function openUnit(spec: UnitSpec, parent: Context = context.active()): Unit {
  const opened = safely(() => start(spec, parent))
  if (opened !== undefined) return opened
  return { kind: spec.kind, span: trace.wrapSpanContext(INVALID_SPAN_CONTEXT), context: parent, clock: startClock() }
}

let known: { provider: TracerProvider; tracer: Tracer } | undefined

/** Asked for once a provider: looking it up costs a step 0.2 µs. */
function tracerOf({ tracer }: UnitSpec): Tracer {
  const proxy = trace.getTracerProvider()
  // what stands behind it changes when recording starts or stops
  const provider = 'getDelegate' in proxy ? (proxy as ProxyTracerProvider).getDelegate() : proxy
  if (tracer !== undefined) return provider.getTracer(tracer, TRACER_VERSION)
  if (known?.provider !== provider) known = { provider, tracer: provider.getTracer(TRACER_NAME, TRACER_VERSION) }
  return known.tracer
}

function start(spec: UnitSpec, parent: Context): Unit {
  const outer = scopeAround(spec, parent)
  const own = safely(() => spec.attributes?.())
  const links = safely(() => spec.links?.())
  const clock = outer.clock ?? startClock()
  const span = tracerOf(spec).startSpan(
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
  const told = safely(() => baggageOf(spec, parent, outer, scope)) ?? parent
  const unit: Unit = { kind: spec.kind, span, context: withScope(trace.setSpan(told, span), { ...scope, span, clock }), clock }
  if (outer.budget !== undefined && spec.kind === 'step') countSpent(outer.budget, { steps: 1 })
  const { details } = spec
  if (details !== undefined) annotate(unit, details)
  return unit
}

/** Outside a run of this process, that of the one which called. A pipeline begins a run of its own, whoever called. */
function scopeAround(spec: UnitSpec, parent: Context): Scope {
  const scope = scopeOf(parent)
  if (scope.run !== undefined || spec.kind === 'pipeline') return scope
  const remote = safely(() => runInBaggage(parent))
  return remote === undefined ? scope : { ...scope, step: scope.step ?? remote.step, run: remote.run }
}

const baggageOf = (spec: UnitSpec, parent: Context, outer: Scope, scope: Scope): Context =>
  scope.run !== undefined && (spec.kind === 'pipeline' || scope.step !== outer.step) ? toldInBaggage(parent, scope.run, scope.step) : parent

export const annotate = (unit: Unit, attributes: () => Attributes): void => whenRecording(unit, () => unit.span.setAttributes(attributes()))

/** Does telemetry work unless it would be for nothing: no provider, a run that is not sampled, a span that has ended. */
export const whenRecording = (unit: Unit, work: () => void): void => {
  safely(() => {
    if (unit.span.isRecording()) work()
  })
}

const listeners = new Set<(unit: Unit) => void>()

/** Tells of every unit that is about to end: adapters close what they hold open for it. */
export const onUnitEnd = (listener: (unit: Unit) => void): void => void listeners.add(listener)

export const endUnit = (unit: Unit, endTime?: HrTime): void => {
  for (const listener of listeners) safely(() => listener(unit))
  safely(() => {
    const { budget } = scopeOf(unit.context)
    if (budget !== undefined && unit.kind === 'model') countModel(budget, unit)
    unit.span.end(endTime ?? unit.clock())
  })
}

/**
 * Ends a unit that nobody ended: it neither succeeded nor failed. A pipeline is not ended: its run has no end, and is shown as unknown.
 */
export const giveUp = (unit: Unit): void => {
  if (unit.kind === 'pipeline') return
  annotate(unit, () => ({ [SEAMTRACE.outcome]: 'cancelled' }))
  endUnit(unit)
}

/** Writes down how a unit ended by throwing; it stays open. `signal` is the caller's, when it is not the run's. */
export function markThrown(unit: Unit, error: unknown, signal = scopeOf(unit.context).run?.signal): Ending {
  const ending = safely(() => endingOf(error, signal)) ?? 'failure'
  whenRecording(unit, () => {
    if (ending === 'failure') recordFailure(unit.span, error, unit.clock())
    if (error instanceof BudgetExceeded) unit.span.setAttribute(SEAMTRACE.failureKind, error.kind)
    // A run that was marked as waiting and then broke has failed: the attribute would win over the status.
    if (ending !== 'passed_on' && (ending !== 'failure' || unit.kind === 'pipeline')) unit.span.setAttribute(SEAMTRACE.outcome, ending)
  })
  return ending
}

/**
 * Runs `fn` inside a new span and ends it when the result is there. Synchronous functions stay synchronous.
 * The span of a stream (generator, async iterable, `ReadableStream`) ends when that is read to its end, given up or broken.
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
  const streamOf = (value: Awaited<T>, mayReplace: boolean): Awaited<T> | undefined => {
    const done = (): void => {
      release(unit)
      safely(() => onEnd?.(unit))
      endUnit(unit)
    }
    const failed = (error: unknown): void => {
      release(unit)
      fail(error)
    }
    const stream = watchStream(value, unit.context, { done, failed }, mayReplace)
    if (stream !== undefined) keepOpen(unit, { name: spec.name, giveUp: () => giveUp(unit) })
    return stream
  }
  const fail = (error: unknown): void => {
    markThrown(unit, error)
    safely(() => onEnd?.(unit, error))
    endUnit(unit)
  }
  let value: T
  try {
    const { budget } = scopeOf(unit.context)
    const stop = budget === undefined || !STOPPED.has(spec.kind) ? undefined : safely(() => stopOf(budget))
    if (stop !== undefined) throw stop
    value = context.with(unit.context, () => fn(unit))
  } catch (error) {
    fail(error)
    throw error
  }
  return whenSettled(value, succeed, fail, streamOf)
}

/** Units that a budget refuses when it is spent. */
const STOPPED: ReadonlySet<SpanKindName> = new Set(['step', 'tool', 'retrieval', 'agent', 'attempt', 'model', 'memory'])

/**
 * Watches a result without changing what the caller gets: values and subclasses of Promise come back as they are. A plain promise
 * is replaced by one that settles alike, so that an unhandled rejection stays unhandled.
 * @param streamOf the stream that stands for a result which comes bit by bit, and is neither a success nor a failure yet
 */
export function whenSettled<T>(
  value: T,
  succeed: (value: Awaited<T>) => void,
  fail: (error: unknown) => void,
  streamOf?: (value: Awaited<T>, mayReplace: boolean) => Awaited<T> | undefined,
): T {
  const settle = (result: Awaited<T>, mayReplace: boolean): Awaited<T> => {
    const stream = streamOf && safely(() => streamOf(result, mayReplace))
    if (stream === undefined) succeed(result)
    return stream ?? result
  }
  if (!safely(() => isThenable(value))) return settle(value as Awaited<T>, true)
  if (value instanceof Promise && value.constructor !== Promise) {
    value.then((result) => void settle(result as Awaited<T>, false), fail)
    return value
  }
  // A lazy thenable (a query builder) must be asked only once: it would run twice.
  const settled = Promise.resolve(value).then(
    (result) => settle(result as Awaited<T>, true),
    (error: unknown) => {
      fail(error)
      throw error
    },
  )
  return settled as T
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') && 'then' in value && typeof value.then === 'function'
