// What the oracle sends: traces whose ids, times and attributes are a pure function of seed and number.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type Attributes, type AttributeValue, GEN_AI, SEAMTRACE, type Span } from '@seamtrace/schema'
import { encodeTraces } from '../../collector/src/decode/encode-traces.ts'

export type Shape = {
  seed: string
  /** traces of one payload: what one request carries and one answer acknowledges */
  traces: number
  /** spans of one trace, at least 2: a root and a model call */
  spans: number
  /** of the text in every span */
  contentBytes: number
  /** protobuf as it is: texts that repeat deflate beyond the ratio that is let in */
  plain?: boolean
  /** when a span started and ended, where that is what the scenario is about */
  times?: (trace: number, span: number) => { start: bigint; end: bigint }
}

export type Body = { bytes: Buffer; headers: Record<string, string> }

/** Of fixed date, so that a payload is the same in every process; a second each keeps a day's partition at 86,400 traces. */
export const BASE_MS = Date.UTC(2026, 0, 5)

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

const prefixOf = (seed: string): string => digest(seed).slice(0, 20)

export const pipelineOf = ({ seed }: Shape): string => `torture-${seed}`

/** The number stands in the id, so that a trace which nobody claimed can be told from one that was. */
export const traceIdOf = ({ seed }: Shape, trace: number): string => prefixOf(seed) + trace.toString(16).padStart(12, '0')

/** null for an id of another making. */
export const traceOf = ({ seed }: Shape, traceId: string): number | null => {
  const number = Number.parseInt(traceId.slice(20), 16)
  return traceId.startsWith(prefixOf(seed)) && traceId.length === 32 && Number.isSafeInteger(number) ? number : null
}

export const spanIdOf = ({ seed }: Shape, trace: number, span: number): string =>
  digest(`${seed}/${trace}/id`).slice(0, 10) + (span + 1).toString(16).padStart(6, '0')

export const runIdOf = (shape: Shape, trace: number): string => `${traceIdOf(shape, trace)}-${spanIdOf(shape, trace, 0)}`

export const tokensOf = (trace: number): { input: number; output: number } => ({ input: 10 + (trace % 997), output: 1 + (trace % 89) })

/** The span that is the model call. */
const MODEL = 1

const timesOf = (trace: number, span: number): { start: bigint; end: bigint } => {
  const start = BigInt(BASE_MS + trace * 1_000 + span) * 1_000_000n + BigInt(span)
  return { start, end: start + (span === 0 ? 900_000_000n : 1_000_001n * BigInt(span + 1)) }
}

const contentOf = (shape: Shape, trace: number, span: number): string => {
  const text = digest(`${shape.seed}/${trace}/${span}`)
  return text.repeat(Math.ceil(shape.contentBytes / text.length)).slice(0, shape.contentBytes)
}

const kindOf = (span: number): string => (span === 0 ? 'pipeline' : span === MODEL ? 'model' : 'step')

const ownAttributes = (shape: Shape, trace: number, span: number): [string, AttributeValue][] => {
  if (span === 0) return [[SEAMTRACE.pipelineName, pipelineOf(shape)]]
  if (span !== MODEL) return [[SEAMTRACE.stepName, `step ${span}`]]
  const { input, output } = tokensOf(trace)
  return [
    [GEN_AI.operationName, 'chat'],
    [GEN_AI.requestModel, 'model-of-nobody'],
    [GEN_AI.inputTokens, BigInt(input)],
    [GEN_AI.outputTokens, BigInt(output)],
  ]
}

const RESOURCE: Attributes = new Map([['service.name', 'torture']])

export const spanOf = (shape: Shape, trace: number, span: number): Span => {
  const { start, end } = (shape.times ?? timesOf)(trace, span)
  return {
    traceId: traceIdOf(shape, trace),
    spanId: spanIdOf(shape, trace, span),
    parentSpanId: span === 0 ? '' : spanIdOf(shape, trace, 0),
    traceState: '',
    flags: 0,
    name: `${kindOf(span)} ${span}`,
    kind: 1 + (span % 5),
    startTimeUnixNano: start,
    endTimeUnixNano: end,
    statusCode: span % 2,
    statusMessage: '',
    attributes: new Map<string, AttributeValue>([
      [SEAMTRACE.spanKind, kindOf(span)],
      ...ownAttributes(shape, trace, span),
      ['torture.trace', BigInt(trace)],
      ['torture.large', 2n ** 60n + BigInt(trace)],
      ['torture.ratio', { double: trace + span / 8 }],
      ['torture.flag', span % 2 === 0],
      ['torture.list', ['ä', BigInt(span), null]],
      ['torture.text', contentOf(shape, trace, span)],
    ]),
    events: span === 0 ? [{ timeUnixNano: start, name: 'began', attributes: new Map(), droppedAttributesCount: 0 }] : [],
    links: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource: RESOURCE,
    resourceSchemaUrl: '',
    scopeName: 'torture',
    scopeVersion: '1',
    scopeAttributes: new Map(),
    scopeSchemaUrl: '',
  }
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index)

export const tracesOf = (shape: Shape, payload: number): number[] => range(payload * shape.traces, shape.traces)

export const spansOf = (shape: Shape, trace: number): Span[] => range(0, shape.spans).map((span) => spanOf(shape, trace, span))

/** The same bytes whenever it is asked for: every fourth as JSON, every third gzipped. */
export const bodyOf = (shape: Shape, payload: number): Body => {
  const json = !shape.plain && payload % 4 === 3
  const gzip = !shape.plain && payload % 3 === 2
  const spans = tracesOf(shape, payload).flatMap((trace) => spansOf(shape, trace))
  const bytes = encodeTraces(spans, json ? 'json' : 'protobuf')
  return {
    bytes: gzip ? gzipSync(bytes) : bytes,
    headers: {
      'content-type': json ? 'application/json' : 'application/x-protobuf',
      ...(gzip ? { 'content-encoding': 'gzip' } : {}),
    },
  }
}
