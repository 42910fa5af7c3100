// The analysis: the spans of one trace (or of the traces of one run) → runs. Pure: the same spans give the same answer.
import type { Attempt, Call, Failure, Operation, Outcome, RecognizedSpan, Run, Step } from '@seamtrace/schema'
import { gapOfKind } from '@seamtrace/schema'
import { type Attributed, attribute, type ExplainedFailure } from './attribute.ts'
import { type Cost, costOf, usdOf } from './cost.ts'
import { evidenceOf } from './evidence.ts'
import { fingerprintOf } from './fingerprint.ts'
import { findRuns, type RunRoots } from './roots.ts'
import { type Crossings, crossingsOf, declaredHandoffs, handoffsOf } from './seams.ts'
import { storyOf } from './story.ts'
import { isoTime, millisBetween } from './time.ts'
import { buildForest, subtree } from './tree.ts'
import {
  buildUnits,
  callTypeOf,
  endOf,
  firstAttempt,
  outermostStepOf,
  stepOf,
  type Unit,
  unitOutcome,
  unitsBelow,
  wasRetried,
} from './units.ts'

/** A run with what the store keeps beside it for lists and sums. */
export type AnalyzedRun = {
  run: Run
  startUnixNano: bigint
  endUnixNano: bigint
  costPico: bigint
  wastedPico: bigint
  attributedMessage: string
  /** outermost step of the earliest operation whose first attempt failed, '' when there is none */
  firstLossStep: string
  /** outermost steps, one entry an operation, in order of start */
  path: string[]
  crossings: Crossings[]
  layerOperations: Map<string, number>
  /** outermost steps with their counts */
  stepCounts: StepCounts[]
  /** of the recognition that the analysis rests on */
  rulesVersion: number
}

export type StepCounts = {
  name: string
  layer: string
  firstStartMs: number
  operations: number
  failed: number
  firstTry: number
  attempts: number
  costPico: bigint
}

export type AnalyzeOptions = {
  /** now in nanoseconds: a run whose end has not come an hour after its last span is unknown */
  nowUnixNano?: bigint
  /** names of rules that do not apply */
  disabledRules?: ReadonlySet<string>
}

const HOUR = 3_600_000_000_000n

const attemptsOf = (unit: Unit): Attempt[] =>
  unit.attempts.map((attempt, index) => {
    const previous = unit.attempts[index - 1]
    return {
      number: index + 1,
      outcome: attempt.outcome,
      spanId: attempt.spans[0]?.spanId ?? '',
      startTime: isoTime(attempt.start),
      durationMs: Math.max(0, millisBetween(attempt.start, attempt.end)),
      errorType: attempt.outcome === 'failure' ? attempt.errorType : '',
      waitMs: previous ? Math.max(0, millisBetween(previous.end, attempt.start)) : 0,
    }
  })

const operationOf = (unit: Unit): Operation => ({
  visit: unit.visit,
  outcome: unitOutcome(unit),
  recovered: wasRetried(unit),
  attempts: attemptsOf(unit),
})

const stepsOf = (units: readonly Unit[], cost: Cost): Step[] => {
  const byName = new Map<string, Step>()
  for (const unit of units) {
    if (unit.kind !== 'step') continue
    const parent = unit.parent ? (stepOf(unit.parent)?.name ?? '') : ''
    const key = `${parent}/${unit.name}`
    const step = byName.get(key) ?? {
      name: unit.name,
      layer: unit.layer,
      layerRule: unit.layerRule,
      agent: unit.agent,
      parent,
      operations: [],
      costUsd: 0,
    }
    step.operations.push(operationOf(unit))
    step.costUsd += usdOf(cost.perStep.get(unit) ?? 0n)
    byName.set(key, step)
  }
  return [...byName.values()]
}

const callOf = (unit: Unit, cost: Cost): Call => {
  const step = stepOf(unit)
  const pico = cost.perCall.get(unit)
  const last = unit.spans.at(-1) as RecognizedSpan
  return {
    type: callTypeOf(unit.type) ?? 'tool',
    name: unit.name,
    spanId: unit.spans[0]?.spanId ?? '',
    step: step?.name ?? '',
    visit: step?.visit ?? 1,
    model: last.model,
    provider: last.provider,
    outcome: unitOutcome(unit),
    recovered: wasRetried(unit),
    attempts: attemptsOf(unit),
    inputTokens: unit.spans.reduce((sum, span) => sum + span.inputTokens, 0),
    outputTokens: unit.spans.reduce((sum, span) => sum + span.outputTokens, 0),
    costUsd: pico === null ? null : usdOf(pico ?? 0n),
  }
}

const failureOf = (failure: ExplainedFailure): Failure => ({
  spanId: failure.span.spanId,
  seam: failure.seam.seam,
  seamKind: failure.seam.kind,
  step: failure.step,
  layer: failure.seam.layer,
  gap: gapOfKind(failure.kind),
  kind: failure.kind,
  rule: failure.rule,
  certain: failure.certain,
  exhausted: failure.exhausted,
  recovered: failure.recovered,
  consequence: failure.consequence,
  message: failure.message.slice(0, 2000),
  fingerprint: fingerprintOf(failure.step, failure.kind, failure.message),
})

const attributedTo = ({ charged }: Attributed): Run['attributedTo'] =>
  charged && {
    seam: charged.seam.seam,
    seamKind: charged.seam.kind,
    step: charged.bar,
    layer: charged.seam.layer,
    gap: gapOfKind(charged.kind),
    kind: charged.kind,
    rule: charged.rule,
    certain: charged.certain,
    spanId: charged.span.spanId,
  }

