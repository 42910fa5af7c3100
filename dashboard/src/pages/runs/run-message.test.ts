// The message of a run is found behind all that has a column of its own; what reads otherwise is shown whole.
import type { RunSummary } from '@seamtrace/schema'
import { expect, test } from 'vitest'
import { runMessage } from './run-message.ts'

const attributedTo: RunSummary['attributedTo'] = {
  seam: 'order_status→orders_api',
  seamKind: 'tool',
  step: 'order_status',
  layer: 'execution',
  gap: 'tool',
  kind: 'tool_timeout',
  rule: 'r',
  certain: true,
  spanId: 's',
}
const run = (story: string, more: Partial<RunSummary> = {}) => ({ story, provisional: false, attributedTo, ...more }) as RunSummary
const HEAD = 'Failed after 25.0 s at order_status→orders_api (tool gap, tool timeout, every attempt used up)'

test('the message alone', () => {
  expect(runMessage(run(`${HEAD}: attempt 3 of 3 timed out (7500 ms): gone; $0.00017 spent, all wasted.`))).toBe(
    'attempt 3 of 3 timed out (7500 ms): gone',
  )
  expect(runMessage(run(`${HEAD}: no route.`))).toBe('no route')
})

test('why it failed, where there is no message', () => {
  expect(runMessage(run(`${HEAD}; $0.02 spent, $0.01 of it wasted.`))).toBe('tool gap, tool timeout, every attempt used up')
})

test('every other story is whole, without what has a column', () => {
  const story = 'Succeeded in 5.4 s over 5 steps, rescued at order_status→orders_api'
  expect(runMessage(run(`${story}; $0.0031 spent.`, { attributedTo: null }))).toBe(`${story}.`)
  expect(runMessage(run('Told in new words.'))).toBe('Told in new words.')
  expect(runMessage(run('', { provisional: true }))).toBe('The run root has not arrived yet.')
})
