// Describes a value without recording it: key names, bytes and digest of its JSON, and which needed keys it lacks.
import { createHash } from 'node:crypto'

const MAX_KEYS = 64
const MAX_KEY_CHARS = 128
// Beyond this a description would cost the program more than 50 ms; size and digest are then left out.
const MAX_CHARS = 4_000_000

export interface PayloadDescription {
  /** names of the top-level keys that hold a value, at most 64 */
  keys?: string[]
  /** bytes of the value as JSON */
  size?: number
  /** first 16 hex digits of the SHA-256 of its stable JSON */
  digest?: string
}

/** Key names, size and digest of a value; values themselves never appear. */
export function describePayload(value: unknown): PayloadDescription {
  const text = stableJson(value)
  const keys = payloadKeys(value)
  if (text === undefined) return keys.length > 0 ? { keys } : {}
  return { ...(keys.length > 0 ? { keys } : {}), size: Buffer.byteLength(text), digest: sha256(text) }
}

export const digestOf = (value: unknown): string | undefined => {
  const text = stableJson(value)
  return text === undefined ? undefined : sha256(text)
}

export const sizeOf = (value: unknown): number | undefined => {
  const text = stableJson(value)
  return text === undefined ? undefined : Buffer.byteLength(text)
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Names of the keys that would survive as JSON: those whose value is not `undefined`. */
export function payloadKeys(value: unknown): string[] {
  if (!isRecord(value)) return []
  const keys = Object.keys(value).filter((key) => value[key] !== undefined)
  return keys.slice(0, MAX_KEYS).map((key) => key.slice(0, MAX_KEY_CHARS))
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
 * maps and sets. `undefined` when the value has no JSON or is longer than 4 million characters.
 */
export function stableJson(value: unknown): string | undefined {
  const budget = { left: MAX_CHARS }
  try {
    return write(value, budget, new Set())
  } catch (error) {
    if (error instanceof RangeError || error === TOO_LONG) return undefined
    throw error
  }
}

const TOO_LONG = new Error('cannot describe payload: longer than 4,000,000 characters')

function write(value: unknown, budget: { left: number }, ancestors: Set<object>): string | undefined {
  const text = typeof value === 'object' && value !== null ? writeObject(value, budget, ancestors) : writePrimitive(value)
  if (typeof value !== 'object') budget.left -= text?.length ?? 0
  if (budget.left < 0) throw TOO_LONG
  return text
}

function writePrimitive(value: unknown): string | undefined {
  return typeof value === 'bigint' ? `"${value}"` : JSON.stringify(value)
}

function writeObject(value: object, budget: { left: number }, ancestors: Set<object>): string | undefined {
  if (ancestors.has(value)) return '"[circular]"'
  const plain = toPlain(value)
  if (typeof plain !== 'object' || plain === null) return write(plain, budget, ancestors)
  ancestors.add(value)
  const text = Array.isArray(plain) ? writeArray(plain, budget, ancestors) : writeRecord(plain, budget, ancestors)
  ancestors.delete(value)
  return text
}

function toPlain(value: object): unknown {
  if ('toJSON' in value && typeof value.toJSON === 'function' && !ArrayBuffer.isView(value)) return value.toJSON()
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), item]))
  if (value instanceof Set) return [...value]
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  return value
}

const writeArray = (items: readonly unknown[], budget: { left: number }, ancestors: Set<object>): string => {
  budget.left -= items.length + 2
  return `[${items.map((item) => write(item, budget, ancestors) ?? 'null').join(',')}]`
}

function writeRecord(value: object, budget: { left: number }, ancestors: Set<object>): string {
  const fields: string[] = []
  for (const key of Object.keys(value).sort()) {
    const text = write(Reflect.get(value, key), budget, ancestors)
    if (text === undefined) continue
    const name = JSON.stringify(key)
    budget.left -= name.length + 2
    fields.push(`${name}:${text}`)
  }
  return `{${fields.join(',')}}`
}
