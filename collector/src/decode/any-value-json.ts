// One attribute value ↔ the OTLP/JSON AnyValue: how values are received as JSON, and how those that are no text are stored.
import type { Attributes, AttributeValue } from '@seamtrace/schema'
import {
  beginValue,
  boundless,
  cutText,
  endValue,
  hasPlace,
  keyWas,
  type Limiter,
  mayNest,
  RECORD_LIMITS,
  TOO_DEEP,
  takeBytes,
  takeElement,
} from './limits.ts'

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
export function anyValueFromJson(json: unknown, limiter: Limiter = boundless(), depth = 0): AttributeValue {
  if (json === null || json === undefined) return null
  const any = asObject(json, 'a value')
  if (any.stringValue != null) return textWithin(asText(any.stringValue, 'stringValue'), limiter)
  if (any.boolValue != null) return asBoolean(any.boolValue)
  if (any.intValue != null) return asInt64(any.intValue)
  if (any.doubleValue != null) return { double: asDouble(any.doubleValue) }
  if (any.bytesValue != null) return bytesWithin(asText(any.bytesValue, 'bytesValue'), limiter)
  if (any.arrayValue != null) {
    if (!mayNest(limiter, depth)) return TOO_DEEP
    return listFromJson(asList(asObject(any.arrayValue, 'arrayValue').values, 'values'), limiter, depth + 1)
  }
  if (any.kvlistValue != null) {
    if (!mayNest(limiter, depth)) return TOO_DEEP
    return mapFromJson(asList(asObject(any.kvlistValue, 'kvlistValue').values, 'values'), limiter, depth + 1)
  }
  return null
}

function listFromJson(items: unknown[], limiter: Limiter, depth: number): AttributeValue[] {
  const list: AttributeValue[] = []
  for (const item of items) {
    if (!takeElement(limiter)) break
    list.push(anyValueFromJson(item, limiter, depth))
  }
  return list
}

function mapFromJson(items: unknown[], limiter: Limiter, depth: number): Attributes {
  const map: Attributes = new Map()
  for (const item of items) {
    if (!takeElement(limiter)) break
    const { key, value } = asObject(item, 'an attribute')
    map.set(keyFromJson(key, limiter), anyValueFromJson(value, limiter, depth))
  }
  return map
}

/**
 * The attributes of a record. A key given twice has its last value: OTLP leaves it open, and this is what a protobuf map does.
 * @param onDropped told of every attribute for which there was no place
 */
export function attributesFromJson(json: unknown, limiter: Limiter = boundless(), onDropped?: () => void): Attributes {
  const attributes: Attributes = new Map()
  for (const item of asList(json, 'attributes')) {
    const given = asObject(item, 'an attribute')
    const key = keyFromJson(given.key, limiter)
    if (!attributes.has(key) && !hasPlace(limiter, attributes.size, 'attributes', key)) onDropped?.()
    else attributes.set(key, attributeFromJson(given.value, key, limiter))
  }
  return attributes
}

/** One whole value with the room that its key gives it; a log body has no key. */
export function attributeFromJson(json: unknown, key: string, limiter: Limiter): AttributeValue {
  beginValue(limiter, key)
  const value = anyValueFromJson(json, limiter)
  endValue(limiter, key)
  return value
}

const keyFromJson = (json: unknown, limiter: Limiter): string => nameWithin(asText(json, 'key'), limiter)

/** A key or a name. */
export function nameWithin(text: string, limiter: Limiter): string {
  if (!limiter.bounded) return text
  const kept = cutText(text, RECORD_LIMITS.keyBytes)
  return kept === text ? text : keyWas(limiter, kept)
}

function textWithin(text: string, limiter: Limiter): string {
  if (!limiter.bounded) return text
  const bytes = Buffer.byteLength(text)
  const kept = takeBytes(limiter, bytes)
  return kept < bytes ? cutText(text, kept) : text
}

function bytesWithin(base64: string, limiter: Limiter): Uint8Array {
  const bytes = Buffer.from(base64, 'base64')
  return new Uint8Array(limiter.bounded ? bytes.subarray(0, takeBytes(limiter, bytes.length)) : bytes)
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

export function asDouble(json: unknown): number {
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
