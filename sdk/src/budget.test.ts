import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Recorder, recordSpans } from '../test/spans.ts'
import { budget, spend } from './budget.ts'
import { tool } from './call.ts'
import { BudgetExceeded } from './failure.ts'
import { pipeline } from './pipeline.ts'
import { retry } from './retry.ts'
import { step } from './step.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await spans.stop()
})

it('stops before the step that is too many, and says so as the failure kind', async () => {
  const done: string[] = []
  const run = (): void =>
    pipeline('p', () =>
      budget({ steps: 2, onExceeded: 'stop' }, () => {
        for (const name of ['a', 'b', 'c']) step(name, () => done.push(name))
      }),
    )
  expect(run).toThrow(BudgetExceeded)
  expect(done).toEqual(['a', 'b'])
  expect((await spans.one('step c')).attributes['seamtrace.failure.kind']).toBe('step_budget')
})

it('counts what is spent in every budget around, and a finished result is never lost', () => {
  const result = budget({ costUsd: 1, onExceeded: 'stop' }, (outer) =>
    budget({ tokens: 10 }, (inner) => {
      spend({ tokens: 5, costUsd: 2 })
      return [outer.used.costUsd, inner.used.tokens, outer.signal.aborted, inner.signal.aborted]
    }),
  )
  expect(result).toEqual([2, 5, true, false])
})

it('a budget that is spent is not tried again', async () => {
  let tries = 0
  const work = budget({ tokens: 1, onExceeded: 'stop' }, () => {
    spend({ tokens: 2 })
    return retry('r', { attempts: 3, backoffMs: 1 }, () => {
      tries += 1
    })
  })
  await expect(work).rejects.toMatchObject({ name: 'BudgetExceeded', kind: 'cost_budget' })
  expect(tries).toBe(0)
  expect(await spans.named('attempt r')).toHaveLength(1)
})

it('warns once and goes on', () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  expect(pipeline('p', () => budget({ steps: 0 }, () => step('a', () => step('b', () => tool('t', () => 3)))))).toBe(3)
  expect(warning).toHaveBeenCalledTimes(1)
})
