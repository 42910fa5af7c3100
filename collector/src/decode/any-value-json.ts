// One attribute value ↔ the OTLP/JSON AnyValue: how values are received as JSON, and how those that are no text are stored.
import type { Attributes, AttributeValue } from '@seamtrace/schema'

/** Values nested deeper are replaced by {@link TOO_DEEP}: no real attribute comes near, and recursion must end somewhere. */
export const MAX_VALUE_DEPTH = 32
export const TOO_DEEP = '(nested too deep)'

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

export type Json = Record<string, unknown>

export function anyValueToJson(value: AttributeValue): Json {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'bigint') return { intValue: value.toString() }
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValueToJson) } }
  if (value instanceof Map) return { kvlistValue: { values: attributesToJson(value) } }
  return { doubleValue: doubleToJson(value.double) }
}

export const attributesToJson = (attributes: Attributes): Json[] =>
  Array.from(attributes, ([key, value]) => ({ key, value: anyValueToJson(value) }))

/** @throws Error when the JSON is no AnyValue */
export function anyValueFromJson(json: unknown, depth = 0): AttributeValue {
  if (json === null || json === undefined) return null
  const any = asObject(json, 'a value')
  if (any.stringValue != null) return asText(any.stringValue, 'stringValue')
  if (any.boolValue != null) return asBoolean(any.boolValue)
  if (any.intValue != null) return asInt64(any.intValue)
  if (any.doubleValue != null) return { double: asDouble(any.doubleValue) }
  if (any.bytesValue != null) return new Uint8Array(Buffer.from(asText(any.bytesValue, 'bytesValue'), 'base64'))
  if (any.arrayValue != null) {
    if (depth >= MAX_VALUE_DEPTH) return TOO_DEEP
    return asList(asObject(any.arrayValue, 'arrayValue').values, 'values').map((item) => anyValueFromJson(item, depth + 1))
  }
  if (any.kvlistValue != null) {
    if (depth >= MAX_VALUE_DEPTH) return TOO_DEEP
    return attributesFromJson(asObject(any.kvlistValue, 'kvlistValue').values, depth + 1)
  }
  return null
}

/** A key given twice has its last value: OTLP leaves it open, and this is what a protobuf map does. */
export function attributesFromJson(json: unknown, depth = 0): Attributes {
  const attributes: Attributes = new Map()
  for (const item of asList(json, 'attributes')) {
    const { key, value } = asObject(item, 'an attribute')
    attributes.set(asText(key, 'key'), anyValueFromJson(value, depth))
  }
  return attributes
}

export function asObject(json: unknown, what: string): Json {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error(`${what} is not an object`)
  return json as Json
}

/** An absent list is empty. */
export function asList(json: unknown, what: string): unknown[] {
  if (json === undefined || json === null) return []
  if (!Array.isArray(json)) throw new Error(`${what} is not a list`)
  return json
}

/** Absent text is empty. Half a surrogate pair becomes U+FFFD: the engine refuses a whole insert for one. */
export function asText(json: unknown, what: string): string {
  if (json === undefined || json === null) return ''
  if (typeof json !== 'string') throw new Error(`${what} is not a text`)
  return json.toWellFormed()
}

/** OTLP/JSON writes 64-bit integers as text; numbers are taken too. */
export function asBigInt(json: unknown, what: string): bigint {
  if (json === undefined || json === null) return 0n
  if (typeof json === 'number' && Number.isInteger(json)) return BigInt(json)
  if (typeof json === 'string' && /^-?\d{1,20}$/.test(json)) return BigInt(json)
  throw new Error(`${what} is not an integer`)
}

function asInt64(json: unknown): bigint {
  const value = asBigInt(json, 'intValue')
  if (value < INT64_MIN || value > INT64_MAX) throw new Error('intValue does not fit into 64 bits')
  return value
}

function asBoolean(json: unknown): boolean {
  if (typeof json !== 'boolean') throw new Error('boolValue is not true or false')
  return json
}

function asDouble(json: unknown): number {
  if (typeof json === 'number') return json
  if (json === 'NaN') return NaN
  const value = typeof json === 'string' && json.trim() !== '' ? Number(json) : NaN
  if (Number.isNaN(value)) throw new Error('doubleValue is not a number')
  return value
}

// JSON has no NaN and no infinities, and its writers drop the sign of −0: proto3 JSON writes these as text.
function doubleToJson(value: number): number | string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : String(value)
}
