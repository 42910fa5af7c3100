import { type RecognizedSpan, SEAMTRACE } from '@seamtrace/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LogFact, recognizeLog } from '../recognize/recognize-log.ts'
import { type SentLog, sentLog } from '../recognize/sent-log.fixture.ts'
import { analyze } from './analyze.ts'
import { attempt, check, failing, model, pipeline, spansOf, step, tool } from './spans.fixture.ts'

const LATE_MS = 3_600_000
const silentUsage = { attributes: { 'gen_ai.usage.input_tokens': '', 'gen_ai.usage.output_tokens': '' } }

const factsOf = (...sent: SentLog[]): LogFact[] => sent.flatMap((one) => recognizeLog(sentLog(one)) ?? [])
const judged = (span: RecognizedSpan | undefined, label: string, extra: SentLog = {}): SentLog => ({
  event: 'gen_ai.evaluation.result',
  atMs: LATE_MS,
  ...(span && { spanId: span.spanId }),
  ...extra,
  attributes: {
    'gen_ai.evaluation.name': 'correctness',
    'gen_ai.evaluation.score.label': label,
    'gen_ai.evaluation.explanation': 'another order',
    ...extra.attributes,
  },
})
const named = (spans: readonly RecognizedSpan[], name: string): RecognizedSpan => {
  const found = spans.find((span) => span.name === name)
  if (!found) throw new Error(`no span ${name}`)
  return found
}
const runOf = (spans: readonly RecognizedSpan[], ...sent: SentLog[]) => {
  const [first, ...others] = analyze(spans, { logs: factsOf(...sent) })
  expect(others).toEqual([])
  if (!first) throw new Error('no run')
  return first.run
}

describe('an evaluation', () => {
  const spans = spansOf(pipeline('support', {}, [step('find'), step('answer', {}, [model()])]))
  const answer = named(spans, 'answer')
  const inference = named(spans, 'chat gpt-4o-mini')

  it('that says no makes a green run a failure, charged to the step that it judges', () => {
    for (const span of [answer, inference]) {
      expect(runOf(spans, judged(span, 'fail'))).toMatchObject({
        outcome: 'failure',
        attributedTo: { seam: 'find→answer', kind: 'rejected_by_check', rule: 'score-targets-step', certain: false, spanId: span.spanId },
        failures: [{ message: 'correctness: fail, another order' }],
      })
    }
  })

  it('that says yes, or neither, leaves it a success, and is shown with its calls', () => {
    for (const label of ['pass', 'medium']) {
      const run = runOf(spans, judged(inference, label))
      expect(run).toMatchObject({ outcome: 'success', failures: [] })
      expect(run.calls).toContainEqual(
        expect.objectContaining({ type: 'check', name: 'correctness', step: 'answer', spanId: inference.spanId }),
      )
    }
  })

  it('of the root says that the result is wrong, of which no step can be charged', () => {
    const run = runOf(spans, judged(spans[0], 'fail'))
    expect(run).toMatchObject({ outcome: 'failure', attributedTo: null })
    expect(run.story).toContain('correctness said no')
  })

  it('finds evidence in the run before it is charged to the step', () => {
    const lost = { attributes: { [SEAMTRACE.stateMissingKeys]: ['order'] } }
    const told = spansOf(pipeline('support', {}, [step('find'), step('answer', lost, [model()])]))
    expect(runOf(told, judged(named(told, 'answer'), 'fail'))).toMatchObject({ attributedTo: { kind: 'missing_state', gap: 'state' } })
  })

  it('counts by its last verdict', () => {
    const later = { atMs: LATE_MS + 1 }
    expect(runOf(spans, judged(answer, 'fail'), judged(answer, 'pass', later)).outcome).toBe('success')
    expect(runOf(spans, judged(answer, 'pass'), judged(answer, 'fail', later)).outcome).toBe('failure')
  })

  it('that came while the run went on is no statement about its result', () => {
    const early = { atMs: 3 }
    expect(runOf(spans, judged(named(spans, 'find'), 'fail', early)).outcome).toBe('success')
    const again = spansOf(pipeline('support', {}, [step('answer', {}, [model(), model()])]))
    const first = named(again, 'chat gpt-4o-mini')
    const judgedAtMs = Number((first.endTimeUnixNano - 1_790_000_000_000_000_000n) / 1_000_000n)
    expect(runOf(again, judged(first, 'fail', { atMs: judgedAtMs - 1 })).outcome).toBe('success')
    expect(runOf(again, judged(first, 'fail')).outcome).toBe('failure')
  })

  it('explains nothing in a run that failed by itself', () => {
    const timeout = failing('TimeoutError', 'timed out')
    const failed = spansOf(pipeline('support', timeout, [step('find', timeout, [tool('orders', timeout)])]))
    const alone = runOf(failed)
    const { attributedTo, failures, durationMs, steps } = runOf(failed, judged(failed[0], 'fail'), judged(named(failed, 'find'), 'fail'))
    expect({ attributedTo, failures, durationMs, steps }).toEqual({
      ...{ attributedTo: alone.attributedTo, failures: alone.failures },
      ...{ durationMs: alone.durationMs, steps: alone.steps },
    })
  })

  it('finds its run by the response that it names, or by its trace where that has one run only', () => {
    const told = spansOf(pipeline('support', {}, [step('answer', {}, [model({ attributes: { 'gen_ai.response.id': 'r1' } })])]))
    const byResponse = judged(undefined, 'fail', { spanId: '', attributes: { 'gen_ai.response.id': 'r1' } })
    expect(runOf(told, byResponse)).toMatchObject({ attributedTo: { step: 'answer' } })
    expect(runOf(told, judged(undefined, 'fail', { spanId: '' })).outcome).toBe('failure')
    const two = spansOf({ name: 'batch', children: [pipeline('a'), pipeline('b')] })
    const outcomes = (...sent: SentLog[]) => analyze(two, { logs: factsOf(...sent) }).map(({ run }) => run.outcome)
    expect(outcomes(judged(undefined, 'fail', { spanId: '' }))).toEqual(['success', 'success'])
    expect(outcomes(judged(named(two, 'b'), 'fail'))).toEqual(['success', 'failure'])
  })

  it('waits for the span that it points at', () => {
    expect(runOf(spans, judged(undefined, 'fail', { spanId: 'f'.repeat(16) })).outcome).toBe('success')
  })

  it('beside a check of the program is another check', () => {
    const checked = spansOf(
      pipeline('support', {}, [step('answer'), check('correctness', { attributes: { [SEAMTRACE.checkResult]: 'pass' } })]),
    )
    expect(runOf(checked, judged(named(checked, 'answer'), 'fail')).outcome).toBe('failure')
  })
})

