// Any attribute value as text that is only compared: equal values give equal texts.
import type { AttributeValue } from '@seamtrace/schema'

const plain = (value: AttributeValue): unknown => {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return value.length
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Map) return Array.from(value, ([key, one]) => [key, plain(one)]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  return value
}

/** '' for nothing. */
export const anyText = (value: AttributeValue | undefined): string => {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(plain(value))
}
