// Conservation of money: whatever tree of spans comes, in whatever order, each dollar is counted once and what is unknown is not 0.
import { picoUsd, type RecognizedSpan, SEAMTRACE, type SpanType } from '@seamtrace/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnalyzedRun, analyze } from './analyze.ts'
import { attempt, type Draft, failing, model, pipeline, retry, spansOf, step, tool } from './spans.fixture.ts'
import { type Told, toldSpans } from './told-spans.fixture.ts'

const AROUND = ['agent', 'step', 'attempt', 'retry', 'other', 'handoff'] as const satisfies SpanType[]
const CALLS = ['model', 'model', 'model', 'embedding', 'tool', 'retrieval', 'check'] as const satisfies SpanType[]

const usage = fc.oneof(
  fc.constant(undefined),
  fc.record({ 'gen_ai.usage.input_tokens': fc.nat(5_000), 'gen_ai.usage.output_tokens': fc.nat(500) }),
  fc.record({ 'gen_ai.usage.input_tokens': fc.nat(99), 'operation.cost': fc.nat({ max: 999 }).map((micros) => (micros + 1) / 1e6) }),
)
const digest = fc.constantFrom(undefined, undefined, 'a', 'b')

const nodeOf = (depth: number): fc.Arbitrary<Told> =>
  fc
    .record({
      as: fc.constantFrom(...AROUND, ...CALLS),
      model: fc.constantFrom('gpt-4o-mini', 'claude-haiku-4-5', 'in-house-7b'),
      usage,
      digest,
      failed: fc.boolean(),
      cancelled: fc.nat(9).map((one) => one === 0),
      children: depth === 0 ? fc.constant<Told[]>([]) : fc.array(nodeOf(depth - 1), { maxLength: 3 }),
    })
    .map(({ usage: counts, digest: input, ...told }) => ({
      ...told,
      attributes: { ...counts, ...(input ? { [SEAMTRACE.callInputDigest]: input } : {}) },
    }))

const tree: fc.Arbitrary<Told> = fc
  .tuple(fc.array(nodeOf(3), { maxLength: 4 }), fc.boolean(), fc.constantFrom('success', 'failure', 'cancelled'))
  .map(([children, hasSum, outcome]) => ({
    as: 'pipeline',
    model: 'gpt-4o-mini',
    failed: outcome === 'failure',
    cancelled: outcome === 'cancelled',
    attributes: (hasSum ? { 'gen_ai.usage.input_tokens': 7_000, 'gen_ai.usage.output_tokens': 70 } : {}) as Record<string, number>,
    children,
  }))

const only = (spans: readonly RecognizedSpan[]): AnalyzedRun => {
  const runs = analyze(spans)
  expect(runs).toHaveLength(1)
  return runs[0]!
}

const sumOfWaste = ({ run }: AnalyzedRun): number => run.wasted.failedRunUsd + run.wasted.failedAttemptsUsd + run.wasted.duplicateWorkUsd

/** Written the other way round than the analysis: from the root down, by the words of model §8. */
const leavesOf = (spans: readonly RecognizedSpan[]): RecognizedSpan[] => {
  const childrenOf = (span: RecognizedSpan) => spans.filter((other) => other.parentSpanId === span.spanId)
  const isModel = ({ type }: RecognizedSpan) => type === 'model' || type === 'embedding'
  const tells = (span: RecognizedSpan) =>
    span.inputTokens + span.outputTokens > 0 ||
    (span.costSource === 'reported' && span.costUsd !== '0.000000000000') ||
    (isModel(span) && span.costSource === 'priced')
  const isSame = ({ type }: RecognizedSpan) => ['model', 'embedding', 'attempt', 'retry', 'other', 'handoff'].includes(type)
  const sameInside = (span: RecognizedSpan): RecognizedSpan[] =>
    childrenOf(span).flatMap((child) => (isSame(child) ? [child, ...sameInside(child)] : []))
  const below = (span: RecognizedSpan, may: (of: RecognizedSpan) => boolean): RecognizedSpan[] => {
    const found = childrenOf(span).flatMap((child) => below(child, may))
    const repeats = isModel(span) ? sameInside(span).some((inner) => found.includes(inner)) : found.length > 0
    return !repeats && may(span) && tells(span) ? [span, ...found] : found
  }
  const root = spans.find((span) => span.parentSpanId === '')!
  const called = below(root, ({ type }) => ['agent', 'model', 'embedding', 'tool', 'retrieval', 'check'].includes(type))
  return called.length > 0 ? called : below(root, () => true)
}

