import { Command, END, Send, START, StateGraph } from '@langchain/langgraph'
import { hrTimeDuration } from '@opentelemetry/core'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { facts, State } from '../../test/graph.ts'
import { isChildOf, type Recorder, recordSpans, statusOf } from '../../test/spans.ts'
import { tool } from '../call.ts'
import { instrumentGraph } from './langgraph.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

const fast = { maxAttempts: 3, initialInterval: 5, jitter: false, logWarning: false }

describe('node retries', () => {
  const flaky = (failures: number, body: unknown[] = []) => {
    let tries = 0
    return new StateGraph(State)
      .addNode(
        'call',
        () => {
          tries += 1
          body.push(tries)
          return tool('api', {}, () => {
            if (tries <= failures) throw Object.assign(new Error(`try ${tries}`), { status: 503 })
            return { answer: 'ok' }
          })
        },
        { retryPolicy: fast },
      )
      .addNode('after', () => ({}))
      .addEdge(START, 'call')
      .addEdge('call', 'after')
      .compile()
  }

  it('are attempts of one step, with the calls below the attempt', async () => {
    await instrumentGraph(flaky(2), { pipeline: 'p' }).invoke({ question: 'q' })
    const operation = await spans.one('step call')
    const attempts = await spans.named('attempt call')
    expect(facts(operation)).toEqual(['step call', 'UNSET', undefined])
    expect(
      attempts.map((span) => [
        span.attributes['seamtrace.attempt.number'],
        span.attributes['seamtrace.attempt.max'],
        statusOf(span),
        isChildOf(span, operation),
      ]),
    ).toEqual([
      [1, 3, 'ERROR', true],
      [2, 3, 'ERROR', true],
      [3, 3, 'UNSET', true],
    ])
    expect(Number(attempts[1]?.attributes['seamtrace.attempt.delay_ms'])).toBeGreaterThanOrEqual(4)
    const calls = await spans.named('execute_tool api')
    expect(calls.map((call, index) => attempts[index] !== undefined && isChildOf(call, attempts[index]))).toEqual([true, true, true])
    expect(statusOf(await spans.one('pipeline p'))).toBe('UNSET')
  })

  it('that are exhausted fail the step and the run', async () => {
    await expect(instrumentGraph(flaky(9), { pipeline: 'p' }).invoke({ question: 'q' })).rejects.toThrow('try 3')
    expect(await spans.named('attempt call')).toHaveLength(3)
    for (const name of ['step call', 'pipeline p']) {
      const span = await spans.one(name)
      expect([statusOf(span), span.status.message, span.attributes['error.type']]).toEqual(['ERROR', 'try 3', '503'])
    }
  })

  it('that the policy refuses end the step when it failed, not when the run ends', async () => {
    const refused = { ...fast, retryOn: () => false }
    const handled = (): Command => new Command({ goto: 'after' })
    const graph = new StateGraph(State)
      .addNode(
        'call',
        () => {
          throw new Error('fatal')
        },
        { retryPolicy: refused, errorHandler: handled },
      )
      .addNode('after', () => ({}))
      .addEdge(START, 'call')
      .compile()
    await instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' })
    const operation = await spans.one('step call')
    expect([statusOf(operation), (await spans.named('attempt call')).length]).toEqual(['ERROR', 1])
    const after = await spans.one('step after')
    expect(hrTimeDuration(operation.endTime, after.startTime)[0]).toBeGreaterThanOrEqual(0)
    expect(statusOf(await spans.one('pipeline p'))).toBe('UNSET')
  })
})

describe('control that passes on', () => {
  it('by Command goto is a handoff, linked from the receiving step', async () => {
    const graph = new StateGraph(State)
      .addNode('triage', () => new Command({ goto: 'refund', update: { notes: ['n'] } }), { ends: ['refund'] })
      .addNode('refund', () => new Command({ goto: END, update: { answer: 'x' } }), { ends: [END] })
      .addEdge(START, 'triage')
      .compile()
    await instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' })
    const [sent, received] = [await spans.one('handoff triage→refund'), await spans.one('step refund')]
    expect(sent.attributes).toMatchObject({
      'seamtrace.handoff.mode': 'pass_control',
      'seamtrace.handoff.payload.keys': ['notes'],
      'seamtrace.pipeline.name': 'p',
    })
    expect(isChildOf(sent, await spans.one('step triage'))).toBe(true)
    expect(received.attributes['seamtrace.handoff.id']).toBe(sent.attributes['seamtrace.handoff.id'])
    expect(received.links).toMatchObject([
      { context: { spanId: sent.spanContext().spanId }, attributes: { 'seamtrace.link.type': 'handoff' } },
    ])
    expect((await spans.all()).filter((span) => span.name.startsWith('handoff'))).toHaveLength(1)
  })

  it('by Command.PARENT is one handoff between the outer nodes and no error anywhere', async () => {
    const alice = new StateGraph(State)
      .addNode('talk', () => new Command({ goto: 'bob', graph: Command.PARENT, update: { notes: ['from alice'] } }))
      .addEdge(START, 'talk')
      .compile()
    const graph = new StateGraph(State)
      .addNode('alice', alice, { ends: ['bob'] })
      .addNode('bob', () => ({ answer: 'x' }))
      .addEdge(START, 'alice')
      .compile()
    const result = await instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' })
    expect(result).toMatchObject({ answer: 'x', notes: ['from alice'] })
    await spans.one('handoff alice→bob')
    const all = await spans.all()
    expect(all.filter((span) => span.name.startsWith('handoff'))).toHaveLength(1)
    expect(all.map(statusOf)).toEqual(all.map(() => 'UNSET'))
    expect(all.flatMap((span) => span.events)).toEqual([])
    expect(isChildOf(await spans.one('step talk'), await spans.one('step alice'))).toBe(true)
  })

  it('by Send in a Command carries the payload of each receiver', async () => {
    const graph = new StateGraph(State)
      .addNode('plan', () => new Command({ goto: [new Send('work', { question: 'a' }), new Send('work', { question: 'bb' })] }), {
        ends: ['work'],
      })
      .addNode('work', ({ question }: { question: string }) => ({ notes: [question] }))
      .addEdge(START, 'plan')
      .compile()
    await instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' })
    const sent = await spans.named('handoff plan→work')
    const received = await spans.named('step work')
    const digests = (list: ReadableSpan[], key: string) =>
      list.map((span) => [span.attributes['seamtrace.handoff.id'], span.attributes[key]]).sort()
    expect(sent).toHaveLength(2)
    expect(digests(received, 'seamtrace.state.digest')).toEqual(digests(sent, 'seamtrace.handoff.payload.digest'))
  })
})