describe('a record of a call', () => {
  const spans = spansOf(pipeline('support', {}, [step('answer', {}, [model(silentUsage)])]))
  const inference = named(spans, 'chat gpt-4o-mini')
  const details = (attributes: Record<string, string | number | string[]> = {}): SentLog => ({
    event: 'gen_ai.client.inference.operation.details',
    spanId: inference.spanId,
    attributes: {
      ...{ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o-mini' },
      ...{ 'gen_ai.usage.input_tokens': 1000, 'gen_ai.usage.output_tokens': 100, ...attributes },
    },
  })

  it('gives tokens and cost to an inference that tells none, once however often it comes', () => {
    expect(runOf(spans)).toMatchObject({ inputTokens: 0, unpricedCalls: 1 })
    expect(runOf(spans, details(), details())).toMatchObject({ inputTokens: 1000, outputTokens: 100, costUsd: 0.00021, unpricedCalls: 0 })
  })

  it('leaves what the span tells itself', () => {
    const told = spansOf(pipeline('support', {}, [step('answer', {}, [model()])]))
    const other = details({ 'gen_ai.usage.input_tokens': 7, 'gen_ai.request.model': 'gpt-5' })
    const { inputTokens, costUsd, calls } = runOf(told, { ...other, spanId: named(told, 'chat gpt-4o-mini').spanId })
    expect({ inputTokens, costUsd, names: calls.map(({ name }) => name) }).toEqual({
      inputTokens: 1000,
      costUsd: 0.00021,
      names: ['gpt-4o-mini'],
    })
  })

  it('with an amount that was paid goes before a price, also where it only names the request', () => {
    const attributes = { span_type: '', 'gen_ai.response.id': 'req-1' }
    const told = spansOf(pipeline('support', {}, [step('answer', {}, [model({ attributes })])]))
    const paid: SentLog = {
      event: 'claude_code.api_request',
      spanId: named(told, 'answer').spanId,
      attributes: { model: 'gpt-4o-mini', cost_usd: 0.5, request_id: 'req-1', input_tokens: 1000, output_tokens: 100 },
    }
    expect(runOf(told, paid)).toMatchObject({ costUsd: 0.5, reportedCalls: 1, inputTokens: 1000 })
    const stranger = { ...paid, attributes: { ...paid.attributes, request_id: 'req-2' } }
    expect(runOf(told, stranger)).toMatchObject({ costUsd: 0.00021, reportedCalls: 0 })
  })

  it('tells why a good inference was of no use, but never that it failed', () => {
    const filtered = details({ 'gen_ai.response.finish_reasons': ['content_filter'] })
    const program = failing('Error', 'no answer')
    const spansOfFailed = spansOf(pipeline('support', program, [step('answer', program, [model(silentUsage)])]))
    const { spanId } = named(spansOfFailed, 'chat gpt-4o-mini')
    expect(runOf(spansOfFailed, { ...filtered, spanId })).toMatchObject({ attributedTo: { kind: 'content_filter' } })
    const error: SentLog = {
      event: 'claude_code.api_error',
      spanId: inference.spanId,
      attributes: { error: 'overloaded', status_code: 529 },
    }
    expect(runOf(spans, error)).toMatchObject({ outcome: 'success', failures: [] })
  })

  it('gives a failed span the error that it does not tell', () => {
    const silentError = { error: { type: '', message: '' } }
    const failed = spansOf(pipeline('support', silentError, [step('answer', silentError, [model(silentError)])]))
    const { spanId } = named(failed, 'chat gpt-4o-mini')
    const error: SentLog = { event: 'claude_code.api_error', spanId, attributes: { error: 'slow down', status_code: 429 } }
    expect(runOf(failed, error)).toMatchObject({ attributedTo: { kind: 'rate_limited' }, failures: [{ message: 'slow down' }] })
  })
})

describe('an exception', () => {
  const record = (span: RecognizedSpan, type: string, message: string): SentLog => ({
    spanId: span.spanId,
    attributes: { 'exception.type': type, 'exception.message': message },
  })

  it('names the cause of a failure whose span says nothing', () => {
    const nothing = { error: { type: '', message: '' } }
    const failed = spansOf(pipeline('support', nothing, [step('find', nothing, [tool('orders', nothing)])]))
    const orders = named(failed, 'orders')
    expect(runOf(failed)).toMatchObject({ attributedTo: { kind: 'tool_error' } })
    expect(runOf(failed, record(orders, 'TimeoutError', 'orders timed out'))).toMatchObject({
      attributedTo: { kind: 'tool_timeout', seam: 'find→orders' },
    })
  })

  it('that was caught, or that the span tells itself, changes nothing', () => {
    const spans = spansOf(pipeline('support', {}, [step('find', {}, [tool('orders')])]))
    expect(runOf(spans, record(named(spans, 'orders'), 'TimeoutError', 'timed out'))).toMatchObject({ outcome: 'success', failures: [] })
    const known = failing('Error', 'HTTP 503')
    const failed = spansOf(pipeline('support', known, [step('find', known, [tool('orders', known)])]))
    const plain = runOf(failed)
    expect(runOf(failed, record(named(failed, 'orders'), 'TimeoutError', 'timed out'))).toEqual(plain)
  })
})

it('messages tell that an inference was asked the same again', () => {
  const refused = {
    error: { type: '', message: 'refused' },
    attributes: { 'gen_ai.usage.input_tokens': '', 'gen_ai.usage.output_tokens': '' },
  }
  const spans = spansOf(pipeline('support', {}, [step('answer', {}, [tool('a'), model(refused), tool('b'), model()])]))
  const asked = (text: string) =>
    spans
      .filter(({ type }) => type === 'model')
      .map(({ spanId }, index) => ({
        event: 'gen_ai.user.message',
        spanId,
        body: { content: index === 0 ? 'Where is it?' : text },
      }))
  const attempts = (text: string) =>
    runOf(spans, ...asked(text))
      .calls.filter(({ type }) => type === 'model')
      .map((call) => call.attempts.length)
  expect(attempts('And now?')).toEqual([1, 1])
  expect(attempts('Where is it?')).toEqual([2])
})

it('gives the same answer in whatever order and however often the records come', () => {
  const spans = spansOf(pipeline('support', {}, [step('find'), step('answer', {}, [attempt(1, {}, [model()])])]))
  const logs = factsOf(
    judged(named(spans, 'answer'), 'fail'),
    judged(named(spans, 'find'), 'pass'),
    judged(named(spans, 'answer'), 'pass', { attributes: { 'gen_ai.evaluation.name': 'style' } }),
    { event: 'gen_ai.user.message', spanId: named(spans, 'chat gpt-4o-mini').spanId, body: { content: 'a' } },
    { event: 'gen_ai.system.message', spanId: named(spans, 'chat gpt-4o-mini').spanId, body: { content: 'b' } },
  )
  const expected = analyze(spans, { logs })
  for (const other of [logs.toReversed(), [...logs, ...logs], [...logs.slice(2), ...logs.slice(0, 2)]])
    expect(analyze(spans, { logs: other })).toEqual(expected)
})

it('never throws, never makes a run more or fewer, and never turns a failed run good, whatever is logged', () => {
  const timeout = failing('TimeoutError', 'timed out')
  const trees = [
    pipeline('support', {}, [step('find', {}, [tool('orders')]), step('answer', {}, [model(), model(silentUsage)])]),
    pipeline('support', timeout, [step('find', timeout, [attempt(1, timeout, [tool('orders', timeout)]), attempt(2, timeout)])]),
    { name: 'batch', children: [pipeline('a', {}, [step('s', {}, [model()])]), pipeline('b', timeout, [step('s', timeout)])] },
  ]
  const text = fc.constantFrom('', 'fail', 'pass', '0.5', 'r1', 'Bash', 'timed out', 'x'.repeat(20_000))
  const keys = fc.constantFrom(
    ...['gen_ai.evaluation.score.label', 'gen_ai.evaluation.score.value', 'gen_ai.evaluation.threshold', 'gen_ai.evaluation.name'],
    ...['gen_ai.operation.name', 'gen_ai.response.id', 'gen_ai.usage.input_tokens', 'model', 'cost_usd', 'success', 'error', 'decision'],
    ...['exception.type', 'exception.message', 'event.name', 'content'],
  )
  const log = fc.record({
    event: fc.constantFrom(
      ...['', 'gen_ai.evaluation.result', 'gen_ai.evaluation.result', 'gen_ai.client.inference.operation.details', 'gen_ai.choice'],
      ...[
        'gen_ai.user.message',
        'claude_code.api_request',
        'claude_code.api_error',
        'claude_code.tool_result',
        'claude_code.tool_decision',
      ],
    ),
    spanId: fc.oneof(
      fc.constant(''),
      fc.integer({ min: 1, max: 9 }).map((id) => id.toString(16).padStart(16, '0')),
    ),
    atMs: fc.constantFrom(0, 3, 7, 1_000_000),
    attributes: fc.dictionary(keys, fc.oneof(text, fc.double({ noNaN: true }), fc.boolean())),
    body: fc.oneof(text, fc.dictionary(fc.constantFrom('content', 'finish_reason', 'tool_calls'), text)),
  })
  fc.assert(
    fc.property(fc.constantFrom(...trees), fc.array(log, { maxLength: 12 }), fc.nat(), (tree, sent, turn) => {
      const spans = spansOf(tree)
      const logs = factsOf(...sent)
      const runs = analyze(spans, { logs })
      const plain = analyze(spans)
      expect(runs.map(({ run }) => run.runId)).toEqual(plain.map(({ run }) => run.runId))
      for (const [index, { run }] of runs.entries()) {
        if (plain[index]?.run.outcome === 'failure') expect(run.outcome).toBe('failure')
        const { failedRunUsd, failedAttemptsUsd, duplicateWorkUsd } = run.wasted
        expect(failedRunUsd + failedAttemptsUsd + duplicateWorkUsd).toBeCloseTo(run.wastedUsd, 9)
        expect(run.wastedUsd).toBeLessThanOrEqual(run.costUsd + 1e-9)
      }
      const at = logs.length === 0 ? 0 : turn % logs.length
      expect(analyze(spans, { logs: [...logs.slice(at), ...logs, ...logs.slice(0, at)] })).toEqual(runs)
    }),
    { numRuns: 2_000 },
  )
}, 60_000)
