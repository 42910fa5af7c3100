// What travels in the OpenTelemetry context below a pipeline: its run, the current step, and the span that is open.
import { type Attributes, type Context, context, createContextKey, type Span, type SpanContext, trace } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import type { BudgetState } from './budget.ts'
import type { Clock } from './clock.ts'

/** One execution of a pipeline, shared by everything that runs below it. */
export interface Run {
  readonly pipeline: string
  readonly id: string
  /** false when the id is `<traceId>-<spanId>`, which the collector derives by itself */
  readonly explicitId: boolean
  readonly traceId: string
  /** its root span, where this process knows it */
  readonly root?: SpanContext | undefined
  /** aborts the run; an AbortError after that is a cancellation, not a failure */
  readonly signal?: AbortSignal | undefined
  /** name of the step that finished last: the default sender of a handoff */
  lastStep?: string
}

export interface Scope {
  readonly run?: Run
  readonly step?: string
  readonly span?: Span
  /** one for all spans of a run, so that they stay in order */
  readonly clock?: Clock
  /** the innermost budget, which knows those around it */
  readonly budget?: BudgetState
}

const SCOPE = createContextKey('seamtrace.scope')
const EMPTY: Scope = {}

export const scopeOf = (at: Context = context.active()): Scope => (at.getValue(SCOPE) as Scope | undefined) ?? EMPTY

export const withScope = (at: Context, scope: Scope): Context => at.setValue(SCOPE, scope)

/** The attributes that every span below a pipeline carries. */
export function inheritedAttributes(scope: Scope, parent: Context): Attributes {
  const { run, step } = scope
  if (run === undefined) return { [SEAMTRACE.stepName]: step }
  // In another trace nothing else tells to which run the span belongs.
  const elsewhere = trace.getSpanContext(parent)?.traceId !== run.traceId
  return {
    // a score knows only the id of the run
    [SEAMTRACE.pipelineName]: run.pipeline === '' ? undefined : run.pipeline,
    [SEAMTRACE.runId]: run.explicitId || elsewhere ? run.id : undefined,
    [SEAMTRACE.stepName]: step,
  }
}
