// The oracle itself: payloads are a function of seed and number, and every kind of fault is told from every other.
import type { SpanDetail, SpanSummary } from '@seamtrace/schema'
import { expect, test } from 'vitest'
import { decodeTraces } from '../../collector/src/decode/decode-traces.ts'
import { judgeDetail, judgeSpans, judgeTotal, noFindings } from './findings.ts'
import { createOracle } from './oracle.ts'
import { bodyOf, type Shape, spanOf, spansOf, traceIdOf, traceOf, tracesOf } from './payload.ts'
import { randomOf } from './random.ts'

const SHAPE: Shape = { seed: 's', traces: 2, spans: 4, contentBytes: 100 }

const summaryOf = (trace: number, index: number): SpanSummary => {
  const span = spanOf(SHAPE, trace, index)
  const { startTimeUnixNano: start, endTimeUnixNano: end } = span
  const own = { startTimeUnixNano: String(start), durationNano: String(end - start), inputTokens: 0, outputTokens: 0, costUsd: null }
  return { ...span, ...own } as unknown as SpanSummary
}
const all = () => [0, 1, 2, 3].map((index) => summaryOf(7, index))
const judge = (shown: SpanSummary[], hidden = 0, isAcked = true) => {
  const findings = noFindings()
  judgeSpans(findings, spansOf(SHAPE, 7), shown, hidden, isAcked)
  const { samples: _, ...counts } = findings
  return counts
}
const CLEAN = { lost: 0, doubled: 0, corrupted: 0, spurious: 0 }

test('a payload is the same bytes each time, and another one for another seed or number', () => {
  for (const payload of [0, 1, 2, 3, 11]) expect(bodyOf(SHAPE, payload)).toEqual(bodyOf(SHAPE, payload))
  expect(bodyOf(SHAPE, 0).bytes).not.toEqual(bodyOf({ ...SHAPE, seed: 't' }, 0).bytes)
  expect(bodyOf(SHAPE, 0).bytes).not.toEqual(bodyOf(SHAPE, 4).bytes)
})

test('a body holds exactly the spans of its traces', () => {
  expect(decodeTraces(bodyOf(SHAPE, 0).bytes, 'protobuf').spans).toEqual(tracesOf(SHAPE, 0).flatMap((trace) => spansOf(SHAPE, trace)))
  const { bytes, headers } = bodyOf(SHAPE, 3)
  expect(headers).toEqual({ 'content-type': 'application/json' })
  expect(decodeTraces(bytes, 'json').spans).toEqual(tracesOf(SHAPE, 3).flatMap((trace) => spansOf(SHAPE, trace)))
})

test('a trace id tells its number, and whether it is of this seed', () => {
  expect(traceOf(SHAPE, traceIdOf(SHAPE, 123_456_789))).toBe(123_456_789)
  expect(traceOf(SHAPE, traceIdOf({ ...SHAPE, seed: 't' }, 1))).toBeNull()
  expect(traceOf(SHAPE, 'ab'.repeat(16))).toBeNull()
})

test('a 2xx is an obligation, and nothing else is', () => {
  const oracle = createOracle(SHAPE)
  const [a, b, c] = [oracle.claim(), oracle.claim(), oracle.claim()]
  oracle.answered(a, 503)
  oracle.answered(a, 'ECONNRESET')
  oracle.answered(a, 200)
  oracle.answered(a, 200)
  oracle.answered(b, 400)
  expect([a, b, c].map(oracle.isAcked)).toEqual([true, false, false])
  expect(oracle.open()).toBe(2)
  expect(oracle.counts()).toMatchObject({ claimed: 3, acked: 1, ackedSpans: 8, requests: 5, resends: 3, answers: { 200: 2, 503: 1 } })
})

test('holds a million payloads in a few megabytes', () => {
  const oracle = createOracle(SHAPE)
  const before = process.memoryUsage().arrayBuffers
  for (let payload = 0; payload < 1_000_000; payload++) oracle.answered(oracle.claim(), 200)
  expect(oracle.counts().acked).toBe(1_000_000)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8e6)
})

test('finds nothing where all is as it was sent, in any order', () => {
  expect(judge(all().reverse())).toEqual(CLEAN)
})

test('a span that is not shown is lost when it was acknowledged, and else is none of our business', () => {
  expect(judge(all().slice(1))).toEqual({ ...CLEAN, lost: 1 })
  expect(judge([])).toEqual({ ...CLEAN, lost: 4 })
  expect(judge(all().slice(1), 0, false)).toEqual(CLEAN)
})

test('a span that is shown twice is doubled, and so is one that the list hides', () => {
  expect(judge([...all(), summaryOf(7, 2)])).toEqual({ ...CLEAN, doubled: 1 })
  expect(judge(all(), 3)).toEqual({ ...CLEAN, doubled: 3 })
})

test('a span that nobody sent is spurious', () => {
  expect(judge([...all(), summaryOf(8, 2)])).toEqual({ ...CLEAN, spurious: 1 })
})

test.each([{ name: 'another' }, { startTimeUnixNano: '1' }, { durationNano: '1' }, { parentSpanId: '' }, { traceId: 'ab'.repeat(16) }])(
  'a span with %j is corrupted, acknowledged or not',
  (change) => {
    const shown = all()
    Object.assign(shown[2] ?? {}, change)
    expect(judge(shown)).toEqual({ ...CLEAN, corrupted: 1 })
    expect(judge(shown, 0, false)).toEqual({ ...CLEAN, corrupted: 1 })
  },
)

test('an attribute that changed, came or went is corruption', () => {
  const attributes = {
    'seamtrace.span.kind': 'step',
    'seamtrace.step.name': 'step 2',
    'torture.trace': 7,
    'torture.large': (2n ** 60n + 7n).toString(),
    'torture.ratio': 7.25,
    'torture.flag': true,
    'torture.list': ['ä', 2, null],
    'torture.text': spanOf(SHAPE, 7, 2).attributes.get('torture.text'),
  }
  const detail = {
    ...summaryOf(7, 2),
    kind: 'client',
    statusCode: 'unset',
    scopeName: 'torture',
    scopeVersion: '1',
    attributes,
    resource: { 'service.name': 'torture' },
    events: [],
  }
  const found = (change: object): number => {
    const findings = noFindings()
    judgeDetail(findings, spanOf(SHAPE, 7, 2), { ...detail, ...change } as unknown as SpanDetail)
    return findings.corrupted
  }
  expect(found({})).toBe(0)
  expect(found({ attributes: { ...attributes, 'torture.ratio': 7.26 } })).toBe(1)
  expect(found({ attributes: { ...attributes, more: 1 } })).toBe(1)
  expect(found({ attributes: { 'torture.trace': 7 } })).toBe(1)
  expect(found({ statusCode: 'error' })).toBe(1)
  expect(found({ resource: {} })).toBe(1)
})

test('a total beyond what was sent is doubled, one below what was acknowledged is lost', () => {
  const found = (shown: number) => {
    const findings = noFindings()
    judgeTotal(findings, 'spans', shown, 10, 12)
    return [findings.lost, findings.doubled]
  }
  expect([9, 10, 12, 13].map(found)).toEqual([
    [1, 0],
    [0, 0],
    [0, 0],
    [0, 1],
  ])
})

test('random numbers are the same for the same seed', () => {
  const draw = (seed: string) => Array.from({ length: 5 }, randomOf(seed))
  expect(draw('a')).toEqual(draw('a'))
  expect(draw('a')).not.toEqual(draw('b'))
  expect(draw('a').every((number) => number >= 0 && number < 1)).toBe(true)
})
