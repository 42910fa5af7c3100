// Puts what the analysis found into the shape of the API: steps with operations and attempts, calls, failures.
import {
  type Attempt,
  type Call,
  type Failure,
  gapOfKind,
  type Operation,
  type RecognizedSpan,
  type Run,
  type Step,
  usdOf,
} from '@seamtrace/schema'
import type { Attributed, ExplainedFailure } from './attribute.ts'
import type { Cost } from './cost.ts'
import { targetOf } from './evidence.ts'
import type { RunFacts } from './facts.ts'
import { fingerprintOf } from './fingerprint.ts'
import { isoTime, millisBetween } from './time.ts'
import { callTypeOf, stepOf, stepsOfUnits, type Unit, unitOutcome, wasRetried } from './unit.ts'

const attemptsOf = (unit: Unit, { perAttempt }: Cost): Attempt[] =>
  unit.attempts.map((attempt, index) => {
    const previous = unit.attempts[index - 1]
    const pico = perAttempt.get(attempt)
    return {
      number: index + 1,
      outcome: attempt.outcome,
      spanId: attempt.spans[0]?.spanId ?? '',
      startTime: isoTime(attempt.start),
      durationMs: Math.max(0, millisBetween(attempt.start, attempt.end)),
      errorType: attempt.outcome === 'failure' ? attempt.errorType : '',
      waitMs: previous ? Math.max(0, millisBetween(previous.end, attempt.start)) : 0,
      ...(pico !== undefined && { costUsd: pico === null ? null : usdOf(pico) }),
    }
  })

const operationOf = (unit: Unit, cost: Cost): Operation => ({
  visit: unit.visit,
  outcome: unitOutcome(unit),
  recovered: wasRetried(unit),
  attempts: attemptsOf(unit, cost),
})

const parentStepOf = (unit: Unit): string => (unit.parent ? (stepOf(unit.parent)?.name ?? '') : '')

export const stepsOf = ({ steps }: RunFacts, cost: Cost): Step[] =>
  [...Map.groupBy(steps, (unit) => `${parentStepOf(unit)}\u0000${unit.name}`).values()].map((units) => {
    const [first] = units as [Unit]
    const pico = units.reduce((sum, unit) => sum + (cost.perStep.get(unit) ?? 0n), 0n)
    return {
      name: first.name,
      layer: first.layer,
      layerRule: first.layerRule,
      agent: units.find((unit) => unit.agent !== '')?.agent ?? '',
      parent: parentStepOf(first),
      operations: units.map((unit) => operationOf(unit, cost)),
      costUsd: usdOf(pico),
    }
  })

const callOf = (unit: Unit, step: Unit | null, cost: Cost): Call => {
  const own = cost.perCall.get(unit)
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
    attempts: attemptsOf(unit, cost),
    inputTokens: own?.inputTokens ?? 0,
    outputTokens: own?.outputTokens ?? 0,
    costUsd: own?.pico === null ? null : usdOf(own?.pico ?? 0n),
    costSource: own?.source ?? '',
  }
}

const judgedStep = ({ steps }: RunFacts, evaluation: Unit): Unit | null =>
  steps.findLast(({ name }) => name === targetOf(evaluation)) ?? null

export const callsOf = (facts: RunFacts, cost: Cost): Call[] => {
  const steps = stepsOfUnits(facts.units)
  return [
    ...facts.units.filter((unit) => unit.kind === 'call').map((unit) => callOf(unit, steps.get(unit) ?? null, cost)),
    ...facts.evaluations.map((unit) => callOf(unit, judgedStep(facts, unit), cost)),
  ]
}

export const failureOf = (failure: ExplainedFailure): Failure => ({
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
  message: failure.message.slice(0, 2000).toWellFormed(),
  fingerprint: fingerprintOf(failure.step, failure.kind, failure.message),
})

export const attributionOf = ({ charged }: Attributed): Run['attributedTo'] =>
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
