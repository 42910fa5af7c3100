// Tokens and money of a run: leaf inferences, each counted once; exact sums.
import { picoUsd, type RecognizedSpan } from '@seamtrace/schema'
import { duplicateWork } from './evidence.ts'
import type { RunFacts } from './facts.ts'
import { hasFailed, lastAttempt, stepOf, type Unit, unitsBelow } from './unit.ts'

/** One call of a model as one span told it, and the unit it belongs to; `pico` is null where the price is unknown. */
type Inference = { unit: Unit; span: RecognizedSpan; pico: bigint | null }

const hasUsage = (span: RecognizedSpan): boolean => span.inputTokens + span.outputTokens > 0 || Number(span.costUsd ?? 0) > 0

const isInference = ({ type }: { type: RecognizedSpan['type'] }): boolean => type === 'model' || type === 'embedding'

/** An answer without usage cost something, nobody knows what; a refused call cost nothing. */
const priceOf = (span: RecognizedSpan): bigint | null => {
  if (!hasUsage(span)) return span.outcome === 'success' ? null : 0n
  return span.costUsd === null ? null : picoUsd(span.costUsd)
}

/**
 * Leaf inferences of a run. Several instrumentations may report one call: the same response id counts once, and a model call
 * around another reported call does not count. Usage of agents counts only where no inference reports any: it repeats theirs.
 */
const inferencesOf = ({ run, units }: RunFacts, agents: readonly RecognizedSpan[]): Inference[] => {
  const seen = new Set<string>()
  const inferences = units.filter(isInference).flatMap((unit) => {
    if (unitsBelow(unit).some((below) => isInference(below) && below.spans.some(hasUsage))) return []
    return unit.spans.flatMap((span) => {
      if (span.responseId !== '' && seen.has(span.responseId)) return []
      seen.add(span.responseId)
      return [{ unit, span, pico: priceOf(span) }]
    })
  })
  if (inferences.some(({ span }) => hasUsage(span))) return inferences
  return [...inferences, ...agents.filter(hasUsage).map((span) => ({ unit: run, span, pico: priceOf(span) }))]
}

const sum = (inferences: readonly Inference[]): bigint => inferences.reduce((total, { pico }) => total + (pico ?? 0n), 0n)

const isAny = (unit: Unit, passes: (at: Unit) => boolean): boolean => {
  for (let at: Unit | null = unit; at; at = at.parent) if (passes(at)) return true
  return false
}

/** It was made in a try that failed, of its own or of a unit around it. */
const wasInFailedAttempt = ({ unit, span }: Inference): boolean =>
  span.outcome === 'failure' ||
  isAny(unit, (at) => {
    if (at.kind === 'run' || !at.parent) return false
    const around = at.parent.kind === 'run' ? undefined : at.parent.attempts[lastAttempt(at).parentAttempt - 1]
    return hasFailed(at) || around?.outcome === 'failure'
  })

export type Cost = {
  inputTokens: number
  outputTokens: number
  cachedInputTokens: number
  reasoningTokens: number
  costPico: bigint
  /** whole cost of a failed run, else cost of failed attempts and of duplicate work, each dollar once */
  wastedPico: bigint
  unpricedCalls: number
  perStep: Map<Unit, bigint>
  perCall: Map<Unit, bigint | null>
}

const total = (inferences: readonly Inference[], of: (span: RecognizedSpan) => number): number =>
  inferences.reduce((all, { span }) => all + of(span), 0)

/** @param agents outermost agent spans of the run */
export const costOf = (facts: RunFacts, failed: boolean, agents: readonly RecognizedSpan[]): Cost => {
  const inferences = inferencesOf(facts, agents)
  const duplicates = new Set(duplicateWork(facts.units).map(({ unit }) => unit))
  const perStep = new Map<Unit, bigint>()
  const perCall = new Map<Unit, bigint | null>()
  for (const { unit, pico } of inferences) {
    const known = perCall.get(unit) ?? 0n
    perCall.set(unit, pico === null || perCall.get(unit) === null ? null : known + pico)
    for (let step = stepOf(unit); step; step = step.parent && stepOf(step.parent))
      perStep.set(step, (perStep.get(step) ?? 0n) + (pico ?? 0n))
  }
  const isWasted = (inference: Inference): boolean => wasInFailedAttempt(inference) || isAny(inference.unit, (unit) => duplicates.has(unit))
  return {
    inputTokens: total(inferences, (span) => span.inputTokens),
    outputTokens: total(inferences, (span) => span.outputTokens),
    cachedInputTokens: total(inferences, (span) => span.cachedInputTokens),
    reasoningTokens: total(inferences, (span) => span.reasoningTokens),
    costPico: sum(inferences),
    wastedPico: sum(failed ? inferences : inferences.filter(isWasted)),
    unpricedCalls: inferences.filter(({ pico }) => pico === null).length,
    perStep,
    perCall,
  }
}
