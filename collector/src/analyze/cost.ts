// Tokens and money of a run: leaf inferences, each counted once; exact sums in 10^-12 USD.
import type { RecognizedSpan } from '@seamtrace/schema'
import { hasFailed, lastAttempt, stepOf, type Unit, unitsBelow } from './units.ts'

const SCALE = 1_000_000_000_000n

/** `0.000210000000` → 210000000n: a decimal string of USD as a whole number of 10^-12 USD. */
export const picoUsd = (decimal: string): bigint => {
  const [whole = '0', fraction = ''] = decimal.split('.')
  return BigInt(whole) * SCALE + BigInt(fraction.slice(0, 12).padEnd(12, '0'))
}

export const usdOf = (pico: bigint): number => Number(pico) / 1e12

/** The decimal string of a whole number of 10^-12 USD. */
export const decimalUsd = (pico: bigint): string => {
  const digits = pico.toString().padStart(13, '0')
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`
}

const hasUsage = (span: RecognizedSpan): boolean => span.inputTokens + span.outputTokens > 0

/** An inference: the span of one attempt of a model or embedding call, with the unit and attempt it belongs to. */
export type Inference = { unit: Unit; attempt: number; span: RecognizedSpan; pico: bigint | null }

/**
 * Leaf inferences of a run. Several instrumentations may report one call: the same response id counts once, and a model call
 * around another reported call does not count.
 */
export const inferencesOf = (run: Unit): Inference[] => {
  const seen = new Set<string>()
  return unitsBelow(run).flatMap((unit) => {
    if (unit.type !== 'model' && unit.type !== 'embedding') return []
    if (unitsBelow(unit).some((below) => below.type === unit.type && below.spans.some(hasUsage))) return []
    return unit.spans.flatMap((span, index) => {
      if (!hasUsage(span) || (span.responseId !== '' && seen.has(span.responseId))) return []
      if (span.responseId !== '') seen.add(span.responseId)
      return [{ unit, attempt: index + 1, span, pico: span.costUsd === null ? null : picoUsd(span.costUsd) }]
    })
  })
}

const sum = (inferences: readonly Inference[]): bigint => inferences.reduce((total, { pico }) => total + (pico ?? 0n), 0n)

/** It was made in a try that failed, of its own or of a unit around it. */
const wasInFailedAttempt = ({ unit, span }: Inference): boolean => {
  if (hasFailed(unit) || span.outcome === 'failure') return true
  for (let at = unit; at.parent && at.parent.kind !== 'run'; at = at.parent) {
    const around = at.parent.attempts[lastAttempt(at).parentAttempt - 1]
    if (around?.outcome === 'failure') return true
  }
  return false
}

export type Cost = {
  inputTokens: number
  outputTokens: number
  cachedInputTokens: number
  reasoningTokens: number
  costPico: bigint
  /** whole cost of a failed run, else cost of failed attempts, else of duplicate work; each dollar once */
  wastedPico: bigint
  unpricedCalls: number
  perStep: Map<Unit, bigint>
  perCall: Map<Unit, bigint | null>
}

const total = (inferences: readonly Inference[], of: (span: RecognizedSpan) => number): number =>
  inferences.reduce((all, { span }) => all + of(span), 0)

export const costOf = (run: Unit, failed: boolean, duplicates: ReadonlySet<Unit>): Cost => {
  const inferences = inferencesOf(run)
  const perStep = new Map<Unit, bigint>()
  const perCall = new Map<Unit, bigint | null>()
  for (const { unit, pico } of inferences) {
    perCall.set(unit, pico === null ? null : (perCall.get(unit) ?? 0n) + pico)
    for (let step = stepOf(unit); step; step = step.parent && stepOf(step.parent))
      perStep.set(step, (perStep.get(step) ?? 0n) + (pico ?? 0n))
  }
  const wasted = failed ? inferences : inferences.filter((inference) => wasInFailedAttempt(inference) || duplicates.has(inference.unit))
  return {
    inputTokens: total(inferences, (span) => span.inputTokens),
    outputTokens: total(inferences, (span) => span.outputTokens),
    cachedInputTokens: total(inferences, (span) => span.cachedInputTokens),
    reasoningTokens: total(inferences, (span) => span.reasoningTokens),
    costPico: sum(inferences),
    wastedPico: sum(wasted),
    unpricedCalls: inferences.filter(({ pico }) => pico === null).length,
    perStep,
    perCall,
  }
}
