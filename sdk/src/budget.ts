// What a run may spend: steps, tokens, money, time. Beyond it, it is warned of or stopped.
import { context, trace } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE, SEAMTRACE_EVENTS } from '@seamtrace/schema/words'
import { optionsOf } from './arguments.ts'
import { BudgetExceeded } from './failure.ts'
import { isRecord } from './payload.ts'
import { safely } from './safe.ts'
import { scopeOf, withScope } from './scope.ts'
import type { Unit } from './unit.ts'
import { warnOnce } from './warn.ts'

export interface BudgetLimits {
  /** steps that may begin */
  steps?: number
  /** input and output tokens together */
  tokens?: number
  /** US dollars, as they are told by `spend`: the SDK knows no prices */
  costUsd?: number
  /** milliseconds since the budget began */
  timeMs?: number
  /** `warn` (default) tells once and goes on; `stop` refuses the next step, call or attempt with {@link BudgetExceeded} */
  onExceeded?: 'warn' | 'stop'
}

export interface Spent {
  steps?: number
  tokens?: number
  costUsd?: number
}

export interface Budget {
  /** what was spent so far; `timeMs` in milliseconds since it began */
  readonly used: Readonly<Required<Spent> & { timeMs: number }>
  /** aborted when the budget is exceeded and `stop` was asked for: pass it on to work that should not go on */
  readonly signal: AbortSignal
}

export interface BudgetState {
  readonly limits: BudgetLimits
  readonly used: Required<Spent>
  readonly beganMs: number
  readonly controller: AbortController
  readonly outer: BudgetState | undefined
  exceeded?: BudgetExceeded
}

/**
 * Runs `fn` with a limit of what its steps, models and tools may spend; budgets nest, and what is spent counts in each. Steps are counted
 * by themselves, tokens of models that an adapter sees too; the rest is told by {@link spend}. Work that has begun is never broken off:
 * with `stop` the next step, tool or attempt throws {@link BudgetExceeded}, which the run fails with as `step_budget` (steps),
 * `cost_budget` (tokens, money) or `deadline` (time).
 * @example
 * await budget({ steps: 20, tokens: 50_000, timeMs: 60_000, onExceeded: 'stop' }, ({ signal }) => agentLoop(task, { signal }))
 */
export function budget<T>(limits: BudgetLimits, fn: (budget: Budget) => T): T {
  const at = context.active()
  const outer = scopeOf(at)
  const state: BudgetState = {
    limits: safely(() => ({ ...optionsOf<BudgetLimits>(limits) })) ?? {},
    used: { steps: 0, tokens: 0, costUsd: 0 },
    beganMs: performance.now(),
    controller: new AbortController(),
    outer: outer.budget,
  }
  const handle: Budget = {
    get used() {
      return { ...state.used, timeMs: performance.now() - state.beganMs }
    },
    signal: state.controller.signal,
  }
  return context.with(withScope(at, { ...outer, budget: state }), () => fn(handle))
}

/**
 * Tells the budgets around what was spent, where no adapter sees it. Never throws: a budget that is exceeded stops the next step.
 * @example spend({ tokens: reply.usage.total_tokens, costUsd: 0.0021 })
 */
export function spend(spent: Spent): void {
  safely(() => countSpent(scopeOf().budget, optionsOf<Spent>(spent)))
}

export function countSpent(innermost: BudgetState | undefined, spent: Spent): void {
  for (let state = innermost; state !== undefined; state = state.outer) {
    for (const key of ['steps', 'tokens', 'costUsd'] as const) {
      const more = spent[key]
      if (typeof more === 'number' && more > 0 && Number.isFinite(more)) state.used[key] += more
    }
    judge(state)
  }
}

/** The error of the outermost budget that is exceeded and stops; all of them are judged, since time goes by without being told. */
export function stopOf(innermost: BudgetState | undefined): BudgetExceeded | undefined {
  let stop: BudgetExceeded | undefined
  for (let state = innermost; state !== undefined; state = state.outer) {
    judge(state)
    if (state.exceeded !== undefined && state.limits.onExceeded === 'stop') stop = state.exceeded
  }
  return stop
}

const KINDS = { steps: 'step_budget', tokens: 'cost_budget', costUsd: 'cost_budget', timeMs: 'deadline' } as const

function judge(state: BudgetState): void {
  if (state.exceeded !== undefined) return
  const used = { ...state.used, timeMs: Math.round(performance.now() - state.beganMs) }
  for (const key of ['steps', 'tokens', 'costUsd', 'timeMs'] as const) {
    const limit = state.limits[key]
    if (typeof limit !== 'number' || !(used[key] > limit)) continue
    state.exceeded = new BudgetExceeded(KINDS[key], `budget exceeded: ${used[key]} of ${limit} ${key}`)
    tell(state, key, limit, used[key])
    return
  }
}

function tell({ limits, controller, exceeded }: BudgetState, key: string, limit: number, used: number): void {
  safely(() =>
    trace.getActiveSpan()?.addEvent(SEAMTRACE_EVENTS.budgetExceeded, {
      [SEAMTRACE.budgetOf]: key,
      [SEAMTRACE.budgetLimit]: limit,
      [SEAMTRACE.budgetUsed]: used,
    }),
  )
  if (limits.onExceeded === 'stop') controller.abort(exceeded)
  else warnOnce('budget-exceeded', exceeded?.message ?? 'budget exceeded')
}

/** What a model's span says that it used, when that ends. */
export function countModel(state: BudgetState, { span }: Unit): void {
  const { attributes } = span as { attributes?: unknown }
  if (!isRecord(attributes)) return
  const numberAt = (key: string): number => (typeof attributes[key] === 'number' ? attributes[key] : 0)
  countSpent(state, {
    tokens: numberAt(GEN_AI.inputTokens) + numberAt(GEN_AI.outputTokens),
    costUsd: numberAt(SEAMTRACE.costAmount),
  })
}
