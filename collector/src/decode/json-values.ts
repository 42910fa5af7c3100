// What all OTLP signals share in JSON: resources, scopes, ids, times and numbers. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
import type { Origin } from '@seamtrace/schema'
import { asBigInt, asList, asObject, asText, attributesFromJson, type Json, nameWithin } from './any-value-json.ts'
import { refuseManyValues } from './json-size.ts'
import { cutText, type Limiter, payingFor, RECORD_LIMITS, sumDropped, textWas } from './limits.ts'

const UINT64_MAX = 2n ** 64n - 1n
// A bad id is told about, but not with megabytes of it.
const MAX_HEX = 34

type ReviverWithSource = (key: string, value: unknown, context: { source?: string }) => unknown

/**
 * JSON.parse rounds integers beyond 2^53; where the text holds such a number, its own digits are kept.
 * @throws SeamtraceError too_large when the parsed text would not fit into memory
 */
export function parseExactly(body: Uint8Array): unknown {
  refuseManyValues(body)
  const text = new TextDecoder().decode(body)
  // cheap first look: sixteen digits that no quote precedes
  if (!/[\s:,[]-?\d{16}/.test(text)) return JSON.parse(text)
  const keepDigits: ReviverWithSource = (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source) ? source : value
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown)
}

type Names = { resources: string; scopes: string; records: string; record: string }
const NAMES = {
  traces: { resources: 'resourceSpans', scopes: 'scopeSpans', records: 'spans', record: 'a span' },
  logs: { resources: 'resourceLogs', scopes: 'scopeLogs', records: 'logRecords', record: 'a log record' },
  metrics: { resources: 'resourceMetrics', scopes: 'scopeMetrics', records: 'metrics', record: 'a metric' },
} as const satisfies Record<string, Names>
export type SignalName = keyof typeof NAMES

/**
 * Reads the three levels around the records of every signal.
 * @throws Error when the text is no request of this signal
 */
export function readJsonRecords(
  body: Uint8Array,
  signal: SignalName,
  limiter: Limiter,
  each: (record: Json, origin: Origin) => void,
): void {
  const names: Names = NAMES[signal]
  const request = asObject(parseExactly(body), 'the body')
  refuseOtherSignals(request, signal)
  for (const item of asList(request[names.resources], names.resources)) {
    const ofResource = asObject(item, `an item of ${names.resources}`)
    const resource = attributesFromJson(asObject(ofResource.resource ?? {}, 'resource').attributes, limiter)
    const resourceSchemaUrl = boundedText(ofResource.schemaUrl, 'schemaUrl', limiter)
    for (const scoped of asList(ofResource[names.scopes], names.scopes)) {
      const ofScope = asObject(scoped, `an item of ${names.scopes}`)
      const origin = { resource, resourceSchemaUrl, ...readScope(ofScope, limiter) }
      const pay = payingFor(origin, limiter)
      for (const record of asList(ofScope[names.records], names.records)) {
        pay()
        each(asObject(record, names.record), origin)
      }
    }
  }
}

function readScope(ofScope: Json, limiter: Limiter): Omit<Origin, 'resource' | 'resourceSchemaUrl'> {
  const scope = asObject(ofScope.scope ?? {}, 'scope')
  return {
    scopeName: nameWithin(asText(scope.name, 'scope name'), limiter),
    scopeVersion: nameWithin(asText(scope.version, 'scope version'), limiter),
    scopeAttributes: attributesFromJson(scope.attributes, limiter),
    scopeSchemaUrl: boundedText(ofScope.schemaUrl, 'schemaUrl', limiter),
  }
}

function refuseOtherSignals(request: Json, signal: SignalName): void {
  const { resources } = NAMES[signal]
  if (request[resources] !== undefined) return
  for (const other of ['traces', 'logs', 'metrics'] as const) {
    if (request[NAMES[other].resources] !== undefined) throw new Error(`it holds OTLP ${other}, not ${signal}`)
  }
  // An unknown field is to be ignored, but ignoring this one would lose everything without a word.
  const snake = resources.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`)
  if (request[snake] !== undefined) throw new Error(`OTLP/JSON field names are lowerCamelCase: ${resources}, not ${snake}`)
}

/** The attributes of a record, and how many there are no longer of them: those that were dropped before and here. */
export function readAttributes(json: Json, limiter: Limiter) {
  let dropped = 0
  const attributes = attributesFromJson(json.attributes, limiter, () => void dropped++)
  return { attributes, droppedAttributesCount: sumDropped(asUint32(json.droppedAttributesCount, 'droppedAttributesCount'), dropped) }
}

/** A text that is no key: a status message, a schema URL. */
export function boundedText(json: unknown, what: string, limiter: Limiter): string {
  const text = asText(json, what)
  const kept = cutText(text, RECORD_LIMITS.valueBytes)
  return kept === text ? text : textWas(limiter, kept)
}

export const asName = (json: unknown, what: string, limiter: Limiter): string => nameWithin(asText(json, what), limiter)

/** Ids are hex in OTLP/JSON, not base64 as protobuf's own JSON has it. */
export function asHex(json: unknown, what: string): string {
  const text = asText(json, what).slice(0, MAX_HEX).toLowerCase()
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new Error(`${what} is not hex`)
  return text
}

export function asTime(json: unknown, what: string): bigint {
  const nanos = asBigInt(json, what)
  if (nanos < 0n || nanos > UINT64_MAX) throw new Error(`${what} is not a time`)
  return nanos
}

export function asUint64(json: unknown, what: string): bigint {
  const value = asBigInt(json, what)
  if (value < 0n || value > UINT64_MAX) throw new Error(`${what} does not fit into 64 bits`)
  return value
}

export function asUint32(json: unknown, what: string): number {
  const value = asBigInt(json, what)
  if (value < 0n || value > 0xffffffffn) throw new Error(`${what} does not fit into 32 bits`)
  return Number(value)
}

/** Numbers by the specification; names are what protobuf's own JSON writers make of them, and common. */
export function asEnum(json: unknown, prefix: string, names: readonly string[]): number {
  if (typeof json !== 'string') return asUint32(json, `${prefix.toLowerCase()}number`)
  const index = names.indexOf(json.replace(prefix, ''))
  if (index < 0) throw new Error(`${prefix.toLowerCase()}name is unknown`)
  return index
}
