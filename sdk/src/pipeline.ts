// One execution of a pipeline: the root span of a run, and what its children inherit.
import type { Attributes, Link, Span } from '@opentelemetry/api'
import { OTEL, SEAMTRACE } from '@seamtrace/schema/words'
import { isInterruptedResult } from './adapters/langgraph-signals.ts'
import { optionsAndBody } from './arguments.ts'
import { contentAttribute, nameOf, textOf } from './redact.ts'
import { safely } from './safe.ts'
import { type Run, type Scope, scopeOf } from './scope.ts'
import { inputAttributes, step } from './step.ts'
import { annotate, runUnit, type Unit, type UnitSpec } from './unit.ts'

export interface PipelineOptions {
  /** version of the pipeline, the unit that rates are compared by */
  version?: string
  /** id of the run when the program has one, e.g. to resume it elsewhere; default `<traceId>-<spanId>` */
  runId?: string
  /** conversation or thread that the run belongs to */
  session?: string
  user?: string
  /** id of the run which this one does again as a whole */
  retryOf?: string
  /** recorded as key names, size and digest */
  input?: unknown
  /** the caller's abort signal: an AbortError after it is a cancelled run, not a failed one */
  signal?: AbortSignal
  /** spans in other traces that this run continues */
  links?: Link[]
}

/** What a pipeline function may say about its run. */
export interface RunHandle {
  readonly runId: string
  /** the function returns, but the run goes on later (approval, job) */
  wait(): void
  /** the run was given up on purpose */
  cancel(): void
}

/**
 * Runs `fn` as one run of the pipeline `name`. Its value or promise comes back unchanged, its error is thrown unchanged.
 * Inside another pipeline it is a step of that one. A thrown {@link Waiting}, or a LangGraph result with open interrupts, is a
 * run that waits.
 * @example
 * const answer = await pipeline('support-refund', { session: ticket.id }, async () => {
 *   const kind = await step('classify', { input: ticket }, classify)
 *   return step('respond', { input: { kind } }, respond)
 * })
 */
export function pipeline<T>(name: string, options: PipelineOptions | undefined, fn: (run: RunHandle) => T): T
/** The same without options. */
export function pipeline<T>(name: string, fn: (run: RunHandle) => T): T
export function pipeline<T>(given: string, first: PipelineOptions | Body<T> | undefined, second?: Body<T>): T {
  const name = nameOf(given)
  const [options, fn] = optionsAndBody<PipelineOptions, Body<T>>(first, second)
  const outer = scopeOf().run
  if (outer !== undefined) {
    const input = safely(() => options.input)
    return step(name, input === undefined ? {} : { input }, () => fn(handleOf(outer.id, undefined)))
  }
  return runUnit(
    pipelineSpec(name, options),
    (unit) => fn(handleOf(scopeOf(unit.context).run?.id ?? safely(() => runIdOf(options)) ?? '', unit)),
    markResult,
  )
}

type Body<T> = (run: RunHandle) => T

export const pipelineSpec = (name: string, options: PipelineOptions): UnitSpec => ({
  kind: 'pipeline',
  name: `pipeline ${name}`,
  attributes: () => rootAttributes(name, options),
  details: () => (options.input === undefined ? {} : inputAttributes(options.input)),
  links: () => options.links ?? [],
  scope: (span) => rootScope(name, options, span),
})

const runIdOf = ({ runId }: PipelineOptions): string | undefined => (runId == null ? undefined : textOf(runId))

export function rootScope(name: string, options: PipelineOptions, span: Span): Scope {
  const { traceId, spanId } = span.spanContext()
  const runId = safely(() => runIdOf(options))
  const run: Run = {
    pipeline: name,
    id: runId ?? `${traceId}-${spanId}`,
    explicitId: runId !== undefined,
    traceId,
    root: span.spanContext(),
    signal: safely(() => options.signal),
  }
  return { run }
}

const rootAttributes = (name: string, options: PipelineOptions): Attributes => ({
  [SEAMTRACE.schemaVersion]: '1',
  [SEAMTRACE.pipelineName]: name,
  [SEAMTRACE.pipelineVersion]: options.version,
  [SEAMTRACE.runId]: runIdOf(options),
  [SEAMTRACE.runRetryOf]: options.retryOf,
  [OTEL.sessionId]: options.session,
  [OTEL.userId]: options.user,
})

/** Marks a run whose result says that it only paused. */
export function markResult(unit: Unit, value: unknown): void {
  if (isInterruptedResult(value)) unit.span.setAttribute(SEAMTRACE.outcome, 'waiting')
  unit.span.setAttributes(contentAttribute(SEAMTRACE.output, value))
}

function handleOf(runId: string, unit: Unit | undefined): RunHandle {
  const mark = (outcome: 'waiting' | 'cancelled'): void => {
    if (unit !== undefined) annotate(unit, () => ({ [SEAMTRACE.outcome]: outcome }))
  }
  return { runId, wait: () => mark('waiting'), cancel: () => mark('cancelled') }
}
