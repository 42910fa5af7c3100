// Tokens and money of a run: exact sums over its inferences, and how much of it bought nothing.
import type { CostSource, Outcome, RecognizedSpan } from '@seamtrace/schema'
import { duplicateWork } from './evidence.ts'
import type { RunFacts } from './facts.ts'
import { type Inference, inferencesOf } from './inferences.ts'
import type { RunRoots } from './roots.ts'
import { lastAttempt, stepOf, type Unit, type UnitAttempt } from './unit.ts'

const isAny = (unit: Unit, passes: (at: Unit) => boolean): boolean => {
  for (let at: Unit | null = unit; at; at = at.parent) if (passes(at)) return true
  return false
}

/** The try in which a span was made: its own (tries hidden inside it stand before), or the one that ran when it began. */
const attemptOf = (unit: Unit, { spanId, startTimeUnixNano }: RecognizedSpan): UnitAttempt =>
  unit.attempts.findLast(({ spans }) => spans.some((span) => span.spanId === spanId)) ??
  unit.attempts.findLast(({ start }) => start <= startTimeUnixNano) ??
  lastAttempt(unit)

/** It was made in a try that failed, of its own or of a unit around it: one that failed after it had waited has no failed span around. */
const wasInFailedAttempt = ({ unit, span, failed }: Inference): boolean => {
  if (failed) return true
  let attempt = attemptOf(unit, span)
  for (let at = unit; at.parent; at = at.parent) {
    if (attempt.outcome === 'failure') return true
    attempt = at.parent.attempts[attempt.parentAttempt - 1] ?? lastAttempt(at.parent)
  }
  return false
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
}

/**
 * Into which class the money of an inference falls; null where it was well spent, or where nobody knows: what unknown and
 * cancelled runs cost stands beside the waste.
 */
const wasteClassifier = (facts: RunFacts, outcome: Outcome): ((inference: Inference) => WasteClass | null) => {
  if (outcome === 'failure') return () => 'failedRun'
  if (outcome === 'unknown' || outcome === 'cancelled') return () => null
  const duplicates = new Set(duplicateWork(facts.units).map(({ unit }) => unit))
  return (inference) => {
    if (wasInFailedAttempt(inference)) return 'failedAttempts'
    return isAny(inference.unit, (unit) => duplicates.has(unit)) ? 'duplicateWork' : null
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

const NO_WASTE: Record<WasteClass, bigint> = { failedRun: 0n, failedAttempts: 0n, duplicateWork: 0n }

export const costOf = (facts: RunFacts, outcome: Outcome, roots: RunRoots): Cost => {
  const inferences = inferencesOf(roots, facts.run, facts.units)
  const wasteOf = wasteClassifier(facts, outcome)
  const [perStep, perCall, wasted] = [new Map<Unit, bigint>(), new Map<Unit, CallCost>(), { ...NO_WASTE }]
  let costPico = 0n
  for (const inference of inferences) {
    const { unit } = inference
    const pico = inference.pico ?? 0n
    costPico += pico
    perCall.set(unit, withInference(perCall.get(unit), inference))
    for (let step = stepOf(unit); step; step = step.parent && stepOf(step.parent)) perStep.set(step, (perStep.get(step) ?? 0n) + pico)
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
    perStep,
    perCall,
  }
}
