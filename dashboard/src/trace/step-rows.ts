// The steps of a run as rows: step, visits when there are several, attempts when there are several, and the calls inside. Pure.
import type { Attempt, Call, Layer, Outcome, Run, Step } from '@seamtrace/schema'

export type AttemptBar = {
  number: number
  outcome: Outcome
  startMs: number
  durationMs: number
  waitMs: number
  spanId: string
  errorType: string
}
export type StepRow = {
  key: string
  depth: number
  kind: 'step' | 'visit' | 'call' | 'attempt'
  name: string
  layer: Layer
  outcome: Outcome
  recovered: boolean
  spanId: string
  attempts: AttemptBar[]
  step: Step | null
  call: Call | null
}

type Clock = (time: string) => number

const barsOf = (attempts: readonly Attempt[], clock: Clock): AttemptBar[] =>
  attempts.map((attempt) => ({ ...attempt, startMs: clock(attempt.startTime) }))

/** One row per attempt, but only where there were several: a single one is said by the row above. */
const attemptRows = (owner: StepRow): StepRow[] =>
  owner.attempts.length < 2
    ? []
    : owner.attempts.map((attempt) => ({
        ...owner,
        key: `${owner.key}#${attempt.number}`,
        depth: owner.depth + 1,
        kind: 'attempt',
        name: `attempt ${attempt.number}`,
        outcome: attempt.outcome,
        recovered: false,
        spanId: attempt.spanId,
        attempts: [attempt],
      }))

const callRows = (calls: readonly Call[], layer: Layer, depth: number, key: string, clock: Clock): StepRow[] =>
  calls.flatMap((call, index) => {
    const attempts = barsOf(call.attempts, clock)
    const { name, outcome, recovered, spanId } = call
    const row: StepRow = {
      key: `${key}/${index}`,
      depth,
      kind: 'call',
      name,
      layer,
      outcome,
      recovered,
      spanId,
      attempts,
      step: null,
      call,
    }
    return [row, ...attemptRows(row)]
  })

const visitRows = (run: Run, step: Step, depth: number, clock: Clock): StepRow[] => {
  const several = step.operations.length > 1
  return step.operations.flatMap((operation): StepRow[] => {
    const attempts = barsOf(operation.attempts, clock)
    const row: StepRow = {
      key: `${step.parent}>${step.name}@${operation.visit}`,
      depth,
      kind: several && operation.visit > 1 ? 'visit' : 'step',
      name: several ? `${step.name} · visit ${operation.visit}` : step.name,
      layer: step.layer,
      outcome: operation.outcome,
      recovered: operation.recovered,
      spanId: attempts.at(-1)?.spanId ?? '',
      attempts,
      step,
      call: null,
    }
    const calls = run.calls.filter((call) => call.step === step.name && call.visit === operation.visit)
    return [row, ...attemptRows(row), ...callRows(calls, step.layer, depth + 1, row.key, clock)]
  })
}

/** Rows of the steps below `parent`; a step that names itself or an ancestor as parent ends the descent. */
const rowsBelow = (run: Run, parent: string, depth: number, clock: Clock, above: ReadonlySet<string>): StepRow[] =>
  run.steps
    .filter((step) => step.parent === parent && !above.has(step.name))
    .flatMap((step) => [
      ...visitRows(run, step, depth, clock),
      ...rowsBelow(run, step.name, depth + 1, clock, new Set([...above, step.name])),
    ])

export const stepRows = (run: Run): StepRow[] => {
  const start = new Date(run.startTime).getTime()
  const clock: Clock = (time) => new Date(time).getTime() - start
  const rows = rowsBelow(run, '', 0, clock, new Set())
  const stepNames = new Set(run.steps.map((step) => step.name))
  const loose = run.calls.filter((call) => !stepNames.has(call.step))
  return [...rows, ...callRows(loose, 'execution', 0, 'loose', clock)]
}