describe('of any run', () => {
  it('the cost is the sum of its leaf inferences, and the unknown ones are counted instead of priced at 0', () => {
    fc.assert(
      fc.property(tree, (told) => {
        const spans = toldSpans(told)
        const { costPico, run } = only(spans)
        const leaves = leavesOf(spans)
        expect(costPico).toBe(leaves.reduce((sum, { costUsd }) => sum + (costUsd === null ? 0n : (picoUsd(costUsd) ?? 0n)), 0n))
        expect(run.inputTokens).toBe(leaves.reduce((sum, { inputTokens }) => sum + inputTokens, 0))
        expect(run.reportedCalls).toBe(leaves.filter(({ costSource }) => costSource === 'reported').length)
        expect(run.unpricedCalls).toBeGreaterThanOrEqual(leaves.filter(({ costUsd }) => costUsd === null).length)
      }),
      { numRuns: 2_000 },
    )
  })

  it('the classes of waste share no dollar and sum; a failed run is wasted whole, a cancelled one is no waste', () => {
    fc.assert(
      fc.property(tree, (told) => {
        const analyzed = only(toldSpans(told))
        const { run, costPico, wastedPico } = analyzed
        expect(sumOfWaste(analyzed)).toBeCloseTo(run.wastedUsd, 12)
        expect(wastedPico <= costPico).toBe(true)
        if (run.outcome === 'failure') expect(run.wasted).toEqual({ failedRunUsd: run.costUsd, failedAttemptsUsd: 0, duplicateWorkUsd: 0 })
        else expect(run.wasted.failedRunUsd).toBe(0)
        if (run.outcome === 'cancelled') expect(wastedPico).toBe(0n)
      }),
      { numRuns: 2_000 },
    )
  })

  it('neither order nor repetition of its spans changes a cent', () => {
    const shuffled = tree.chain((told) => {
      const spans = toldSpans(told)
      return fc.tuple(fc.constant(spans), fc.shuffledSubarray([...spans, ...spans], { minLength: 2 * spans.length }))
    })
    fc.assert(
      fc.property(shuffled, ([spans, mixed]) => {
        const money = ({ run, costPico, wastedPico }: AnalyzedRun) => ({ costPico, wastedPico, wasted: run.wasted, calls: run.calls })
        expect(money(only(mixed))).toEqual(money(only(spans)))
      }),
      { numRuns: 2_000 },
    )
  })

  it('its calls have what they cost, together no more than the run, and none unknown at 0', () => {
    fc.assert(
      fc.property(tree, (told) => {
        const { run } = only(toldSpans(told))
        expect(run.calls.reduce((sum, call) => sum + (call.costUsd ?? 0), 0)).toBeLessThanOrEqual(run.costUsd + 1e-9)
        for (const call of run.calls) expect(call.costUsd === null).toBe(call.costSource === 'unpriced')
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('waste', () => {
  const ONE = 0.00021 // 1,000 input ×0.15 + 100 output ×0.60 on gpt-4o-mini
  const error = failing('TimeoutError', 'timed out after 5000 ms')
  const asked = model({ attributes: { [SEAMTRACE.callInputDigest]: 'same' } })
  const wastedOf = (root: Draft) => only(spansOf(root)).run

  it('is what the failed tries of a good run cost, whole, with all that was called in them', () => {
    const tries = [attempt(1, error, [model(), tool('parse', error)]), attempt(2, {}, [model(), tool('parse')])]
    for (const root of [
      pipeline('p', {}, [step('a', {}, tries)]),
      pipeline('p', {}, [step('a', {}, [retry('r', {}, tries)])]),
      pipeline('p', {}, [step('a', error, [model(), tool('parse', error)]), step('a', {}, [model(), tool('parse')])]),
    ]) {
      const run = wastedOf(root)
      expect(run).toMatchObject({ outcome: 'success', recovered: true })
      expect(run.costUsd).toBeCloseTo(2 * ONE, 12)
      expect(run.wasted).toEqual({ failedRunUsd: 0, failedAttemptsUsd: expect.closeTo(ONE, 12), duplicateWorkUsd: 0 })
    }
  })

  it('is not the try that worked, though tries before it are hidden in its span', () => {
    const run = wastedOf(pipeline('p', {}, [step('a', {}, [model({ attributes: { 'http.request.resend_count': 2 } })])]))
    expect(run).toMatchObject({ recovered: true, wastedUsd: 0 })
  })

  it('is what an agent spent in a try that failed, though only the agent tells it', () => {
    const agent = (): Draft => ({
      ...model(),
      name: 'invoke_agent a',
      attributes: { ...model().attributes, 'gen_ai.operation.name': 'invoke_agent' },
    })
    const run = wastedOf(pipeline('p', {}, [step('a', {}, [attempt(1, error, [agent()]), attempt(2, {}, [agent()])])]))
    expect(run.costUsd).toBeCloseTo(2 * ONE, 12)
    expect(run.wasted.failedAttemptsUsd).toBeCloseTo(ONE, 12)
  })

  it('is what was spent before a wait, when the try failed after it', () => {
    const waiting = { attributes: { [SEAMTRACE.runId]: 'r', [SEAMTRACE.outcome]: 'waiting' } }
    const began = spansOf(pipeline('p', waiting, [step('a', waiting, [model()])]))
    const wentOn = pipeline('p', { attributes: { [SEAMTRACE.runId]: 'r' } }, [
      step('a', error, [tool('t', error)]),
      step('a', {}, [model()]),
    ])
    const { run } = only([...began, ...spansOf(wentOn, { trace: 2, startMs: 60_000 })])
    expect(run).toMatchObject({ outcome: 'success', recovered: true })
    expect(run.costUsd).toBeCloseTo(2 * ONE, 12)
    expect(run.wasted.failedAttemptsUsd).toBeCloseTo(ONE, 12)
  })

  it('is work done twice, unless it failed already', () => {
    const run = wastedOf(
      pipeline('p', {}, [step('a', {}, [asked]), step('b', {}, [attempt(1, error, [asked, tool('t', error)]), attempt(2, {}, [])])]),
    )
    expect(run.wasted).toEqual({ failedRunUsd: 0, failedAttemptsUsd: expect.closeTo(ONE, 12), duplicateWorkUsd: 0 })
    const twice = wastedOf(pipeline('p', {}, [step('a', {}, [asked]), step('b', {}, [asked])]))
    expect(twice.wasted).toEqual({ failedRunUsd: 0, failedAttemptsUsd: 0, duplicateWorkUsd: expect.closeTo(ONE, 12) })
  })

  it('is everything a failed run cost, and nothing that a cancelled or unknown one did', () => {
    const steps = [step('a', {}, [asked]), step('b', {}, [asked])]
    const failed = wastedOf(pipeline('p', error, steps))
    expect(failed.wasted).toEqual({ failedRunUsd: failed.costUsd, failedAttemptsUsd: 0, duplicateWorkUsd: 0 })
    const cancelled = wastedOf(pipeline('p', { attributes: { [SEAMTRACE.outcome]: 'cancelled' } }, steps))
    expect(cancelled).toMatchObject({ outcome: 'cancelled', wastedUsd: 0 })
    expect(cancelled.costUsd).toBeCloseTo(2 * ONE, 12)
  })

  it('counts a call of several tries once, each try at its own cost', () => {
    const tries = [attempt(1, error, [{ ...model(), error: error.error! }]), attempt(2, {}, [model()])]
    const run = wastedOf(pipeline('p', {}, [step('a', {}, [retry('r', {}, tries)])]))
    expect(run.costUsd).toBeCloseTo(2 * ONE, 12)
    expect(run.calls).toHaveLength(1)
    expect(run.calls[0]).toMatchObject({ inputTokens: 2_000, costUsd: expect.closeTo(2 * ONE, 12) })
    expect(run.wasted.failedAttemptsUsd).toBeCloseTo(ONE, 12)
  })
})
