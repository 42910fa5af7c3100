// Attribute values as plain JSON, for people and programs that do not know OTLP.
import type { Attributes, AttributeValue } from '@seamtrace/schema'

/** fromEntries defines properties, so that a key `__proto__` stays a key. */
export const plainJson = (attributes: Attributes): Record<string, unknown> =>
  Object.fromEntries(Array.from(attributes, ([key, value]) => [key, plainValue(value)]))

/** What JSON has no way to say becomes text: integers beyond 2^53, NaN and infinities; bytes become base64. */
export const plainValue = (value: AttributeValue): unknown => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plainValue)
  if (value instanceof Map) return plainJson(value)
  if (typeof value === 'object' && value !== null) return Number.isFinite(value.double) ? value.double : String(value.double)
  return value
}
