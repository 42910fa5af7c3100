// Which level a step belongs to: what only lets others work is no step of its own, and what took over stands beside who gave way.
import { attributeText } from '@seamtrace/schema'
import { withFact } from '../recognize/emitter-of.ts'
import { EXECUTOR_TYPE } from './analyzed-keys.ts'
import type { Node } from './tree.ts'
import { byStart, endOf, hasFailed, lastAttempt, spanOf, startOf, type Unit, unitOutcome } from './unit.ts'

const SHOW_MODELS = withFact('shows models')
const SILENT_ROOTS = withFact('silent roots')
const REPEAT_GRAPHS = withFact('repeats graphs')
const END_WITH_AN_ANSWER = withFact('ends with an answer')
const DECIDE_BEFORE_TOOLS = withFact('decides before tools')

/**
 * An agent that did nothing but let other agents work, in a row, side by side or in a loop: the steps are theirs. One that failed
 * or waits by itself is kept, for something must say so.
 */
const onlyLetsOthersWork = (unit: Unit): boolean => {
  if (!SHOW_MODELS.has(spanOf(unit).emitter)) return false
  if (unit.kind !== 'step' || unit.type !== 'agent' || unit.attempts.length !== 1 || unit.handoffs.length > 0) return false
  if (unit.children.length === 0 || !unit.children.every(({ kind, type }) => kind === 'step' && type === 'agent')) return false
  const outcome = unitOutcome(unit)
  return outcome === 'success' || unit.children.some((child) => unitOutcome(child) === outcome)
}

/** What stands in for a unit at the level of its parent; in what try of the parent it ran is what its container tells. */
const standIns = (unit: Unit, parent: Unit): Unit[] => {
  const found: Unit[] = []
  const open = [{ unit, parentAttempt: 0 }]
  for (let at = open.pop(); at; at = open.pop()) {
    const { parentAttempt } = at
    if (onlyLetsOthersWork(at.unit)) {
      const around = parentAttempt || lastAttempt(at.unit).parentAttempt
      for (const child of at.unit.children) open.push({ unit: child, parentAttempt: around })
      continue
    }
    if (parentAttempt > 0) for (const attempt of at.unit.attempts) attempt.parentAttempt = parentAttempt
    at.unit.parent = parent
    found.push(at.unit)
  }
  return found
}

/** Takes away agents that only let others work, from the top down; every unit is looked at once. */
export const liftOutOfContainers = (run: Unit): void => {
  const open = [run]
  for (let at = open.pop(); at; at = open.pop()) {
    const parent = at
    if (at.children.some(onlyLetsOthersWork)) at.children = at.children.flatMap((child) => standIns(child, parent)).sort(byStart)
    for (const child of at.children) open.push(child)
  }
}

/** The root of a run may say nothing of its end ('silent roots'): then it failed where a step failed and nothing was begun after that. */
export const markFailed = (run: Unit): void => {
  const own = lastAttempt(run)
  const root = own.spans.at(-1)
  if (unitOutcome(run) !== 'success' || !root || !SILENT_ROOTS.has(root.emitter)) return
  const steps = run.children.filter(({ kind }) => kind === 'step')
  const begun = steps.reduce((latest, step) => (startOf(step) > latest ? startOf(step) : latest), 0n)
  const failed = steps.find((step) => hasFailed(step) && endOf(step) > begun)
  if (!failed) return
  const { errorType, errorMessage } = lastAttempt(failed)
  Object.assign(own, { outcome: 'failure', errorType, errorMessage })
}

/** Subagents of an agent that ends with an answer work inside its own step: they report to it. */
export const staysInCharge = (run: Unit): boolean => END_WITH_AN_ANSWER.has(spanOf(run).emitter) && run.spans[0]?.type === 'agent'

/** Such an agent failed where the inference that it began last failed: no answer came of it. */
export const markUnanswered = (run: Unit): void => {
  const root = lastAttempt(run).spans.at(-1)
  if (unitOutcome(run) !== 'success' || !root || !END_WITH_AN_ANSWER.has(root.emitter)) return
  const acting = run.children.find(({ type }) => type === 'pipeline') ?? run
  const last = acting.children.reduce<Unit | null>((latest, child) => (latest && startOf(latest) > startOf(child) ? latest : child), null)
  if (last?.type !== 'model' || !hasFailed(last)) return
  const { errorType, errorMessage } = lastAttempt(last)
  for (const unit of [run, acting]) Object.assign(lastAttempt(unit), { outcome: 'failure', errorType, errorMessage })
}

/** It was not allowed: it was not called. */
export const isDenied = ({ span, children }: Node): boolean =>
  span.type === 'tool' &&
  DECIDE_BEFORE_TOOLS.has(span.emitter) &&
  children.some((child) => child.span.verdict === 'rejected') &&
  !children.some((child) => child.span.type === 'attempt')

const isGraphOfNode = ({ span, parent }: Node): boolean =>
  parent?.span.type === 'step' && parent.span.name === span.name && parent.span.step === span.step && REPEAT_GRAPHS.has(span.emitter)

/** An executor that is given a message for its agent to know of, and does not ask it: no step of the workflow. */
const onlyTookNote = ({ span, children }: Node): boolean =>
  children.length === 0 && span.outcome === 'success' && attributeText(span.attributes, EXECUTOR_TYPE).endsWith('AgentExecutor')

/** A span of a step that tells of no step of its own. */
export const isNoStep = (node: Node): boolean => isGraphOfNode(node) || onlyTookNote(node)

/** No agent and no node: one step named like the pipeline, in which all calls are made. */
export const addImplicitStep = (run: Unit, beside: ReadonlySet<Unit>): void => {
  const children = run.children.filter((child) => !beside.has(child))
  const step: Unit = { ...run, kind: 'step', type: 'pipeline', parent: run, attempts: [{ ...lastAttempt(run) }], children }
  for (const child of children) child.parent = step
  // an agent to which control came back stands beside its own beginning
  for (const again of beside) if (again.name === step.name) again.visit++
  run.children = [step, ...run.children.filter((child) => beside.has(child))]
  run.handoffs = []
}
