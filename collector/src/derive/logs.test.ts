import type { LogRecord, RecognizedSpan, Run } from '@seamtrace/schema'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { analyze } from '../analyze/analyze.ts'
import { model, pipeline, spansOf, step } from '../analyze/spans.fixture.ts'
import { recognizeLog } from '../recognize/recognize-log.ts'
import { type SentLog, sentLog } from '../recognize/sent-log.fixture.ts'
import { insertLogs } from '../store/insert-logs.fixture.ts'
import { insertSpans } from '../store/insert-spans.fixture.ts'
import { readRows } from '../store/read.ts'
import { readTellingLogs } from '../store/read-telling-logs.ts'
import { rangesOfTraces } from '../store/touched-traces.ts'
import { type Deriving, startDeriving } from './deriving.fixture.ts'

let deriving: Deriving
beforeAll(async () => {
  deriving = await startDeriving()
})
afterAll(() => deriving.close())

const eventually = async (project: string, passes: (run: Run | undefined) => boolean): Promise<Run | undefined> => {
  for (;;) {
    const [found] = await deriving.runs(project)
    if (passes(found)) return found
    await deriving.derive.look()
  }
}

const silent = { attributes: { 'gen_ai.usage.input_tokens': '', 'gen_ai.usage.output_tokens': '' } }
const traceOf = (trace: number): RecognizedSpan[] =>
  spansOf(pipeline('support', {}, [step('find'), step('answer', {}, [model(silent)])]), { trace })
const at = (span: RecognizedSpan | undefined, sent: SentLog): LogRecord =>
  sentLog({ traceId: span?.traceId ?? '', spanId: span?.spanId ?? '', ...sent })
const DAY_MS = 86_400_000
const wrong = (span: RecognizedSpan | undefined, atMs = DAY_MS): LogRecord =>
  at(span, {
    event: 'gen_ai.evaluation.result',
    atMs,
    attributes: { 'gen_ai.evaluation.name': 'correctness', 'gen_ai.evaluation.score.label': 'incorrect' },
  })
const usage = (span: RecognizedSpan | undefined): LogRecord =>
  at(span, {
    event: 'gen_ai.client.inference.operation.details',
    attributes: {
      ...{ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o-mini' },
      ...{ 'gen_ai.usage.input_tokens': 1000, 'gen_ai.usage.output_tokens': 100 },
    },
  })

it('analyzes a run again when a verdict on it comes, as it is analyzed with both at hand', async () => {
  const spans = traceOf(0xe1)
  await insertSpans(deriving.store, 'late', spans)
  expect(await eventually('late', (run) => run !== undefined)).toMatchObject({ outcome: 'success', unpricedCalls: 1 })
  const logs = [wrong(spans[2]), usage(spans[3])]
  await insertLogs(deriving.store, 'late', logs)
  const run = await eventually('late', (found) => found?.outcome === 'failure')
  expect(run).toMatchObject({ attributedTo: { seam: 'find→answer', kind: 'rejected_by_check' }, inputTokens: 1000, costUsd: 0.00021 })
  const facts = logs.flatMap((log) => recognizeLog(log) ?? [])
  const [expected] = analyze(spans, { logs: facts })
  expect(run).toEqual(expected?.run)
})

it('takes the records that came before their spans', async () => {
  const spans = traceOf(0xe2)
  await insertLogs(deriving.store, 'early', [wrong(spans[2]), usage(spans[3])])
  await deriving.derive.look()
  expect(await deriving.runs('early')).toEqual([])
  await insertSpans(deriving.store, 'early', spans)
  expect(await eventually('early', (run) => run !== undefined)).toMatchObject({ outcome: 'failure', inputTokens: 1000 })
})

it('never takes those of another project, under the same ids', async () => {
  const spans = traceOf(0xe3)
  await insertSpans(deriving.store, 'mine', spans)
  await insertLogs(deriving.store, 'theirs', [wrong(spans[2])])
  await insertSpans(deriving.store, 'theirs', spans)
  expect(await eventually('theirs', (run) => run !== undefined)).toMatchObject({ outcome: 'failure' })
  expect(await eventually('mine', (run) => run !== undefined)).toMatchObject({ outcome: 'success' })
})

it('has no trace analyzed again for what tells nothing of it', async () => {
  const [span] = traceOf(0xe4)
  const touches = async () =>
    (await readRows<{ touches: number }>(deriving.store, "SELECT sum(touches) AS touches FROM trace_touch WHERE project = 'plain'"))[0]
      ?.touches
  await insertLogs(deriving.store, 'plain', [at(span, { body: 'found order 17' }), at(span, { event: 'app.started' })])
  expect(await touches()).toBe(0)
  await insertLogs(deriving.store, 'plain', [
    at(span, { attributes: { 'exception.type': 'E' } }),
    sentLog({ traceId: '', event: 'gen_ai.choice' }),
  ])
  expect(await touches()).toBe(1)
})

it('reads what recognition takes, and no more', async () => {
  const [span] = traceOf(0xe5)
  const telling: SentLog[] = [
    { event: 'gen_ai.user.message', body: { content: 'Where is it?' } },
    { event: 'claude_code.api_request', attributes: { model: 'm', cost_usd: 0.5 } },
    { scope: 'com.anthropic.claude_code.events', body: 'claude_code.api_error', attributes: { 'event.name': 'api_error' } },
    { attributes: { 'exception.message': 'no order' } },
    { event: 'gen_ai.evaluation.result', attributes: { 'gen_ai.evaluation.score.label': 'pass' } },
  ]
  const logs = telling.map((sent, index) => at(span, { ...sent, atMs: index }))
  const long = at(span, { event: 'gen_ai.choice', body: { message: 'x'.repeat(20_000) }, atMs: 9 })
  await insertLogs(deriving.store, 'read', [...logs, long, at(span, { body: 'found order 17' })])
  const { ranges } = await rangesOfTraces(deriving.store, [{ project: 'read', traceId: span?.traceId ?? '' }])
  const read = [...(await readTellingLogs(deriving.store, ranges, 16_384)).values()].flat()
  const facts = (of: readonly LogRecord[]) => of.map((log) => recognizeLog(log)).map((fact) => fact && { ...fact, call: null, span: null })
  const byTime = read.toSorted((a, b) => Number(a.timeUnixNano - b.timeUnixNano))
  expect(facts(byTime)).toEqual(facts([...logs, { ...long, body: null }]))
  expect(facts(byTime)).not.toContain(null)
})

it('ends without a warning', () => {
  expect(deriving.warnings).toEqual([])
})
