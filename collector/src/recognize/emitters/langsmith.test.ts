import { expect, it } from 'vitest'
import { recognize } from '../recognize.ts'
import { type Sent, sentSpan } from '../sent.fixture.ts'

const told = (kind: string, sent: Partial<Sent>) =>
  recognize(sentSpan({ scope: 'langsmith', name: 'unit', attributes: { 'langsmith.span.kind': kind }, ...sent }))

it('a run that told an exception failed, whatever its status says', () => {
  const refused = { exception: { type: 'Error', message: 'Error: 429 Rate limit reached for requests' } }
  expect(told('llm', refused)).toMatchObject({ type: 'model', outcome: 'failure', failureKind: 'rate_limited' })
  expect(told('tool', { exception: { type: 'Error', message: 'Error: order service answered 500' } })).toMatchObject({
    type: 'tool',
    outcome: 'failure',
    failureKind: 'tool_error',
  })
  expect(told('llm', {})).toMatchObject({ outcome: 'success', errorMessage: '' })
})

it('a graph that was interrupted did not fail', () => {
  expect(told('chain', { exception: { type: 'Error', message: "GraphInterrupt((Interrupt(value='ok?'),))" } }).outcome).toBe('waiting')
})
