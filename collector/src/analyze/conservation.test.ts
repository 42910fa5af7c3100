// Whatever spans come, in whatever order: nothing throws, the answer is the same, every finished run and every dollar is counted once.
// SEAMTRACE_CASES=10000 for a long run, SEAMTRACE_CASES_SEED=… for the one that failed.
import { isDeepStrictEqual } from 'node:util'
import type { RecognizedSpan } from '@seamtrace/schema'
import { expect, it } from 'vitest'
import { type AnalyzedRun, analyze } from './analyze.ts'
import { randomFrom, randomSpans, shuffled } from './random-traces.fixture.ts'

const CASES = Number(process.env.SEAMTRACE_CASES ?? 1_000)
const SEED = Number(process.env.SEAMTRACE_CASES_SEED ?? Date.now() % 1_000_000_000)
const FINISHED: ReadonlySet<string> = new Set(['success', 'failure'])

const cases = function* (): Generator<{ seed: number; spans: RecognizedSpan[] }> {
  for (let index = 0; index < CASES; index++) yield { seed: SEED + index, spans: randomSpans(randomFrom(SEED + index)) }
}
const named = (seed: number): string => `SEAMTRACE_CASES=1 SEAMTRACE_CASES_SEED=${seed}`

const analyzed = (spans: readonly RecognizedSpan[], seed: number): AnalyzedRun[] => {
  try {
    return analyze(spans)
  } catch (error) {
    throw new Error(`analyze() threw: ${named(seed)}`, { cause: error })
  }
}

it(`the answer is the same in any order and with repeats, ${CASES} times`, { timeout: 1_800_000 }, () => {
  for (const { seed, spans } of cases()) {
    const [first, again] = [analyzed(spans, seed), analyzed(shuffled(spans, randomFrom(~seed)), seed)]
    // toEqual is slow, and says where they differ
    if (!isDeepStrictEqual(again, first)) expect(again, named(seed)).toEqual(first)
    expect(JSON.stringify(again.map(({ run }) => run)), named(seed)).toBe(JSON.stringify(first.map(({ run }) => run)))
  }
})

it('what comes late changes nothing in the end, and what is there by then can be told', { timeout: 1_800_000 }, () => {
  for (const { seed, spans } of cases()) {
    const random = randomFrom(~seed)
    const early = spans.filter(() => random.chance(0.5))
    const ids = analyzed(early, seed).map(({ run }) => run.runId)
    expect(new Set(ids).size, named(seed)).toBe(ids.length)
  }
})

it('successes, charged failures and those that nobody is charged with are the finished runs', { timeout: 1_800_000 }, () => {
  const count = { finished: 0, successes: 0, unattributed: 0 }
  const charged = new Map<string, number>()
  for (const { seed, spans } of cases()) {
    for (const { run, path } of analyzed(spans, seed)) {
      const { outcome, attributedTo, failures } = run
      if (outcome !== 'failure') expect(attributedTo, named(seed)).toBeNull()
      if (attributedTo) {
        expect(attributedTo.seamKind, named(seed)).not.toBe('retry')
        expect(failures.filter(({ recovered, consequence }) => !recovered && !consequence).length, named(seed)).toBeGreaterThan(0)
        charged.set(attributedTo.seam, (charged.get(attributedTo.seam) ?? 0) + 1)
      }
      expect(
        path.every((name) => run.steps.some((step) => step.name === name)),
        named(seed),
      ).toBe(true)
      if (FINISHED.has(outcome)) count.finished++
      if (outcome === 'success') count.successes++
      if (outcome === 'failure' && !attributedTo) count.unattributed++
    }
  }
  const sum = [...charged.values()].reduce((all, one) => all + one, 0)
  expect(count.successes + sum + count.unattributed).toBe(count.finished)
  expect(count.successes).toBeGreaterThan(0)
  expect(sum).toBeGreaterThan(0)
})

it('the classes of waste share no dollar', { timeout: 1_800_000 }, () => {
  const seen = { failedRunUsd: 0, failedAttemptsUsd: 0, duplicateWorkUsd: 0 }
  for (const { seed, spans } of cases()) {
    for (const { run, costPico, wastedPico, stepCounts } of analyzed(spans, seed)) {
      const { failedRunUsd, failedAttemptsUsd, duplicateWorkUsd } = run.wasted
      expect(Math.min(failedRunUsd, failedAttemptsUsd, duplicateWorkUsd), named(seed)).toBeGreaterThanOrEqual(0)
      expect(Math.abs(failedRunUsd + failedAttemptsUsd + duplicateWorkUsd - run.wastedUsd), named(seed)).toBeLessThan(1e-12)
      expect(wastedPico >= 0n && wastedPico <= costPico, named(seed)).toBe(true)
      if (run.outcome === 'failure') expect(wastedPico, named(seed)).toBe(costPico)
      else expect(failedRunUsd, named(seed)).toBe(0)
      if (run.outcome === 'cancelled' || run.outcome === 'unknown') expect(wastedPico, named(seed)).toBe(0n)
      const ofCalls = run.calls.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0)
      expect(ofCalls, named(seed)).toBeLessThanOrEqual(run.costUsd + 1e-9)
      expect(stepCounts.reduce((sum, step) => sum + step.costPico, 0n) <= costPico, named(seed)).toBe(true)
      seen.failedRunUsd += failedRunUsd
      seen.failedAttemptsUsd += failedAttemptsUsd
      seen.duplicateWorkUsd += duplicateWorkUsd
    }
  }
  // the cases are of use only when they waste money in every way
  if (CASES > 500) expect(Object.entries(seen).filter(([, usd]) => usd === 0)).toEqual([])
})
