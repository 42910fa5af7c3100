// Describes a value without recording it: key names, bytes and digest of its JSON, and which needed keys it lacks.
import { createHash } from 'node:crypto'

const MAX_KEYS = 64
const MAX_KEY_CHARS = 128
// Beyond this a description would cost the program more than 50 ms; what would need the whole text is then left out. A character
// counts 1; a value 8 and a key 24 beside its characters, since that is what visiting and sorting them costs in comparison.
const BUDGET = 4_000_000
const VALUE_COST = 8
const KEY_COST = 24

export interface PayloadDescription {
  /** names of the top-level keys that hold a value, at most 64 */
  keys?: string[]
  /** bytes of the value as JSON */
  size?: number
  /** first 16 hex digits of the SHA-256 of its stable JSON */
  digest?: string
}

/** Key names, size and digest of a value; values themselves never appear. What is too big to be encoded has no digest. */
export function describePayload(value: unknown): PayloadDescription {
  const names = namesOf(value)
  const keys = heldKeys(value, names)
  // Listing the keys of a record is the one thing that cannot be cut short (70 ms for 300,000): not a second time.
  const text = costOfKeys(names.length) > BUDGET ? undefined : stableJson(value)
  const size = text === undefined ? knownSize(value) : Buffer.byteLength(text)
  return {
    ...(keys.length > 0 ? { keys } : {}),
    ...(size === undefined ? {} : { size }),
    ...(text === undefined ? {} : { digest: sha256(text) }),
  }
}

export const digestOf = (value: unknown): string | undefined => {
  const text = stableJson(value)
  return text === undefined ? undefined : sha256(text)
}

export const sizeOf = (value: unknown): number | undefined => {
  const text = stableJson(value)
  return text === undefined ? knownSize(value) : Buffer.byteLength(text)
}

/** The size of what was not encoded. A text may hold any number of escapes, but bytes become base64 in quotes. */
const knownSize = (value: unknown): number | undefined => (ArrayBuffer.isView(value) ? base64Chars(value) + 2 : undefined)

const base64Chars = (bytes: ArrayBufferView): number => Math.ceil(bytes.byteLength / 3) * 4

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Names of the keys that would survive as JSON: those whose value is not `undefined`. */
export const payloadKeys = (value: unknown): string[] => heldKeys(value, namesOf(value))

// Bytes would have one key for each.
const namesOf = (value: unknown): string[] => (isRecord(value) && !ArrayBuffer.isView(value) ? Object.keys(value) : [])

function heldKeys(value: unknown, names: readonly string[]): string[] {
  const held: string[] = []
  if (!isRecord(value)) return held
  for (const name of names) {
    if (held.length === MAX_KEYS) break
    if (value[name] !== undefined) held.push(name.slice(0, MAX_KEY_CHARS))
  }
  return held
}

/**
 * The needed paths that hold nothing (`undefined` or `null`); a dot leads one level down.
 * @example missingKeys({ order: { id: 7 } }, ['order.id', 'customer']) // ['customer']
 */
export const missingKeys = (value: unknown, needs: readonly string[]): string[] =>
  needs
    .slice(0, MAX_KEYS)
    .filter((path) => valueAt(value, path) == null)
    .map((path) => path.slice(0, MAX_KEY_CHARS))

function valueAt(value: unknown, path: string): unknown {
  if (isRecord(value) && path in value) return value[path]
  return path.split('.').reduce<unknown>((at, key) => (isRecord(at) || Array.isArray(at) ? Reflect.get(at, key) : undefined), value)
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * JSON with sorted keys, so that equal values have equal text whatever order they were built in. Survives cycles, big integers,
 * maps and sets. `undefined` when the value has no JSON or is over the budget: what has a length is then not read at all.
 */
export function stableJson(value: unknown): string | undefined {
  const budget = { left: BUDGET }
  try {
    return write(value, budget, new Set())
  } catch (error) {
    if (error instanceof RangeError || error === TOO_LONG) return undefined
    throw error
  }
}

interface Budget {
  left: number
}

const TOO_LONG = new Error('cannot describe payload: it costs more than 4,000,000 characters')

function spend(budget: Budget, cost: number): void {
  budget.left -= cost
  if (budget.left < 0) throw TOO_LONG
}

const costOfKeys = (count: number): number => count * (KEY_COST + VALUE_COST)

function write(value: unknown, budget: Budget, ancestors: Set<object>): string | undefined {
  return typeof value === 'object' && value !== null ? writeObject(value, budget, ancestors) : writePrimitive(value, budget)
}

function writePrimitive(value: unknown, budget: Budget): string | undefined {
  if (typeof value === 'string' && value.length > budget.left) throw TOO_LONG
  const text = typeof value === 'bigint' ? `"${value}"` : JSON.stringify(value)
  spend(budget, text?.length ?? 0)
  return text
}

function writeObject(value: object, budget: Budget, ancestors: Set<object>): string | undefined {
  if (ancestors.has(value)) return '"[circular]"'
  const plain = toPlain(value, budget)
  if (typeof plain !== 'object' || plain === null) return write(plain, budget, ancestors)
  ancestors.add(value)
  const text = Array.isArray(plain) ? writeArray(plain, budget, ancestors) : writeRecord(plain, budget, ancestors)
  ancestors.delete(value)
  return text
}

function toPlain(value: object, budget: Budget): unknown {
  if (ArrayBuffer.isView(value)) {
    if (base64Chars(value) > budget.left) throw TOO_LONG
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return value.toJSON()
  if (!(value instanceof Map || value instanceof Set)) return value
  if (costOfKeys(value.size) > budget.left) throw TOO_LONG
  return value instanceof Set ? [...value] : Object.fromEntries([...value].map(([key, item]) => [String(key), item]))
}

function writeArray(items: readonly unknown[], budget: Budget, ancestors: Set<object>): string {
  spend(budget, items.length * VALUE_COST + 2)
  // Not `map`, which passes over holes.
  return `[${Array.from(items, (item) => write(item, budget, ancestors) ?? 'null').join(',')}]`
}

function writeRecord(value: object, budget: Budget, ancestors: Set<object>): string {
  const names = Object.keys(value)
  spend(budget, costOfKeys(names.length) + 2)
  const fields: string[] = []
  for (const key of names.sort()) {
    const text = write(Reflect.get(value, key), budget, ancestors)
    if (text === undefined) continue
    const name = JSON.stringify(key)
    spend(budget, name.length)
    fields.push(`${name}:${text}`)
  }
  return `{${fields.join(',')}}`
}