const outcomeOf = (unit: Unit, attributed: Attributed, end: bigint, now: bigint | undefined): Outcome => {
  if (attributed.failed) return 'failure'
  const outcome = unitOutcome(unit)
  return outcome === 'running' && now !== undefined && now - end > HOUR ? 'unknown' : outcome
}

const outermostSteps = (unit: Unit): Unit[] => unitsBelow(unit).filter((below) => below.kind === 'step' && outermostStepOf(below) === below)

const countSteps = (run: Unit, start: bigint, cost: Cost): StepCounts[] => {
  const byName = new Map<string, StepCounts>()
  for (const step of outermostSteps(run)) {
    const known = byName.get(step.name) ?? {
      name: step.name,
      layer: step.layer,
      firstStartMs: millisBetween(start, firstAttempt(step).start),
      operations: 0,
      failed: 0,
      firstTry: 0,
      attempts: 0,
      costPico: 0n,
    }
    byName.set(step.name, {
      ...known,
      operations: known.operations + 1,
      failed: known.failed + (unitOutcome(step) === 'failure' ? 1 : 0),
      firstTry: known.firstTry + (firstTrySucceeded(step) ? 1 : 0),
      attempts: known.attempts + step.attempts.length,
      costPico: known.costPico + (cost.perStep.get(step) ?? 0n),
    })
  }
  return [...byName.values()]
}

/** The step and everything in it succeeded at the first attempt. */
const firstTrySucceeded = (step: Unit): boolean =>
  unitOutcome(step) === 'success' &&
  [step, ...unitsBelow(step)].every((unit) => unit.attempts.every((attempt) => attempt.outcome !== 'failure'))

const firstLoss = (units: readonly Unit[]): string => {
  const lost = units.filter((unit) => firstAttempt(unit).outcome === 'failure')
  const first = lost.reduce<Unit | null>(
    (earliest, unit) => (earliest && firstAttempt(earliest).end <= firstAttempt(unit).end ? earliest : unit),
    null,
  )
  return first ? (outermostStepOf(first)?.name ?? '') : ''
}

const countLayers = (units: readonly Unit[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const unit of units) counts.set(unit.layer, (counts.get(unit.layer) ?? 0) + 1)
  return counts
}

const firstText = (spans: readonly RecognizedSpan[], of: (span: RecognizedSpan) => string): string => {
  for (const span of spans) if (of(span) !== '') return of(span)
  return ''
}

const analyzeRun = (roots: RunRoots, options: AnalyzeOptions): AnalyzedRun => {
  const spans = roots.roots.flatMap((root) => subtree(root).map((node) => node.span))
  const tree = buildUnits(roots)
  const units = unitsBelow(tree)
  const declared = declaredHandoffs(tree)
  const attributed = attribute({ run: tree, declared, disabled: options.disabledRules ?? new Set() })
  const start = firstAttempt(tree).start
  const end = spans.reduce((latest, span) => (span.endTimeUnixNano > latest ? span.endTimeUnixNano : latest), endOf(tree))
  const outcome = outcomeOf(tree, attributed, end, options.nowUnixNano)
  const duplicates = new Set(
    evidenceOf(tree, declared)
      .filter(({ kind }) => kind === 'duplicate_work')
      .map(({ unit }) => unit),
  )
  const cost = costOf(tree, outcome === 'failure', duplicates)
  const first = spans[0] as RecognizedSpan
  const run: Run = {
    runId: roots.runId,
    traceIds: [...new Set(roots.roots.map((root) => root.span.traceId))],
    provisional: roots.provisional,
    pipeline: roots.pipeline,
    version: firstText(spans, (span) => span.pipelineVersion),
    environment: first.environment,
    service: first.service,
    sessionId: firstText(spans, (span) => span.sessionId),
    userId: firstText(spans, (span) => span.userId),
    retryOf: first.retryOf,
    outcome,
    recovered: outcome === 'success' && attributed.failures.some((failure) => failure.recovered),
    startTime: isoTime(start),
    durationMs: Math.max(0, millisBetween(start, end)),
    inputTokens: cost.inputTokens,
    outputTokens: cost.outputTokens,
    cachedInputTokens: cost.cachedInputTokens,
    reasoningTokens: cost.reasoningTokens,
    costUsd: usdOf(cost.costPico),
    wastedUsd: usdOf(cost.wastedPico),
    unpricedCalls: cost.unpricedCalls,
    attributedTo: attributedTo(attributed),
    story: '',
    steps: stepsOf(units, cost),
    handoffs: handoffsOf(tree),
    calls: units.filter((unit) => unit.kind === 'call').map((unit) => callOf(unit, cost)),
    failures: attributed.failures.map(failureOf),
  }
  return {
    run: { ...run, story: storyOf(run) },
    startUnixNano: start,
    endUnixNano: end,
    costPico: cost.costPico,
    wastedPico: cost.wastedPico,
    attributedMessage: attributed.charged?.message.slice(0, 500) ?? '',
    firstLossStep: firstLoss(units),
    path: outermostSteps(tree).map((step) => step.name),
    crossings: crossingsOf(tree),
    layerOperations: countLayers(units),
    stepCounts: countSteps(tree, start, cost),
    rulesVersion: first.rulesVersion,
  }
}

/**
 * Analyzes a set of spans, complete or not, in any order, with repeats.
 * @param spans spans of one or several traces; traces of one run must come together
 * @returns runs in order of start
 * @example analyze(spans)[0]?.run.story
 */
export const analyze = (spans: readonly RecognizedSpan[], options: AnalyzeOptions = {}): AnalyzedRun[] =>
  findRuns(buildForest(spans)).map((roots) => analyzeRun(roots, options))
