// Tokens and money of a run: exact sums over its inferences, and how much of it bought nothing.
import type { CostSource, Outcome, RecognizedSpan } from '@seamtrace/schema'
import { type AttemptOf, attemptFinder } from './attempt-of.ts'
import { duplicateWork } from './evidence.ts'
import type { RunFacts } from './facts.ts'
import { type Inference, inferencesOf, type RunNodes } from './inferences.ts'
import { lastAttempt, type Unit, type UnitAttempt } from './unit.ts'

/** The units and all that is in them; units come after those around them. */
const withInner = (units: readonly Unit[], outer: ReadonlySet<Unit>): Set<Unit> => {
  const found = new Set<Unit>()
  if (outer.size > 0) for (const unit of units) if (outer.has(unit) || (unit.parent && found.has(unit.parent))) found.add(unit)
  return found
}

/**
 * Tells whether an inference was made in a try that failed, of its own or of a unit around it: one that failed after it had waited
 * has no failed span around. What was found out about a try is kept, so that deep traces are walked once.
 */
const failedAttempts = (attemptOf: AttemptOf): ((inference: Inference) => boolean) => {
  const known = new Map<UnitAttempt, boolean>()
  return ({ unit, span, failed }) => {
    if (failed) return true
    const walked: UnitAttempt[] = []
    let [attempt, isFailed] = [attemptOf(unit, span), false]
    for (let at = unit; at.parent; at = at.parent) {
      const answer = known.get(attempt) ?? (attempt.outcome === 'failure' ? true : undefined)
      walked.push(attempt)
      if (answer !== undefined) {
        isFailed = answer
        break
      }
      attempt = at.parent.attempts[attempt.parentAttempt - 1] ?? lastAttempt(at.parent)
    }
    for (const one of walked) known.set(one, isFailed)
    return isFailed
  }
}

/** Three classes that share no inference, in this order (model §8). */
export const WASTE_CLASSES = ['failedRun', 'failedAttempts', 'duplicateWork'] as const
export type WasteClass = (typeof WASTE_CLASSES)[number]

type CallCost = { pico: bigint | null; source: CostSource; inputTokens: number; outputTokens: number }

export type Cost = {
  inputTokens: number
  outputTokens: number
  cachedInputTokens: number
  cacheWriteTokens: number
  reasoningTokens: number
  costPico: bigint
  wasted: Record<WasteClass, bigint>
  /** the sum of the classes: each dollar once */
  wastedPico: bigint
  unpricedCalls: number
  reportedCalls: number
  perStep: Map<Unit, bigint>
  perCall: Map<Unit, CallCost>
  perAttempt: Map<UnitAttempt, bigint | null>
}

/**
 * Into which class the money of an inference falls; null where it was well spent, or where nobody knows: what unknown and
 * cancelled runs cost stands beside the waste.
 */
const wasteClassifier = (facts: RunFacts, outcome: Outcome, attemptOf: AttemptOf): ((inference: Inference) => WasteClass | null) => {
  if (outcome === 'failure') return () => 'failedRun'
  if (outcome === 'unknown' || outcome === 'cancelled') return () => null
  const duplicates = withInner(facts.units, new Set(duplicateWork(facts.units).map(({ unit }) => unit)))
  const wasInFailedAttempt = failedAttempts(attemptOf)
  return (inference) => {
    if (wasInFailedAttempt(inference)) return 'failedAttempts'
    return duplicates.has(inference.unit) ? 'duplicateWork' : null
  }
}

const sourceOf = ({ span, pico }: Inference): CostSource =>
  pico === null ? 'unpriced' : span.costSource === 'reported' ? 'reported' : 'priced'

/** One unpriced part makes a whole unpriced; one reported part makes it reported. */
const mixed = (a: CostSource, b: CostSource): CostSource =>
  [a, b].includes('unpriced') ? 'unpriced' : [a, b].includes('reported') ? 'reported' : 'priced'

