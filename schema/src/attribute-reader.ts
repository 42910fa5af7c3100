// Reads attribute values as the text, numbers and lists that emitters meant, whatever type they sent.
import type { Attributes, AttributeValue } from './span.ts'

const textOf = (value: AttributeValue | undefined): string => {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value !== null && typeof value === 'object' && 'double' in value) return String(value.double)
  return ''
}

/** The first of the keys that holds a non-empty scalar, as text; '' when none does. */
export const attributeText = (attributes: Attributes, first: string, ...others: string[]): string => {
  const found = textOf(attributes.get(first))
  if (found !== '') return found
  for (const key of others) {
    const text = textOf(attributes.get(key))
    if (text !== '') return text
  }
  return ''
}

/** The first of the keys that holds a finite number (numbers sent as text count); null when none does. */
export const attributeNumber = (attributes: Attributes, ...keys: string[]): number | null => {
  for (const key of keys) {
    const value = attributes.get(key)
    // most counts are integers: not by way of their digits, which takes five times as long
    if (typeof value === 'bigint') return Number(value)
    const found = textOf(value)
    if (found !== '' && Number.isFinite(Number(found))) return Number(found)
  }
  return null
}

/** A whole number ≥ 0 for a count column; anything else is 0. */
export const attributeCount = (attributes: Attributes, ...keys: string[]): number => {
  const found = attributeNumber(attributes, ...keys)
  return found === null || found < 0 ? 0 : Math.min(Math.floor(found), Number.MAX_SAFE_INTEGER)
}

/** A list of texts; emitters send lists as arrays, as JSON text or as one bare word. */
export const attributeList = (attributes: Attributes, key: string): string[] => {
  const value = attributes.get(key)
  if (Array.isArray(value)) return value.map(textOf).filter(Boolean)
  const bare = textOf(value)
  if (!bare.startsWith('[')) return bare === '' ? [] : [bare]
  try {
    const parsed: unknown = JSON.parse(bare)
    return Array.isArray(parsed) ? parsed.map(String) : []
  } catch {
    return [bare]
  }
}
