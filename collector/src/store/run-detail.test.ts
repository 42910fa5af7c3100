import { describe, expect, it } from 'vitest'
import { analyze } from '../analyze/analyze.ts'
import { attempt, failing, handoff, model, pipeline, retry, spansOf, step, tool } from '../analyze/spans.fixture.ts'
import { detailOfRun, runOfDetail } from './run-detail.ts'

const timeout = failing('TimeoutError', 'orders_api timed out → "again" 😀')
const root = pipeline('refund', timeout, [
  step('classify', {}, [model(), handoff('h', 'classify', 'look up')]),
  step('look up', timeout, [
    retry('r', {}, [attempt(1, timeout, [tool('orders_api', timeout)]), attempt(2, timeout, [tool('orders_api', timeout)])]),
  ]),
  step('late', { at: 3_600_000 }, [tool('x')]),
])
const [analyzed] = analyze(spansOf(root))
const run = analyzed!.run

/** The list as the releases before wrote it: without the values that were added at the ends. */
const withoutLater = (detail: string): string => {
  const packed = JSON.parse(detail)
  packed[7] = packed[7].slice(0, 7)
  packed[11] = packed[11].map((call: unknown[]) => call.slice(0, 13))
  return JSON.stringify(packed)
}

describe('the detail of a run', () => {
  it('reads what was written before sources and classes of a cost were told', () => {
    expect(run.wastedUsd).toBeGreaterThan(0)
    expect(runOfDetail(withoutLater(detailOfRun(run)))).toEqual(run)
  })

  it('gives back the same run', () => {
    expect(run.failures.length).toBeGreaterThan(0)
    expect(run.handoffs.length).toBeGreaterThan(2)
    expect(runOfDetail(detailOfRun(run))).toEqual(run)
  })

  it('keeps times of any year', () => {
    const handoffs = run.handoffs.map((one) => ({ ...one, startTime: '+012345-01-01T00:00:01.000Z' }))
    const far = { ...run, startTime: '+012345-01-01T00:00:00.000Z', handoffs }
    expect(runOfDetail(detailOfRun(far))).toEqual(far)
    const old = { ...run, startTime: '0001-01-01T00:00:00.000Z' }
    expect(runOfDetail(detailOfRun(old))).toEqual(old)
  })

  it('reads the JSON of first releases, and refuses what a later one wrote', () => {
    expect(runOfDetail(JSON.stringify(run))).toEqual(run)
    const { cacheWriteTokens, wasted, reportedCalls, calls, ...first } = run
    const old = { ...first, calls: calls.map(({ costSource, ...call }) => call) }
    expect(runOfDetail(JSON.stringify(old))).toEqual(run)
    expect(() => runOfDetail('[2]')).toThrow('written by a newer release')
  })
})
