// What is analyzed: ordinary runs as the SDK sends them, what real frameworks sent, and traces as large as a runaway program makes them.
import type { RecognizedSpan, Span } from '@seamtrace/schema'
import * as large from '../../../collector/src/analyze/large-traces.fixture.ts'
import { decodeTraces } from '../../../collector/src/decode/decode-traces.ts'
import { recognize } from '../../../collector/src/recognize/recognize.ts'
import { bytesOf, captureNames } from '../../emitters/captures.ts'
import { bodiesOf, recordRuns } from '../traces.ts'

const RUNS = 1_000
const SPANS_PER_BODY = 500

const recorded = async (runs: number): Promise<Span[]> =>
  bodiesOf(await recordRuns(runs), SPANS_PER_BODY).flatMap(({ body }) => decodeTraces(body, 'protobuf').spans)

/** Each capture so often that there are enough; a trace of its own each time. */
const captured = (): Span[][] => captureNames().map((name) => decodeTraces(bytesOf(name), 'protobuf').spans)

/** Ordinary runs as steps of one: what a batch job sends that opens a span around all. */
const inOneTrace = async (count: number): Promise<RecognizedSpan[]> => {
  const run = (await recorded(1)).map((span) => recognize(span))
  const root = run.find(({ parentSpanId }) => parentSpanId === '') as RecognizedSpan
  const outer = { ...root, spanId: 'f'.repeat(16), endTimeUnixNano: root.endTimeUnixNano + BigInt(count) * 1_000_000_000n }
  const spans = [outer]
  for (let copy = 0; spans.length < count; copy++) {
    const idOf = (spanId: string): string => `${copy.toString(16).padStart(6, '0')}${spanId.slice(6)}`
    for (const span of run) {
      const later = BigInt(copy) * 1_000_000_000n
      const times = { startTimeUnixNano: span.startTimeUnixNano + later, endTimeUnixNano: span.endTimeUnixNano + later }
      const parentSpanId = span.parentSpanId === '' ? outer.spanId : idOf(span.parentSpanId)
      spans.push({
        ...span,
        ...times,
        spanId: idOf(span.spanId),
        parentSpanId,
        responseId: span.responseId && `${span.responseId}-${copy}`,
      })
    }
  }
  return spans.slice(0, count)
}

/** Traces one at a time, as the collector analyzes them. */
const byTrace = (spans: readonly RecognizedSpan[]): RecognizedSpan[][] => [...Map.groupBy(spans, ({ traceId }) => traceId).values()]

export type Case = { name: string; recognize?: () => Promise<Span[]>; analyze?: () => Promise<RecognizedSpan[][]> }

export const CASES: Record<string, Case> = {
  'recognize-sdk': { name: 'recognize, runs of the SDK', recognize: () => recorded(RUNS) },
  'recognize-emitters': { name: 'recognize, what 21 frameworks sent', recognize: async () => captured().flat() },
  'analyze-sdk': {
    name: 'analyze, runs of the SDK, one at a time',
    analyze: async () => byTrace((await recorded(RUNS)).map((span) => recognize(span))),
  },
  'analyze-emitters': {
    name: 'analyze, what 21 frameworks sent, one trace at a time',
    analyze: async () => captured().flatMap((spans) => byTrace(spans.map((span) => recognize(span)))),
  },
  'one-trace': { name: 'analyze, one trace of 50,000 spans', analyze: async () => [await inOneTrace(50_000)] },
  deep: { name: 'analyze, a trace 150 deep', analyze: async () => [large.deepSteps(150)] },
  'deep-calls': { name: 'analyze, a chain of 50,000 calls', analyze: async () => [large.deepTools(50_000)] },
  siblings: { name: 'analyze, 100,000 siblings', analyze: async () => [large.manySteps(100_000)] },
}
