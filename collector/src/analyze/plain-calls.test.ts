// Requests that no convention for agents tells of: calls of a step, but inside a call only how that call works.
import { OTEL } from '@seamtrace/schema'
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize/recognize.ts'
import { analyze } from './analyze.ts'
import { type Draft, failing, model, pipeline, spansOf, step, tool } from './spans.fixture.ts'

const CLIENT = 3
const request: Draft = {
  ...failing('503', ''),
  name: 'POST',
  children: [],
  attributes: { 'http.request.method': 'POST', 'server.address': 'orders.internal', [OTEL.httpStatus]: 503 },
}

const runOf = (root: Draft) => {
  const spans = spansOf(root).map((span) => recognize(span.name === 'POST' ? { ...span, kind: CLIENT } : span))
  return analyze(spans, { nowUnixNano: spans[0]?.endTimeUnixNano ?? 0n })[0]?.run
}
const broken = failing('Error', 'it failed')

describe('a plain request', () => {
  it('is a call of its step, which its failure is charged to', () => {
    const run = runOf(pipeline('p', broken, [step('act', broken, [request])]))
    expect(run?.calls.map(({ type, name }) => [type, name])).toEqual([['tool', 'POST orders.internal']])
    expect(run?.attributedTo).toMatchObject({ seam: 'act→POST orders.internal', kind: 'tool_unavailable' })
  })

  it.each([
    ['a tool', { ...tool('orders', { ...broken, attributes: { 'gen_ai.tool.name': 'orders' } }), children: [request] }, 'act→orders'],
    ['a model', { ...model(broken), children: [request] }, 'start→act'],
  ])('inside %s is no second call', (_what, call, seam) => {
    const run = runOf(pipeline('p', broken, [step('act', broken, [call])]))
    expect(run?.calls).toHaveLength(1)
    expect(run?.attributedTo).toMatchObject({ seam })
  })
})
