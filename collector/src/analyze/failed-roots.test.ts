import type { RecognizedSpan } from '@seamtrace/schema'
import { expect, it } from 'vitest'
import { analyze } from './analyze.ts'
import { type Draft, failing, pipeline, spansOf, step, tool } from './spans.fixture.ts'

const broken = failing('KeyError', 'amount')
const of = (emitter: string, children: Draft[]): RecognizedSpan[] =>
  spansOf(pipeline('refund', {}, children)).map((span) => ({ ...span, emitter }))
const told = (spans: readonly RecognizedSpan[]) => analyze(spans).map(({ run }) => [run.outcome, run.attributedTo?.seam ?? ''])

it('a root that cannot tell fails with its last step', () => {
  for (const emitter of ['openai_agents', 'adk'])
    expect(told(of(emitter, [step('classify'), step('pay', broken)]))).toEqual([['failure', 'classify→pay']])
})

it('it went past a step that failed earlier, and past a tool that failed', () => {
  expect(told(of('adk', [step('look_up', broken), step('respond')]))).toEqual([['success', '']])
  expect(told(of('openai_agents', [step('respond', {}, [tool('orders', broken)])]))).toEqual([['success', '']])
})

it('a step beside it may end later', () => {
  const beside = [step('pay', { ...broken, at: 1, ms: 5 }), step('mail', { at: 2, ms: 50 })]
  expect(told(of('adk', beside))).toEqual([['failure', 'start→pay']])
})

it('where roots fail for themselves, one that ended well has caught the error', () => {
  expect(told(of('openinference', [step('classify'), step('pay', broken)]))).toEqual([['success', '']])
})
