import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { type Recorder, recordSpans, statusOf } from '../test/spans.ts'
import { agent, resultStatus, tool } from './call.ts'
import { check, type Verdict } from './check.ts'
import { Waiting } from './failure.ts'
import { human } from './human.ts'
import { retrieval } from './retrieval.ts'
import { memory, state } from './state.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

describe('tool', () => {
  it('records name, digest of the input and size of the output', async () => {
    const order = await tool('get_order', { input: { id: 7 }, sideEffect: false, callId: 'call_1' }, async ({ id }) => ({ id, total: 3 }))
    expect(order).toEqual({ id: 7, total: 3 })
    expect((await spans.one('execute_tool get_order')).attributes).toEqual({
      'seamtrace.span.kind': 'tool',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'get_order',
      'gen_ai.tool.call.id': 'call_1',
      'seamtrace.tool.side_effect': false,
      'seamtrace.call.input.digest': expect.stringMatching(/^[0-9a-f]{16}$/),
      'seamtrace.call.output.size': 18,
      'seamtrace.tool.result.status': 'ok',
    })
  })

  it('names an error by its code, else its HTTP status, else its class', async () => {
    class PaymentDeclined extends Error {}
    const errors = [
      Object.assign(new Error('a'), { code: 'ECONNREFUSED' }),
      Object.assign(new Error('b'), { status: 429 }),
      new PaymentDeclined('c'),
      new DOMException('d', 'TimeoutError'),
    ]
    for (const error of errors)
      expect(() =>
        tool('t', {}, () => {
          throw error
        }),
      ).toThrow(error)
    const found = await spans.named('execute_tool t')
    expect(found.map((span) => [span.attributes['error.type'], span.attributes['http.response.status_code'], statusOf(span)])).toEqual([
      ['ECONNREFUSED', undefined, 'ERROR'],
      ['429', 429, 'ERROR'],
      ['PaymentDeclined', undefined, 'ERROR'],
      ['TimeoutError', undefined, 'ERROR'],
    ])
  })

  it('tells an empty or failed result from a good one', () => {
    const words = [null, '', [], { results: [] }, { isError: true }, { ok: false }, 0, false, undefined, { results: [1] }, 'x'].map(
      resultStatus,
    )
    expect(words).toEqual(['empty', 'empty', 'empty', 'empty', 'error', 'error', 'ok', 'ok', 'ok', 'ok', 'ok'])
  })

  it('keeps types', () => {
    expectTypeOf(tool('t', { input: 1 }, (input) => `${input}`)).toEqualTypeOf<string>()
    expectTypeOf(retrieval('r', { input: { q: 'x' } }, async ({ q }) => [q])).toEqualTypeOf<Promise<string[]>>()
    expectTypeOf(agent('a', {}, () => null)).toEqualTypeOf<null>()
    expectTypeOf(check('c', {}, async () => ({ pass: true, score: 1 }))).toEqualTypeOf<Promise<{ pass: true; score: number }>>()
    expectTypeOf(check('c', {}, (): Verdict => ({ pass: true }))).toEqualTypeOf<Verdict>()
    expectTypeOf(human('h', { type: 'input' }, async () => ({ decision: 'approved', by: 1 }))).toEqualTypeOf<
      Promise<{ decision: string; by: number }>
    >()
  })
})

describe('retrieval and agent', () => {
  it('carry the operation of the GenAI convention', async () => {
    retrieval('handbook', { input: { q: 'x' } }, () => [])
    agent('researcher', {}, () => 'report')
    expect((await spans.one('retrieval handbook')).attributes).toMatchObject({
      'seamtrace.span.kind': 'retrieval',
      'gen_ai.operation.name': 'retrieval',
      'gen_ai.data_source.id': 'handbook',
      'seamtrace.tool.result.status': 'empty',
    })
    expect((await spans.one('invoke_agent researcher')).attributes).toMatchObject({
      'seamtrace.span.kind': 'agent',
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'researcher',
      'seamtrace.call.output.size': 8,
    })
  })
})

