import { trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isChildOf, type Recorder, recordSpans, statusOf } from '../test/spans.ts'
import { Waiting } from './failure.ts'
import { decide, type HumanRequest, human, requestHuman } from './human.ts'
import { pipeline } from './pipeline.ts'
import { telemetryErrors } from './safe.ts'
import { step } from './step.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await spans.stop()
})

/** A request as the process in which the person answers reads it from where it was stored. */
const storedRequest = (options: { runId?: string; requestId?: string } = {}): HumanRequest => {
  let stored = ''
  const ask = (): void =>
    pipeline('refunds', options.runId === undefined ? {} : { runId: options.runId }, () => {
      const request = step('approve', () => requestHuman('approve refund', { type: 'approval', requestId: options.requestId }))
      stored = JSON.stringify(request)
      throw new Waiting(`approval ${request.requestId}`)
    })
  expect(ask).toThrow(Waiting)
  return JSON.parse(stored) as HumanRequest
}

const decisions = async (): Promise<unknown[]> =>
  (await spans.named('human approve refund')).map(({ attributes }) => attributes['seamtrace.human.decision'])

describe('a request that is decided elsewhere', () => {
  it.each([[{}], [{ runId: 'run-7' }]])('is of the run that waits, %j', async (options) => {
    const request = storedRequest(options)
    decide(request, 'approved')
    const [asked, decided] = await spans.named('human approve refund')
    const root = await spans.one('pipeline refunds')
    expect(asked?.attributes).toMatchObject({ 'seamtrace.outcome': 'waiting', 'seamtrace.step.name': 'approve' })
    expect(decided?.attributes).toMatchObject({
      'seamtrace.run.id': request.run?.id,
      'seamtrace.pipeline.name': 'refunds',
      'seamtrace.human.decision': 'approved',
      'seamtrace.human.request.id': request.requestId,
    })
    expect(decided && isChildOf(decided, root)).toBe(true)
    expect([asked, decided, root].map((span) => span && statusOf(span))).toEqual(['UNSET', 'UNSET', 'UNSET'])
  })

  it('is no part of the trace of the web hook that brings the answer', async () => {
    const request = storedRequest()
    trace.getTracer('hook').startActiveSpan('POST /answers', (span) => {
      decide(request, 'approved')
      span.end()
    })
    const [asked, decided] = await spans.named('human approve refund')
    expect(decided?.spanContext().traceId).toBe(asked?.spanContext().traceId)
  })

  it('stands in the run that goes on with it', async () => {
    const request = storedRequest()
    pipeline('refunds', { runId: request.run?.id }, () => decide(request, 'approved'))
    const [, goesOn] = await spans.named('pipeline refunds')
    const [, decided] = await spans.named('human approve refund')
    expect(goesOn && decided && isChildOf(decided, goesOn)).toBe(true)
  })

  it('may expire', async () => {
    decide(storedRequest(), 'expired')
    expect(await decisions()).toEqual([undefined, 'expired'])
  })

  it('twice is recorded twice, and told once', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const request = storedRequest({ requestId: 'q-17' })
    for (const answer of ['yes', 'no', 'no']) decide(request, answer)
    expect(await decisions()).toEqual([undefined, 'approved', 'rejected', 'rejected'])
    expect(warning.mock.calls.map(([, options]) => Reflect.get(Object(options), 'code'))).toEqual(['decided-twice'])
  })

  it('of a stranger, or outside of any run, hurts nobody', async () => {
    const before = telemetryErrors()
    const outside = requestHuman('ask', { type: 'input' })
    expect(outside.run).toBeUndefined()
    decide(outside, 'Ada')
    decide({ ...outside, requestId: 'q-18', run: { id: 'a\u0000b', pipeline: 'p', root: 'x' } }, 'Ada')
    const told = await spans.named('human ask')
    expect(told.map(({ attributes }) => attributes['seamtrace.run.id'])).toEqual([undefined, undefined, undefined])
    expect(telemetryErrors()).toBe(before)
  })
})

describe('human', () => {
  it('keeps free text to itself, and takes any answer of a caller without types', async () => {
    const before = telemetryErrors()
    const loose = human as unknown as (name: string, options: object, fn: () => unknown) => unknown
    for (const answer of ['constructor', 7, null, undefined, { decision: 1 }, true]) expect(loose('h', {}, () => answer)).toBe(answer)
    const told = await spans.named('human h')
    expect(told.map(({ attributes }) => attributes['seamtrace.human.decision'])).toEqual(Array(6).fill('answered'))
    expect(telemetryErrors()).toBe(before)
  })

  it('that nobody answers in time has failed', async () => {
    const late = human('h', { type: 'review' }, (): Promise<string> => Promise.reject(new Error('nobody there')))
    await expect(late).rejects.toThrow('nobody there')
    expect(statusOf(await spans.one('human h'))).toBe('ERROR')
  })
})
