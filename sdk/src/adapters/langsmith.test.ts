// Feedback of LangSmith as scores: verdicts, figures, labels, and the run they are of.
import { SEAMTRACE } from '@seamtrace/schema'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Recorder, recordSpans } from '../../test/spans.ts'
import { scoreFromFeedback } from './langsmith.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

const RUN_ID = '00000000-0000-0000-bcce-b302099a8057'
const TRACE_ID = '01890a5d-ac96-774b-bcce-b302099a8057'

test('a boolean is a verdict on the run that came to LangSmith by OpenTelemetry', async () => {
  scoreFromFeedback({
    key: 'correct',
    score: false,
    run_id: RUN_ID,
    trace_id: TRACE_ID,
    comment: 'wrong order',
    feedback_source: { type: 'api' },
  })
  const span = await spans.one('check correct')
  expect(span.spanContext().traceId).toBe(TRACE_ID.replaceAll('-', ''))
  expect(span.attributes).toMatchObject({
    [SEAMTRACE.checkResult]: 'fail',
    [SEAMTRACE.checkTarget]: 'result',
    [SEAMTRACE.checkReason]: 'wrong order',
  })
})

test('a figure says no only below a threshold', async () => {
  scoreFromFeedback({ key: 'helpful', score: 0.4, runId: RUN_ID }, { thresholds: { helpful: 0.7 } })
  scoreFromFeedback({ key: 'bare', score: 0.4, runId: RUN_ID })
  expect((await spans.one('check helpful')).attributes).toMatchObject({ [SEAMTRACE.checkResult]: 'fail', [SEAMTRACE.checkScore]: 0.4 })
  expect((await spans.one('check bare')).attributes[SEAMTRACE.checkResult]).toBeUndefined()
})

test('a word is the label, and the run may be one of ours', async () => {
  scoreFromFeedback({ key: 'grade', value: 'fail' }, { run: 'ticket-7' })
  expect((await spans.one('check grade')).attributes).toMatchObject({ [SEAMTRACE.checkResult]: 'fail', [SEAMTRACE.runId]: 'ticket-7' })
})

test('what is no feedback does not reach the program', () => {
  expect(() => scoreFromFeedback(JSON.parse('null'))).not.toThrow()
})
