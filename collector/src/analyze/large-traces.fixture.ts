// Traces as large as a runaway program makes them: deep, wide, in a circle, and of everything of which the analysis asks how it relates.
import { type RecognizedSpan, SEAMTRACE } from '@seamtrace/schema'
import { pipeline, spansOf } from './spans.fixture.ts'

const [ROOT] = spansOf(pipeline('large')) as [RecognizedSpan]
const START = ROOT.startTimeUnixNano
const idOf = (index: number): string => (index + 1).toString(16).padStart(16, '0')

type Change = Partial<RecognizedSpan> & { type: RecognizedSpan['type'] }

/** From one microsecond to another after the start of the trace. */
const spanAt = (index: number, parent: number | null, from: number, to: number, change: Change): RecognizedSpan => ({
  ...ROOT,
  ...{ spanId: idOf(index), parentSpanId: parent === null ? '' : idOf(parent), name: `${change.type} ${index}`, pipeline: '' },
  ...{ startTimeUnixNano: START + BigInt(from) * 1_000n, endTimeUnixNano: START + BigInt(to) * 1_000n, attributes: new Map() },
  ...change,
})

const FAILED = { outcome: 'failure', statusCode: 2, errorType: 'Error', errorMessage: 'it broke', failureKind: 'exception' } as const
const rootOf = (to: number, change: Partial<RecognizedSpan> = {}): RecognizedSpan =>
  spanAt(0, null, 0, to, { type: 'pipeline', pipeline: 'large', name: 'large', ...change })
const indices = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)
const text = (key: string, value: string): RecognizedSpan['attributes'] => new Map([[key, value]])

/** Each inside the one before it; the last of them failed, and so did all around it. */
export const chainOf = (count: number, of: (index: number) => Change): RecognizedSpan[] => [
  rootOf(3 * count, FAILED),
  ...indices(count).map((index) => spanAt(index, index - 1, index, 3 * count - index, { ...of(index), ...FAILED })),
]
export const deepSteps = (count: number): RecognizedSpan[] => chainOf(count, (index) => ({ type: 'step', step: `step ${index % 7}` }))
export const deepTools = (count: number): RecognizedSpan[] => chainOf(count, (index) => ({ type: 'tool', tool: `tool ${index}` }))

/** One after the other below one root. */
export const siblings = (count: number, of: (index: number) => Change, root: Partial<RecognizedSpan> = {}): RecognizedSpan[] => [
  rootOf(2 * count + 2, root),
  ...indices(count).map((index) => spanAt(index, 0, 2 * index - 1, 2 * index, of(index))),
]
export const manySteps = (count: number): RecognizedSpan[] => siblings(count, (index) => ({ type: 'step', step: `step ${index % 50}` }))
export const manyTools = (count: number): RecognizedSpan[] => siblings(count, (index) => ({ type: 'tool', tool: `tool ${index % 50}` }))

/** Steps with something in each. */
const stepsWith = (
  count: number,
  step: (index: number) => Partial<RecognizedSpan>,
  inner: (index: number) => Change,
  root: Partial<RecognizedSpan>,
): RecognizedSpan[] => [
  rootOf(10 * count + 20, root),
  ...indices(count).flatMap((index) => [
    spanAt(2 * index, 0, 10 * index, 10 * index + 8, { type: 'step', step: `step ${index % 50}`, ...step(index) }),
    spanAt(2 * index + 1, 2 * index, 10 * index + 1, 10 * index + 5, inner(index)),
  ]),
]

/** Every step failed, each after a check had said no. */
export const manyRejected = (count: number): RecognizedSpan[] =>
  stepsWith(
    count,
    () => FAILED,
    (index) => ({ type: 'check', tool: `check ${index}`, verdict: 'fail', layer: 'verification' }),
    FAILED,
  )

/** Every step failed, each after it had handed over to nobody. */
export const manyUndelivered = (count: number): RecognizedSpan[] =>
  stepsWith(
    count,
    () => FAILED,
    (index) => ({ type: 'handoff', handoffTo: `nobody ${index}` }),
    FAILED,
  )

/** Reads and writes of one key, and at the end the result was marked wrong. */
export const manyReads = (count: number): RecognizedSpan[] => [
  ...siblings(count, (index) => ({
    type: 'state',
    tool: 'memory',
    attributes: new Map<string, string | bigint>([
      [SEAMTRACE.stateOperation, index % 2 === 0 ? 'get' : 'put'],
      [SEAMTRACE.stateKey, 'one'],
      [SEAMTRACE.stateVersion, BigInt(index)],
    ]),
  })),
  spanAt(count + 1, 0, 2 * count + 1, 2 * count + 2, { type: 'check', verdict: 'fail', attributes: text(SEAMTRACE.checkTarget, 'result') }),
]

/** One piece of work that was tried so often. */
export const manyTries = (count: number): RecognizedSpan[] => [
  rootOf(10 * count + 20),
  spanAt(1, 0, 1, 10 * count + 19, { type: 'retry' }),
  ...indices(count).flatMap((index) => [
    spanAt(2 * index, 1, 10 * index, 10 * index + 8, { type: 'attempt', attempt: index, ...(index < count && FAILED) }),
    spanAt(2 * index + 1, 2 * index, 10 * index + 1, 10 * index + 5, { type: 'model', model: 'm', ...(index < count && FAILED) }),
  ]),
]

/** A long chain that hangs on two spans which name each other as their parent. */
export const chainOnCircle = (count: number): RecognizedSpan[] => {
  const [root, first, ...below] = chainOf(count, (index) => ({ type: 'step', step: `step ${index}` }))
  // the chain comes first in time, so that it is what is looked at first
  const circle = [root, first].map((span, index) => ({ ...(span as RecognizedSpan), parentSpanId: idOf(1 - index) }))
  const late = START + BigInt(count) * 10_000n
  return [...below, ...circle.map((span) => ({ ...span, startTimeUnixNano: late, endTimeUnixNano: late + 1_000n }))]
}

/** A pipeline that waited, and was taken up inside itself so often. */
export const manyTakenUp = (count: number): RecognizedSpan[] =>
  siblings(count, () => ({ type: 'pipeline', pipeline: 'large', runId: 'r-1' }), { runId: 'r-1', outcome: 'waiting' })
