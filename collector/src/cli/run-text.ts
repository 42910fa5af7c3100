// A run as text: its story, its steps with their attempts, its failures.
import type { Attempt, Failure, Operation, Run, Step } from '@seamtrace/schema'
import { formatDuration, formatUsd, oneLine } from './table.ts'

export function runText(run: Run): string {
  const unpriced = run.unpricedCalls > 0 ? ` + ${run.unpricedCalls} unpriced calls` : ''
  const head = [
    run.pipeline,
    run.version,
    run.outcome + (run.recovered ? ', recovered' : ''),
    formatDuration(run.durationMs),
    formatUsd(run.costUsd) + unpriced,
  ]
  const lines = [
    `${head.filter(Boolean).map(oneLine).join('  ')}`,
    `  run ${run.runId}  ${run.startTime}`,
    `  ${oneLine(run.story)}`,
    ...stepLines(run, '', '  '),
    ...run.failures.map((failure) => `  ! ${failureText(failure)}`),
  ]
  return `${lines.join('\n')}\n`
}

// A step can stand below one of its own name; each is printed once.
function stepLines(run: Run, parent: string, indent: string, above: readonly string[] = []): string[] {
  return run.steps
    .filter((step) => step.parent === parent && !above.includes(step.name))
    .flatMap((step) => [
      ...step.operations.flatMap((operation) => operationLines(run, step, operation, indent)),
      ...stepLines(run, step.name, `${indent}  `, [...above, step.name]),
    ])
}

function operationLines(run: Run, step: Step, operation: Operation, indent: string): string[] {
  const visit = operation.visit > 1 ? ` (visit ${operation.visit})` : ''
  // of the calls only those that had trouble: the others would hide them
  const calls = run.calls.filter(
    (call) => call.step === step.name && call.visit === operation.visit && (call.outcome !== 'success' || call.attempts.length > 1),
  )
  return [
    ...workLines(`${step.name}${visit}`, step.layer, operation, indent),
    ...calls.flatMap((call) => workLines(call.name, call.type, call, `${indent}    `)),
  ]
}

function workLines(name: string, sort: string, { outcome, attempts }: Pick<Operation, 'outcome' | 'attempts'>, indent: string): string[] {
  const line = `${indent}${mark(outcome)} ${oneLine(name)}  ${sort}, ${outcome}`
  const [first] = attempts
  if (attempts.length === 1 && first) return [`${line}, ${attemptText(first)}`]
  return [
    `${line}, ${attempts.length} attempts`,
    ...attempts.map((attempt) => `${indent}    ${attempt.number}. ${attempt.outcome}, ${attemptText(attempt)}`),
  ]
}

const attemptText = ({ durationMs, waitMs, errorType }: Attempt): string =>
  [formatDuration(durationMs), waitMs > 0 ? `after ${formatDuration(waitMs)}` : '', oneLine(errorType)].filter(Boolean).join(', ')

const mark = (outcome: string): string => (outcome === 'success' ? '+' : outcome === 'failure' ? 'x' : '~')

function failureText({ gap, kind, seam, seamKind, message, certain, recovered, consequence }: Failure): string {
  const notes = [!certain && 'inferred', recovered && 'recovered', consequence && 'follows from another'].filter(Boolean)
  return `${gap ? `${gap}/` : ''}${kind} at ${oneLine(seam)} (${seamKind})${notes.length > 0 ? `, ${notes.join(', ')}` : ''}: ${oneLine(message).slice(0, 300)}`
}
