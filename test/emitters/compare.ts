// The truth of a capture against Seamtrace's answer, field by field.
import type { Call, Run } from '@seamtrace/schema'
import type { TrueCall, TrueRun, Truth } from './truth.ts'

export type Difference = { field: string; truth: unknown; answer: unknown }

/** What is compared of one run, the same from both sides. Lists whose order says nothing are sorted. */
type Told = Record<string, unknown>

const sorted = (list: readonly string[]): string[] => [...list].sort()
const attemptsOf = (list: readonly { name: string; attempts: number }[]): string[] =>
  sorted(list.filter(({ attempts }) => attempts > 1).map(({ name, attempts }) => `${name} ${attempts}`))
const namesOf = (list: readonly { type?: string; name: string; outcome: string }[]): string[] =>
  sorted(list.map(({ type, name, outcome }) => `${type ? `${type} ` : ''}${name} ${outcome}`))

const toldByTruth = (run: TrueRun, pipeline: string): Told => ({
  ...(run.pipeline !== null && { pipeline: run.pipeline }),
  outcome: run.outcome,
  recovered: run.recovered,
  ...(run.agents && { agents: sorted(run.agents) }),
  ...(run.steps && { steps: namesOf(run.steps), stepAttempts: attemptsOf(run.steps) }),
  calls: namesOf(run.calls),
  callAttempts: attemptsOf(run.calls),
  models: namesOf(run.models),
  modelAttempts: attemptsOf(run.models),
  handoffs: sorted(run.handoffs.map(({ from, to }) => `${from}→${to}`)),
  inputTokens: run.tokens.input,
  outputTokens: run.tokens.output,
  cachedInputTokens: run.tokens.cached,
  reasoningTokens: run.tokens.reasoning,
  seam: run.failure && `${run.failure.seamKind} ${run.failure.seam.replace('*', pipeline)}`,
  gap: run.failure?.gap ?? null,
  kind: run.failure?.kind ?? null,
  exhausted: run.failure?.exhausted ?? false,
})

const callOf = ({ type, name, model, attempts, outcome }: Call): TrueCall => ({
  type,
  name: type === 'model' ? model : name,
  attempts: attempts.length,
  outcome,
})

const stepsOf = (run: Run) =>
  run.steps
    .filter(({ parent }) => parent === '')
    .flatMap(({ name, operations }) => operations.map(({ attempts, outcome }) => ({ name, attempts: attempts.length, outcome })))

/** As of the steps, those between outermost ones, and between agents at any depth: not those inside a step. */
const handoffsOf = ({ steps, handoffs }: Run): string[] => {
  const known = new Set(steps.flatMap(({ name, agent, parent }) => (parent === '' ? [name, agent] : [agent])))
  const inside = new Set(steps.map(({ name }) => name).filter((name) => !known.has(name)))
  return sorted(
    handoffs
      .filter(({ kind, from, to }) => kind === 'handoff' && from !== 'start' && !inside.has(from) && !inside.has(to))
      .map(({ from, to }) => `${from}→${to}`),
  )
}

const toldByAnswer = (run: Run): Told => {
  const calls = run.calls.map(callOf)
  const models = calls.filter(({ type }) => type === 'model')
  const others = calls.filter(({ type }) => type !== 'model')
  const steps = stepsOf(run)
  const charged = run.attributedTo
  return {
    pipeline: run.pipeline,
    outcome: run.outcome,
    recovered: run.recovered,
    agents: sorted([...new Set(run.steps.map(({ agent }) => agent).filter((agent) => agent !== ''))]),
    steps: namesOf(steps),
    stepAttempts: attemptsOf(steps),
    calls: namesOf(others),
    callAttempts: attemptsOf(others),
    models: namesOf(models),
    modelAttempts: attemptsOf(models),
    handoffs: handoffsOf(run),
    inputTokens: run.inputTokens,
    outputTokens: run.outputTokens,
    cachedInputTokens: run.cachedInputTokens,
    reasoningTokens: run.reasoningTokens,
    seam: charged && `${charged.seamKind} ${charged.seam}`,
    gap: charged?.gap ?? null,
    kind: charged?.kind ?? null,
    exhausted: run.failures.some(({ exhausted, consequence, recovered }) => exhausted && !consequence && !recovered),
  }
}

const same = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right)

/** Every field of the truth that the answer tells otherwise. Runs are compared in order of start. */
export const differences = (truth: Truth, runs: readonly Run[]): Difference[] => {
  const counts = truth.runs.length === runs.length ? [] : [{ field: 'runs', truth: truth.runs.length, answer: runs.length }]
  const ofRuns = truth.runs.flatMap((trueRun, index) => {
    const run = runs[index]
    const answer: Told = run ? toldByAnswer(run) : {}
    return Object.entries(toldByTruth(trueRun, run?.pipeline ?? ''))
      .filter(([field, value]) => !same(value, answer[field]))
      .map(([field, value]) => ({ field: index === 0 ? field : `${field}#${index + 1}`, truth: value, answer: answer[field] }))
  })
  return [...counts, ...ofRuns]
}