const withInference = (known: CallCost | undefined, inference: Inference): CallCost => {
  const { span, pico } = inference
  const source = sourceOf(inference)
  if (!known) return { pico, source, inputTokens: span.inputTokens, outputTokens: span.outputTokens }
  return {
    pico: pico === null || known.pico === null ? null : known.pico + pico,
    source: mixed(known.source, source),
    inputTokens: known.inputTokens + span.inputTokens,
    outputTokens: known.outputTokens + span.outputTokens,
  }
}

const total = (inferences: readonly Inference[], of: (span: RecognizedSpan) => number): number =>
  inferences.reduce((all, { span }) => all + of(span), 0)

/** What was spent in each step, inner steps included. */
const stepCosts = ({ units }: RunFacts, inferences: readonly Inference[]): Map<Unit, bigint> => {
  const costs = new Map<Unit, bigint>()
  const add = (step: Unit | null, pico: bigint): void => {
    if (step) costs.set(step, (costs.get(step) ?? 0n) + pico)
  }
  for (const { unit, pico } of inferences) add(unit.step, pico ?? 0n)
  for (const unit of units.toReversed()) {
    const own = costs.get(unit)
    if (own !== undefined && unit.parent) add(unit.parent.step, own)
  }
  return costs
}

/** What was spent in each try, in those inside it too; null where nobody knows any of it. */
const attemptCosts = ({ units }: RunFacts, inferences: readonly Inference[], attemptOf: AttemptOf): Map<UnitAttempt, bigint | null> => {
  const costs = new Map<UnitAttempt, bigint | null>()
  const add = (attempt: UnitAttempt, pico: bigint | null): void => {
    const known = costs.get(attempt) ?? null
    costs.set(attempt, known === null || pico === null ? (known ?? pico) : known + pico)
  }
  for (const { unit, span, pico } of inferences) add(attemptOf(unit, span), pico)
  for (const { parent, attempts } of units.toReversed()) {
    if (!parent) continue
    for (const attempt of attempts) {
      const own = costs.get(attempt)
      if (own !== undefined) add(parent.attempts[attempt.parentAttempt - 1] ?? lastAttempt(parent), own)
    }
  }
  return costs
}

const NO_WASTE: Record<WasteClass, bigint> = { failedRun: 0n, failedAttempts: 0n, duplicateWork: 0n }

export const costOf = (facts: RunFacts, outcome: Outcome, roots: RunNodes): Cost => {
  const inferences = inferencesOf(roots, facts.run, facts.units)
  const attemptOf = attemptFinder()
  const wasteOf = wasteClassifier(facts, outcome, attemptOf)
  const [perCall, wasted] = [new Map<Unit, CallCost>(), { ...NO_WASTE }]
  let costPico = 0n
  for (const inference of inferences) {
    const { unit } = inference
    const pico = inference.pico ?? 0n
    costPico += pico
    perCall.set(unit, withInference(perCall.get(unit), inference))
    const waste = pico === 0n ? null : wasteOf(inference)
    if (waste) wasted[waste] += pico
  }
  return {
    inputTokens: total(inferences, (span) => span.inputTokens),
    outputTokens: total(inferences, (span) => span.outputTokens),
    cachedInputTokens: total(inferences, (span) => span.cachedInputTokens),
    cacheWriteTokens: total(inferences, (span) => span.cacheWriteTokens),
    reasoningTokens: total(inferences, (span) => span.reasoningTokens),
    costPico,
    wasted,
    wastedPico: wasted.failedRun + wasted.failedAttempts + wasted.duplicateWork,
    unpricedCalls: inferences.filter(({ pico }) => pico === null).length,
    reportedCalls: inferences.filter((inference) => sourceOf(inference) === 'reported').length,
    perStep: stepCosts(facts, inferences),
    perCall,
    perAttempt: attemptCosts(facts, inferences, attemptOf),
  }
}
