// Runs that have not ended, by what their programs tell: the same records give the same answer, and spans that come later win.
import { type LogRecord, type RecognizedSpan, SEAMTRACE, SEAMTRACE_EVENTS, STARTED } from '@seamtrace/schema'
import { describe, expect, it } from 'vitest'
import { type LiveFact, recognizeLog } from '../recognize/recognize-log.ts'
import { type PlainValue, sentLog } from '../recognize/sent-log.fixture.ts'
import { type AnalyzedRun, analyze } from './analyze.ts'
import { human, model, pipeline, spansOf, step } from './spans.fixture.ts'

const SECOND = 1_000_000_000n
const spans = spansOf(
  pipeline('support', { attributes: { [SEAMTRACE.pipelineName]: 'support' } }, [
    step('find', {}, [model()]),
    step('answer', { ms: 90_000 }),
  ]),
)
const [root, find, call, answer] = spans as [RecognizedSpan, RecognizedSpan, RecognizedSpan, RecognizedSpan]

const beat = (seconds: number, more: Record<string, PlainValue> = {}, of = root): LogRecord => ({
  ...sentLog({
    event: SEAMTRACE_EVENTS.heartbeat,
    traceId: of.traceId,
    spanId: of.spanId,
    attributes: {
      ...{ [SEAMTRACE.spanKind]: 'pipeline', [SEAMTRACE.pipelineName]: of.pipeline, [SEAMTRACE.heartbeatMs]: 10_000 },
      ...{ [STARTED.startTime]: String(of.startTimeUnixNano), [SEAMTRACE.changedAt]: String(of.startTimeUnixNano) },
      ...more,
    },
  }),
  timeUnixNano: of.startTimeUnixNano + BigInt(seconds) * SECOND,
})
const factsOf = (...records: LogRecord[]): LiveFact[] =>
  records.map((record) => {
    const fact = recognizeLog(record)
    if (fact?.kind !== 'live') throw new Error('cannot test: the record tells nothing')
    return fact
  })
const at = (seconds: number): bigint => root.startTimeUnixNano + BigInt(seconds) * SECOND
const only = (runs: readonly AnalyzedRun[]): AnalyzedRun => {
  expect(runs).toHaveLength(1)
  return runs[0] as AnalyzedRun
}

