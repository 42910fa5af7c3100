// One node of a LangGraph run as a step: its attempts, its pauses, and the control it passes on.
import { type Context, context, type HrTime } from '@opentelemetry/api'
import { hrTimeDuration, hrTimeToMilliseconds } from '@opentelemetry/core'
import { type Layer, SEAMTRACE } from '@seamtrace/schema/words'
import { endingOf } from '../failure.ts'
import type { Handoff } from '../handoff.ts'
import { attemptSpec } from '../retry.ts'
import { safely } from '../safe.ts'
import { watchCalls } from '../seen-calls.ts'
import { finishStep, recordOutput, stepSpec } from '../step.ts'
import { annotate, endUnit, markThrown, openUnit, type Unit, whenRecording } from '../unit.ts'
import { recordRefusedCalls } from './langchain-refused.ts'
import { goalsOf, isCommand, passControl } from './langgraph-handoffs.ts'
import { listen, predecessorsOf, type Trail } from './langgraph-predecessors.ts'
import { isGraphCommand } from './langgraph-signals.ts'
import { changesOf } from './langgraph-state.ts'
import { type RunTask, withTasks } from './langgraph-tasks.ts'

/** What LangGraph passes to a node, as far as it is read here. */
export interface NodeConfig {
  configurable?: Record<string, unknown>
  metadata?: Record<string, unknown>
  executionInfo?: { nodeAttempt?: number }
  signal?: AbortSignal
  callbacks?: unknown
}

export interface NodeFacts {
  readonly name: string
  /** most attempts; absent when the node has no retry policy */
  readonly maxAttempts: number | undefined
  /** a node of the graph itself, not of a graph inside it */
  readonly outermost: boolean
  /** the channels of the node's graph */
  readonly channels: Readonly<Record<string, unknown>> | undefined
}

/** What the nodes of one execution of a graph share. */
export interface GraphRun {
  readonly context: Context
  readonly needs: Readonly<Record<string, readonly string[]>>
  readonly layers: Readonly<Record<string, Layer>>
  /** handoffs on their way, by the name of their receiver */
  readonly tickets: Map<string, Handoff[]>
  /** steps whose last attempt failed and may be tried again, by task */
  readonly pending: Map<string, PendingStep>
  /** what started nodes so far; absent once something wrote unseen */
  trail: Trail | undefined
  paused: boolean
}

interface PendingStep {
  readonly unit: Unit
  readonly error: unknown
  readonly failedAt: HrTime
}

/** Runs one attempt of a node inside its step; the body sees the innermost span as the active one. */
export async function runNode(
  run: GraphRun,
  facts: NodeFacts,
  input: unknown,
  config: NodeConfig,
  body: (config: NodeConfig) => Promise<unknown>,
): Promise<unknown> {
  const task = String(config.configurable?.checkpoint_ns ?? facts.name)
  const earlier = run.pending.get(task)
  run.pending.delete(task)
  const parent = facts.outermost ? run.context : context.active()
  const step = earlier?.unit ?? openUnit(stepSpec(facts.name, stepOptions(run, facts.name, input)), parent)
  if (earlier === undefined) annotate(step, () => ({ [SEAMTRACE.stepPredecessors]: predecessorsOf(run, facts, config) }))
  const attempt = facts.maxAttempts === undefined ? undefined : openAttempt(facts, config, step, earlier)
  const heard = safely(() => (step.span.isRecording() ? listen(run, facts, config) : undefined))
  const tasks = taskRunner(run, config.signal)
  const inside = watchCalls((attempt ?? step).context)
  try {
    const value = await context.with(inside, () => body(safely(() => withTasks(heard?.config ?? config, tasks.run)) ?? config))
    safely(() => recordRefusedCalls(inside, input, value))
    safely(() => heard?.keep())
    safely(() => passControl(run.tickets, facts, step, goalsOf(value)))
    whenRecording(step, () => recordOutput(step, isCommand(value) ? value.update : value))
    annotate(step, () => changesOf(input, value))
    closeStep(facts.name, step, attempt)
    return value
  } catch (error) {
    safely(() => nodeThrew({ run, facts, task, step, attempt, config }, tasks.causeOf(error)))
    throw error
  }
}

/** When a task fails, LangGraph aborts the node that called it: what the node failed by is the error of the task. */
function taskRunner(run: GraphRun, signal: AbortSignal | undefined): { run: RunTask; causeOf: (error: unknown) => unknown } {
  let failed: { error: unknown } | undefined
  const runTask: RunTask = async (...task) => {
    try {
      const value = await runNode(run, ...task)
      failed = undefined
      return value
    } catch (error) {
      failed = { error }
      throw error
    }
  }
  return { run: runTask, causeOf: (error) => (failed !== undefined && endingOf(error, signal) === 'cancelled' ? failed.error : error) }
}

const stepOptions = (run: GraphRun, name: string, input: unknown) => ({
  input,
  needs: run.needs[name],
  layer: run.layers[name],
  handoff: run.tickets.get(name)?.shift(),
})

function openAttempt(facts: NodeFacts, config: NodeConfig, step: Unit, earlier: PendingStep | undefined): Unit {
  const delayMs = earlier === undefined ? 0 : Math.round(hrTimeToMilliseconds(hrTimeDuration(earlier.failedAt, step.clock())))
  return openUnit(attemptSpec(facts.name, { number: attemptNumber(config), max: facts.maxAttempts, delayMs }), step.context)
}

function closeStep(name: string, step: Unit, attempt: Unit | undefined): void {
  if (attempt !== undefined) endUnit(attempt)
  safely(() => finishStep(name, step))
  endUnit(step)
}

interface Thrown {
  run: GraphRun
  facts: NodeFacts
  task: string
  step: Unit
  attempt: Unit | undefined
  config: NodeConfig
}

function nodeThrew({ run, facts, task, step, attempt, config }: Thrown, error: unknown): void {
  // The signal is also aborted when another branch of the same superstep fails.
  const { signal } = config
  if (attempt !== undefined) markThrown(attempt, error, signal)
  // Only the level whose graph the command addresses passes control; the levels below merely let it through.
  if (isGraphCommand(error) && isCommand(error.command) && error.command.graph === config.configurable?.checkpoint_ns) {
    passControl(run.tickets, facts, step, goalsOf(error.command))
    // LangGraph writes for this node after it threw.
    if (facts.outermost) run.trail = undefined
  }
  if (attempt !== undefined && mayTryAgain(facts, config, error)) {
    // LangGraph alone decides whether it does: the step stays open until the next attempt or the end of the run.
    endUnit(attempt)
    run.pending.set(task, { unit: step, error, failedAt: step.clock() })
    return
  }
  if (markThrown(step, error, signal) === 'waiting' && facts.outermost) run.paused = true
  closeStep(facts.name, step, attempt)
}

const mayTryAgain = (facts: NodeFacts, config: NodeConfig, error: unknown): boolean =>
  attemptNumber(config) < (facts.maxAttempts ?? 1) && !(error instanceof Error && 'is_bubble_up' in error)

const attemptNumber = (config: NodeConfig): number => config.executionInfo?.nodeAttempt ?? 1

/** Ends the steps that were not tried again, at the time their last attempt failed. */
export function closePending(run: GraphRun): void {
  for (const { unit, error, failedAt } of run.pending.values()) {
    markThrown(unit, error)
    endUnit(unit, failedAt)
  }
  run.pending.clear()
}

export const markPaused = (unit: Unit): void => annotate(unit, () => ({ [SEAMTRACE.outcome]: 'waiting' }))
