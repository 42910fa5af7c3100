// The analysis: the spans of one trace (or of the traces of one run) → runs. Pure: the same spans give the same answer.
import { type Outcome, type ProjectPrice, type RecognizedSpan, type Run, usdOf } from '@seamtrace/schema'
import { atProjectPrice } from '../recognize/project-cost.ts'
import type { LogFact } from '../recognize/recognize-log.ts'
import { markAskingAgain, mayAskAgain } from './asking-again.ts'
import { type Attributed, attribute } from './attribute.ts'
import { buildUnits } from './build-units.ts'
import { type Cost, costOf } from './cost.ts'
import { mayBeEnclosed, nestEnclosed } from './enclosed.ts'
import { evaluationUnits, type JudgedSpan, judgedRuns } from './evaluations.ts'
import { lastVerdicts, saidNo } from './evidence.ts'
import { factsOf, type RunFacts } from './facts.ts'
import { type Living, livingOf, type OpenRoots, openRootsOf, placeOf, withOpenRoots } from './open-runs.ts'
import { findRuns, type RunRoots } from './roots.ts'
import { attributionOf, callsOf, failureOf, stepsOf } from './run-shape.ts'
import { type Crossings, crossingsOf, handoffsOf } from './seams.ts'
import { countLayers, countSteps, firstLossOf, type StepCounts } from './step-counts.ts'
import { storyOf } from './story.ts'
import { isoTime, millisBetween } from './time.ts'
import { markToldErrors, tellsOfError } from './told-errors.ts'
import { buildForest, type Node, subtree } from './tree.ts'
import { endOf, startOf, unitOutcome } from './unit.ts'
import { markWaiting, mayWait } from './waiting.ts'
import { withLogs } from './with-logs.ts'

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
  stepCounts: StepCounts[]
  /** of the recognition that the analysis rests on */
  rulesVersion: number
  /** when another answer is due although nothing comes; 0 when none is */
  recheckUnixNano: bigint
}

export type AnalyzeOptions = {
  /** now in nanoseconds: a run whose end has not come an hour after its last span is unknown */
  nowUnixNano?: bigint
  /** names of rules that do not apply */
  disabledRules?: ReadonlySet<string>
  /** what log records tell of these spans, in any order, with repeats */
  logs?: readonly LogFact[]
  /** prices that the project set itself */
  prices?: readonly ProjectPrice[]
}

const HOUR = 3_600_000_000_000n

const outcomeOf = ({ run }: RunFacts, { failed }: Attributed, end: bigint, now: bigint | undefined): Outcome => {
  if (failed) return 'failure'
  const outcome = unitOutcome(run)
  return outcome === 'running' && now !== undefined && now - end > HOUR ? 'unknown' : outcome
}

/** A finished run ended with its root, whatever went on in the background; an open one is as old as its newest span. */
const endOfRun = ({ run }: RunFacts, spans: readonly RecognizedSpan[]): bigint =>
  unitOutcome(run) === 'running'
    ? spans.reduce((latest, span) => (span.endTimeUnixNano > latest ? span.endTimeUnixNano : latest), endOf(run))
    : endOf(run)

const firstText = (spans: readonly RecognizedSpan[], of: (span: RecognizedSpan) => string): string => {
  for (const span of spans) if (of(span) !== '') return of(span)
  return ''
}

const checksThatSaidNo = (facts: RunFacts): string[] => [
  ...new Set(
    lastVerdicts(facts)
      .filter(saidNo)
      .map((check) => check.name),
  ),
]

/** What is known of a run whose last root has not ended. */
const livingRun = ({ run }: RunFacts, roots: RunRoots, open: OpenRoots, now: bigint | undefined): Living | null => {
  const last = roots.roots.findLast((root) => roots.complete.has(root))
  const fact = last && open.get(placeOf(last.span))
  return fact ? livingOf(fact, unitOutcome(run), now) : null
}

const identityOf = (roots: RunRoots, spans: readonly RecognizedSpan[]) => {
  const first = (roots.roots.find((root) => roots.complete.has(root)) ?? roots.roots[0])?.span as RecognizedSpan
  return {
    runId: roots.runId,
    traceIds: [...new Set(roots.roots.map((root) => root.span.traceId))],
    provisional: [...roots.complete].every((root) => roots.open.has(root)),
    pipeline: roots.pipeline,
    version: firstText(spans, (span) => span.pipelineVersion),
    environment: first.environment,
    service: first.service,
    sessionId: firstText(spans, (span) => span.sessionId),
    userId: firstText(spans, (span) => span.userId),
    retryOf: first.retryOf,
  }
}