describe('check', () => {
  it('that says no is a successful span', async () => {
    expect(check('totals', { of: 'reconcile' }, () => false)).toBe(false)
    const verdict = await check('grounded', { of: 'result', input: { a: 1 } }, async () => ({ pass: true, score: 0.9, reason: 'cited' }))
    expect(verdict).toEqual({ pass: true, score: 0.9, reason: 'cited' })
    const no = await spans.one('check totals')
    expect(no.attributes).toEqual({
      'seamtrace.span.kind': 'check',
      'seamtrace.check.name': 'totals',
      'seamtrace.check.target': 'reconcile',
      'seamtrace.check.result': 'fail',
    })
    expect(statusOf(no)).toBe('UNSET')
    expect((await spans.one('check grounded')).attributes).toMatchObject({
      'seamtrace.check.target': 'result',
      'seamtrace.check.result': 'pass',
      'seamtrace.check.score': 0.9,
      'seamtrace.check.reason': 'cited',
    })
  })

  it('that breaks is an error', async () => {
    expect(() =>
      check('c', {}, () => {
        throw new Error('judge down')
      }),
    ).toThrow('judge down')
    expect(statusOf(await spans.one('check c'))).toBe('ERROR')
  })
})

describe('human', () => {
  it('records the decision, a denial without an error, and no free text', async () => {
    human('approve refund', { type: 'approval', requestId: 'q1' }, () => 'denied')
    await human('ask name', { type: 'input' }, async () => ({ decision: 'My name is Ada' }))
    const denied = await spans.one('human approve refund')
    expect(denied.attributes).toEqual({
      'seamtrace.span.kind': 'human',
      'seamtrace.human.name': 'approve refund',
      'seamtrace.human.request.type': 'approval',
      'seamtrace.human.request.id': 'q1',
      'seamtrace.human.decision': 'rejected',
    })
    expect(statusOf(denied)).toBe('UNSET')
    const asked = await spans.one('human ask name')
    expect(asked.attributes['seamtrace.human.decision']).toBe('answered')
    expect(JSON.stringify(asked.attributes)).not.toContain('Ada')
  })

  it('that answers later leaves the status unset', async () => {
    expect(() =>
      human('h', { type: 'approval' }, () => {
        throw new Waiting('tomorrow')
      }),
    ).toThrow(Waiting)
    const span = await spans.one('human h')
    expect([span.attributes['seamtrace.outcome'], statusOf(span)]).toEqual(['waiting', 'UNSET'])
  })
})

describe('state and memory', () => {
  it('record size, digest and version of what was read or written', async () => {
    await state('redis', 'get', { key: 'cart' }, async () => ({ items: [1], version: 4 }))
    await state('redis', 'restore', { key: 'gone' }, async () => null)
    expect((await spans.one('state restore redis')).attributes).toMatchObject({ 'seamtrace.state.found': false })
    state('redis', 'put', { key: 'cart', value: { items: [] }, version: 5 }, () => 'OK')
    memory('mem0', 'get', {}, () => null)
    expect((await spans.one('state get redis')).attributes).toMatchObject({
      'seamtrace.span.kind': 'state',
      'seamtrace.state.store.name': 'redis',
      'seamtrace.state.operation': 'get',
      'seamtrace.state.key': 'cart',
      'seamtrace.state.size': 25,
      'seamtrace.state.version': '4',
      'seamtrace.state.keys': ['items', 'version'],
    })
    expect((await spans.one('state put redis')).attributes).toMatchObject({
      'seamtrace.state.operation': 'put',
      'seamtrace.state.size': 12,
      'seamtrace.state.version': '5',
    })
    expect((await spans.one('memory get mem0')).attributes).toMatchObject({ 'seamtrace.span.kind': 'memory', 'seamtrace.state.size': 4 })
  })
})