describe('a run whose root has not ended', () => {
  it('is running, with the steps that have ended and the one that it is in', () => {
    const logs = factsOf(beat(0), beat(10, { [SEAMTRACE.stepName]: 'answer' }))
    const { run } = only(analyze([find, call], { logs, nowUnixNano: at(11) }))
    expect(run).toMatchObject({
      outcome: 'running',
      provisional: true,
      durationMs: 10_000,
      liveness: { step: 'answer', stalledSince: null },
    })
    expect(run.runId).toBe(`${root.traceId}-${root.spanId}`)
    expect(run.steps.map(({ name }) => name)).toEqual(['find'])
    expect(run.calls).toMatchObject([{ step: 'find' }])
    expect(run.story).toBe('Running at answer: 1 step so far; $0.00021 spent.')
  })

  it('takes what has ended inside of what goes on as inside of the run', () => {
    const runs = analyze([call], { logs: factsOf(beat(1)), nowUnixNano: at(2) })
    expect(only(runs).run).toMatchObject({ outcome: 'running', pipeline: 'support', calls: [{ type: 'model' }] })
  })

  it('is unknown when three heartbeats are missing, and not before', () => {
    const logs = factsOf(beat(10, { [SEAMTRACE.stepName]: 'answer' }))
    const before = only(analyze([find], { logs, nowUnixNano: at(41) }))
    expect(before.run.outcome).toBe('running')
    expect(before.recheckUnixNano).toBe(at(42))
    const after = only(analyze([find], { logs, nowUnixNano: before.recheckUnixNano }))
    expect(after.run).toMatchObject({ outcome: 'unknown', provisional: true, durationMs: 10_000, liveness: { step: 'answer' } })
    expect(after.recheckUnixNano).toBe(0n)
  })

  it('is stalled when its program is there and nothing begins or ends in it', () => {
    const stall = { [SEAMTRACE.stalledAfterMs]: 60_000 }
    expect(only(analyze([], { logs: factsOf(beat(59, stall)), nowUnixNano: at(59) })).run.liveness?.stalledSince).toBeNull()
    const { run } = only(analyze([], { logs: factsOf(beat(60, stall)), nowUnixNano: at(60) }))
    expect(run).toMatchObject({ outcome: 'running', liveness: { stalledSince: run.startTime } })
  })

  it('waits while a person is asked, and never stalls there', () => {
    const logs = factsOf(beat(600, { [SEAMTRACE.outcome]: 'waiting', [SEAMTRACE.stalledAfterMs]: 60_000 }))
    expect(only(analyze([], { logs, nowUnixNano: at(601) })).run).toMatchObject({ outcome: 'waiting', liveness: { stalledSince: null } })
    expect(only(analyze([], { logs, nowUnixNano: at(700) })).run.outcome).toBe('unknown')
  })

  it('is what its spans tell as soon as they come, whatever was told before', () => {
    const logs = factsOf(beat(0), beat(10))
    expect(analyze(spans, { logs, nowUnixNano: at(1_000) })).toEqual(analyze(spans, { nowUnixNano: at(1_000) }))
    expect(only(analyze([...spans].reverse(), { logs, nowUnixNano: at(1_000) })).run).toMatchObject({ outcome: 'success', liveness: null })
  })

  it('is the same whatever order the records come in, and however often', () => {
    const logs = factsOf(beat(0), beat(10, { [SEAMTRACE.stepName]: 'find' }), beat(20, { [SEAMTRACE.stepName]: 'answer' }))
    const late = logs.map((fact) => ({ ...fact, heardUnixNano: fact.heardUnixNano + 3_600n * SECOND }))
    const once = analyze([find, call], { logs, nowUnixNano: at(30) })
    expect(analyze([call, find], { logs: [...late, ...logs.toReversed(), ...late], nowUnixNano: at(30) })).toEqual(once)
  })

  it('fails only by its root: a step that failed may be done otherwise', () => {
    const failed = { ...find, outcome: 'failure' as const, failureKind: 'exception' as const }
    expect(only(analyze([failed], { logs: factsOf(beat(10)), nowUnixNano: at(11) })).run.outcome).toBe('running')
  })
})

it('a run that was resumed and ended elsewhere has ended, though its first program was killed', () => {
  const own = { attributes: { [SEAMTRACE.runId]: 'claim-7', [SEAMTRACE.pipelineName]: 'claims' } }
  const [first] = spansOf(pipeline('claims', own, [human('approval')]), { trace: 1 })
  const second = spansOf(pipeline('claims', own, [step('pay')]), { trace: 2, startMs: 60_000 })
  const logs = factsOf(beat(1, { [SEAMTRACE.runId]: 'claim-7' }, first))
  expect(only(analyze(second, { logs, nowUnixNano: at(10_000) })).run).toMatchObject({
    runId: 'claim-7',
    outcome: 'success',
    liveness: null,
  })
})

it('says nothing of a record that does not say how long it is good for, and bounds what it says', () => {
  expect(recognizeLog(beat(0, { [SEAMTRACE.heartbeatMs]: 0 }))).toBeNull()
  const [fact] = factsOf(
    beat(0, { [SEAMTRACE.heartbeatMs]: 1e15, [STARTED.startTime]: '9999999999999999999', [STARTED.parentSpanId]: "' OR 1" }),
  )
  expect(fact).toMatchObject({ everyMs: 3_600_000, span: { startTimeUnixNano: root.startTimeUnixNano, parentSpanId: '' } })
})

it('tells of several runs of one trace each by itself', () => {
  const other = { ...answer, spanId: 'f'.repeat(16), pipeline: 'billing', parentSpanId: '' }
  const runs = analyze([], { logs: factsOf(beat(1), beat(1, {}, other)), nowUnixNano: at(2) })
  expect(runs.map(({ run }) => [run.pipeline, run.outcome])).toEqual([
    ['support', 'running'],
    ['billing', 'running'],
  ])
})