const moneyOf = (cost: Cost) => ({
  inputTokens: cost.inputTokens,
  outputTokens: cost.outputTokens,
  cachedInputTokens: cost.cachedInputTokens,
  cacheWriteTokens: cost.cacheWriteTokens,
  reasoningTokens: cost.reasoningTokens,
  costUsd: usdOf(cost.costPico),
  wastedUsd: usdOf(cost.wastedPico),
  wasted: {
    failedRunUsd: usdOf(cost.wasted.failedRun),
    failedAttemptsUsd: usdOf(cost.wasted.failedAttempts),
    duplicateWorkUsd: usdOf(cost.wasted.duplicateWork),
  },
  unpricedCalls: cost.unpricedCalls,
  reportedCalls: cost.reportedCalls,
})

const analyzeRun = (roots: RunRoots, judged: readonly JudgedSpan[], open: OpenRoots, options: AnalyzeOptions): AnalyzedRun => {
  const nodes = roots.roots.flatMap(subtree)
  const spans = nodes.map((node) => node.span)
  const run = buildUnits(roots, spans)
  const facts = factsOf(run, options.disabledRules, evaluationUnits(judged, roots, run))
  const attributed = attribute(facts)
  const start = startOf(facts.run)
  const ended = endOfRun(facts, spans)
  // a span without an end, or with clocks gone wrong, did at least begin
  const end = ended < start ? start : ended
  const living = attributed.failed ? null : livingRun(facts, roots, open, options.nowUnixNano)
  const outcome = living?.outcome ?? outcomeOf(facts, attributed, end, options.nowUnixNano)
  const cost = costOf(facts, outcome, { ...roots, nodes })
  const shape: Run = {
    ...identityOf(roots, spans),
    outcome,
    recovered: outcome === 'success' && attributed.failures.some((failure) => failure.recovered),
    startTime: isoTime(start),
    durationMs: Math.max(0, millisBetween(start, end)),
    ...moneyOf(cost),
    attributedTo: attributionOf(attributed),
    story: '',
    liveness: living?.liveness ?? null,
    steps: stepsOf(facts, cost),
    handoffs: handoffsOf(facts),
    calls: callsOf(facts, cost),
    failures: attributed.failures.map(failureOf),
  }
  return {
    run: { ...shape, story: storyOf(shape, checksThatSaidNo(facts)) },
    startUnixNano: start,
    endUnixNano: end,
    costPico: cost.costPico,
    wastedPico: cost.wastedPico,
    attributedMessage: attributed.charged?.message ?? '',
    firstLossStep: firstLossOf(facts),
    path: facts.outermost.map((step) => step.name),
    crossings: crossingsOf(facts),
    layerOperations: countLayers(facts),
    stepCounts: countSteps(facts, cost),
    rulesVersion: (spans[0] as RecognizedSpan).rulesVersion,
    recheckUnixNano: living?.recheckUnixNano ?? 0n,
  }
}

const forestOf = (spans: readonly RecognizedSpan[], disabled?: ReadonlySet<string>): Node[] => {
  const forest = buildForest(spans)
  if (spans.some(mayBeEnclosed)) forest.forEach(nestEnclosed)
  if (spans.some(tellsOfError)) forest.forEach(markToldErrors)
  if (spans.some(mayWait)) forest.forEach(markWaiting)
  if (spans.some(mayAskAgain) && !disabled?.has('ended-asking-again')) forest.forEach(markAskingAgain)
  return forest
}

/**
 * Analyzes a set of spans, complete or not, in any order, with repeats.
 * @param spans spans of one or several traces; traces of one run must come together
 * @returns runs in order of start
 * @example analyze(spans)[0]?.run.story
 */
export const analyze = (spans: readonly RecognizedSpan[], options: AnalyzeOptions = {}): AnalyzedRun[] => {
  const { logs = [], prices = [] } = options
  const told = withLogs(spans, logs)
  const priced = prices.length === 0 ? told : told.map((span) => atProjectPrice(span, prices))
  const open = openRootsOf(spans, logs)
  const runs = findRuns(forestOf(withOpenRoots(priced, open), options.disabledRules), ({ span }) => open.has(placeOf(span)))
  const judged = judgedRuns(runs, logs, spans)
  return runs.map((roots) => analyzeRun(roots, judged.get(roots) ?? [], open, options))
}
