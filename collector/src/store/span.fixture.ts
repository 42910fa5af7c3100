// Arbitrary spans for the tests: everything that OTLP can express, hostile keys and texts included.
import { type Attributes, type AttributeValue, LAYER_RULES, LAYERS, type RecognizedSpan, SPAN_TYPES } from '@seamtrace/schema'
import fc from 'fast-check'

// plain objects only: a missing prototype is no property of a span
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { noNullPrototype: true })

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((id) => id.some((byte) => byte !== 0))
    .map((id) => Buffer.from(id).toString('hex'))
// whole code points only: half a surrogate pair cannot arrive, decoding replaces it
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', '__proto__', 'constructor', '1', "'; DROP TABLE spans; --", 'a\n\nb', '\0', '\\', '{p:String}'),
)
// V8 13.6 (Node 24): once JSON.parse has seen an object with the key "\\", it takes a later one-character key that is
// written as an escape ("\n", "\u0000") in its place for "\\" too. Nothing of ours, so no test of ours may trip over it.
const key = text.filter((name) => name !== '\\')
const uint32 = fc.nat({ max: 0xffffffff })
const nanos = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 1_763_600_000_000_000_000n, max: 1_763_700_000_000_000_000n }),
)

const { value: attributeValue } = fc.letrec<{ value: AttributeValue; list: AttributeValue[]; map: Attributes }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    text,
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double().map((double) => ({ double })),
    fc.uint8Array({ maxLength: 9 }).map((bytes) => Uint8Array.from(bytes)),
    fc.constant(null),
    tie('list'),
    tie('map'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  map: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
}))

export { attributeValue }
export const attributes = fc.array(fc.tuple(key, attributeValue), { maxLength: 6 }).map((entries): Attributes => new Map(entries))

const event = record({ timeUnixNano: nanos, name: text, attributes, droppedAttributesCount: uint32 })
const link = record({ traceId: hex(16), spanId: hex(8), traceState: text, flags: uint32, attributes, droppedAttributesCount: uint32 })

export const span = record({
  traceId: hex(16),
  spanId: hex(8),
  parentSpanId: fc.oneof(fc.constant(''), hex(8)),
  traceState: text,
  flags: uint32,
  name: text,
  kind: fc.nat({ max: 5 }),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  statusCode: fc.nat({ max: 2 }),
  statusMessage: text,
  attributes,
  events: fc.array(event, { maxLength: 2 }),
  links: fc.array(link, { maxLength: 2 }),
  droppedAttributesCount: uint32,
  droppedEventsCount: uint32,
  droppedLinksCount: uint32,
  resource: attributes,
  resourceSchemaUrl: text,
  scopeName: text,
  scopeVersion: text,
  scopeAttributes: attributes,
  scopeSchemaUrl: text,
})

// as recognition gives it: no trailing zeros
const cost = fc.oneof(
  fc.constantFrom(null, '0', '999999.999999999999', '0.000000000001'),
  fc
    .nat({ max: 10 ** 9 })
    .map((micros) => String(micros / 1e6))
    .filter((usd) => !usd.includes('e')),
)
const tokens = fc.nat({ max: Number.MAX_SAFE_INTEGER })

const recognition = record({
  type: fc.constantFrom(...SPAN_TYPES),
  emitter: text,
  layer: fc.constantFrom(...LAYERS),
  layerRule: fc.constantFrom(...LAYER_RULES),
  pipeline: text,
  pipelineVersion: text,
  environment: text,
  service: text,
  runId: text,
  retryOf: text,
  step: text,
  agent: text,
  tool: text,
  handoffFrom: text,
  handoffTo: text,
  handoffStatus: text,
  verdict: text,
  model: text,
  provider: text,
  responseId: text,
  sessionId: text,
  userId: text,
  attempt: fc.nat({ max: 65535 }),
  resends: fc.nat({ max: 65535 }),
  outcome: fc.constantFrom('success', 'failure', 'waiting', 'cancelled'),
  errorType: text,
  errorMessage: text,
  failureKind: fc.constantFrom('', 'tool_timeout', 'unclassified'),
  failureRule: text,
  inputTokens: tokens,
  outputTokens: tokens,
  cachedInputTokens: tokens,
  cacheWriteTokens: tokens,
  reasoningTokens: tokens,
  costUsd: cost,
  costSource: fc.constantFrom('', 'priced', 'reported', 'unpriced'),
  rulesVersion: fc.nat({ max: 65535 }),
})

export const recognizedSpan: fc.Arbitrary<RecognizedSpan> = fc
  .tuple(span, recognition)
  .map(([sent, recognized]) => ({ ...sent, ...recognized }))
