// Builds traces for tests in the order in which a program would run: each span starts when the one before it ended.
import { type Attributes, GEN_AI, OTEL, type RecognizedSpan, SEAMTRACE, type Span } from '@seamtrace/schema'
import { recognize } from '../recognize/recognize.ts'

type Extra = {
  attributes?: Record<string, string | number | boolean | string[]>
  error?: { type: string; message: string }
  ms?: number
  /** starts this many ms after its parent, whatever its siblings do */
  at?: number
}
export type Draft = Extra & { name: string; children: Draft[] }

const draft =
  (kind: string) =>
  (name: string, extra: Extra = {}, children: Draft[] = []): Draft => ({
    ...extra,
    name,
    children,
    attributes: { [SEAMTRACE.spanKind]: kind, ...extra.attributes },
  })

export const pipeline = draft('pipeline')
export const attempt = (number: number, extra: Extra = {}, children: Draft[] = []): Draft =>
  draft('attempt')(`attempt ${number}`, { ...extra, attributes: { [SEAMTRACE.attemptNumber]: number, ...extra.attributes } }, children)
export const retry = draft('retry')
export const tool = draft('tool')
export const check = draft('check')
export const human = draft('human')
export const step = (name: string, extra: Extra = {}, children: Draft[] = []): Draft =>
  draft('step')(name, { ...extra, attributes: { [SEAMTRACE.stepName]: name, ...extra.attributes } }, children)
export const store = (name: string, operation: string, key: string, version: number): Draft =>
  draft('state')(`${operation} ${name}`, {
    attributes: {
      [SEAMTRACE.stateStore]: name,
      [SEAMTRACE.stateOperation]: operation,
      [SEAMTRACE.stateKey]: key,
      [SEAMTRACE.stateVersion]: version,
    },
  })
export const handoff = (id: string, from: string, to: string, size = 100): Draft =>
  draft('handoff')(`handoff ${from}→${to}`, {
    attributes: { [SEAMTRACE.handoffId]: id, [SEAMTRACE.handoffFrom]: from, [SEAMTRACE.handoffTo]: to, [SEAMTRACE.handoffSize]: size },
  })
export const model = (extra: Extra = {}): Draft => ({
  ...extra,
  name: 'chat gpt-4o-mini',
  children: [],
  attributes: {
    [GEN_AI.operationName]: 'chat',
    [GEN_AI.requestModel]: 'gpt-4o-mini',
    [GEN_AI.inputTokens]: 1000,
    [GEN_AI.outputTokens]: 100,
    ...extra.attributes,
  },
})

/** The error of a child, passed on by its parents. */
export const failing = (type: string, message: string): Extra => ({ error: { type, message } })

const attributesOf = (record: NonNullable<Extra['attributes']>): Attributes =>
  new Map(
    Object.entries(record).map(([key, value]) => [
      key,
      typeof value === 'number' ? (Number.isInteger(value) ? BigInt(value) : { double: value }) : value,
    ]),
  )

const START = 1_790_000_000_000_000_000n

/** Lays a draft out in time and recognizes it. Ids are made from the trace number and a counter. */
export const spansOf = (
  root: Draft,
  options: { trace?: number; startMs?: number; disabled?: ReadonlySet<string> } = {},
): RecognizedSpan[] => {
  const traceId = (options.trace ?? 1).toString(16).padStart(32, '0')
  const spans: Span[] = []
  let clock = START + BigInt(options.startMs ?? 0) * 1_000_000n
  const lay = (at: Draft, parentSpanId: string, parentStart: bigint): void => {
    const span = emptySpan(traceId, (spans.length + 1).toString(16).padStart(16, '0'), parentSpanId, at)
    spans.push(span)
    if (at.at !== undefined) clock = parentStart + BigInt(at.at) * 1_000_000n
    span.startTimeUnixNano = clock
    clock += 1_000_000n
    let latest = clock
    for (const child of at.children) {
      lay(child, span.spanId, span.startTimeUnixNano)
      if (clock > latest) latest = clock
    }
    clock = latest + BigInt(at.ms ?? 1) * 1_000_000n
    span.endTimeUnixNano = clock
  }
  lay(root, '', clock)
  return spans.map((span) => recognize(span, options.disabled))
}

const emptySpan = (traceId: string, spanId: string, parentSpanId: string, at: Draft): Span => ({
  traceId,
  spanId,
  parentSpanId,
  traceState: '',
  flags: 0,
  name: at.name,
  kind: 1,
  startTimeUnixNano: 0n,
  endTimeUnixNano: 0n,
  statusCode: at.error ? 2 : 0,
  statusMessage: at.error?.message ?? '',
  attributes: attributesOf({ ...at.attributes, ...(at.error ? { [OTEL.errorType]: at.error.type } : {}) }),
  events: [],
  links: [],
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
  resource: new Map([[OTEL.serviceName, 'test']]),
  resourceSchemaUrl: '',
  scopeName: '@seamtrace/sdk',
  scopeVersion: '',
  scopeAttributes: new Map(),
  scopeSchemaUrl: '',
})
