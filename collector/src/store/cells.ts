// The cells of a row: attributes as two maps, numbers within their column, texts that every engine takes.
import type { Attributes } from '@seamtrace/schema'
import { anyValueFromJson, anyValueToJson } from '../decode/any-value-json.ts'

export type TextMap = Record<string, string>

export const UINT8 = 0xff
export const UINT16 = 0xffff
export const UINT32 = 0xffffffff

export const within = (value: number, max: number): number => (value > 0 ? Math.min(Math.trunc(value), max) : 0)

/** A lone half of a surrogate pair fails the whole insert; recognition may have cut a text inside such a pair. */
export function wellFormed<T extends object>(row: T): T {
  const cells = row as Record<string, unknown>
  for (const column in cells) {
    const cell = cells[column]
    if (typeof cell === 'string' && !cell.isWellFormed()) cells[column] = cell.toWellFormed()
  }
  return row
}

type Split = [texts: TextMap, others: TextMap]

export function splitAttributes(attributes: Attributes): Split {
  const texts: [string, string][] = []
  const others: [string, string][] = []
  for (const [key, value] of attributes) {
    if (typeof value === 'string') texts.push([key.toWellFormed(), value.toWellFormed()])
    else others.push([key.toWellFormed(), JSON.stringify(anyValueToJson(value))])
  }
  // fromEntries defines properties, so a key `__proto__` is a key like any other
  return [Object.fromEntries(texts), Object.fromEntries(others)]
}

// The spans of one request share the attribute maps of their resource and scope.
const splitCache = new WeakMap<Attributes, Split>()
export function splitShared(attributes: Attributes): Split {
  const known = splitCache.get(attributes)
  if (known) return known
  const split = splitAttributes(attributes)
  splitCache.set(attributes, split)
  return split
}

export function mergeAttributes(texts: TextMap, others: TextMap): Attributes {
  const attributes: Attributes = new Map(Object.entries(texts))
  for (const [key, json] of Object.entries(others)) attributes.set(key, anyValueFromJson(JSON.parse(json)))
  return attributes
}
