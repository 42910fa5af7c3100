// How much of one record is kept. Beyond a limit it is cut, counted and told about: never refused, and never its neighbors.
import { type Attributes, type AttributeValue, type Origin, SeamtraceError } from '@seamtrace/schema'
import { type Counted, count } from './decoded.ts'

export const RECORD_LIMITS = {
  /** of a span, event, link, log record, resource or scope */
  attributes: 1_024,
  events: 1_024,
  links: 1_024,
  /** of keys, and of the names of spans, events and scopes: they stand in dictionaries and in lists */
  keyBytes: 1_024,
  valueBytes: 256 * 1024,
  /** prompts, completions, inputs and outputs */
  contentBytes: 2 * 1024 * 1024,
  /** lists and maps inside each other */
  depth: 32,
} as const

/**
 * What the records of one request may come to in memory. A body is bounded in bytes, but two bytes can be an event and four an
 * attribute, and each record is stored with its resource and scope: without this, 64 MiB would become gigabytes.
 */
export const MAX_DECODED_BYTES = 256 * 1024 * 1024

/** Measured on 64-bit V8, rounded up: the object, its row and its share of arrays and tables. */
const COST = { record: 1_000, event: 300, attribute: 120, element: 40 } as const

/** Stands for a value that is nested deeper than {@link RECORD_LIMITS}. */
export const TOO_DEEP = '(nested too deep)'

/** What a number, a boolean, an empty value or a container costs of the bytes of its attribute. */
const SMALL_VALUE_BYTES = 8

const CONTENT = /prompt|completion|input|output|message|content|instruction|argument|result|response|document|body/i

/** The bookkeeping of one request: how much room the value that is being read has left, and what was cut so far. */
export type Limiter = {
  bounded: boolean
  truncated: Counted[]
  /** bytes left for the value that is being read */
  left: number
  /** why that value was cut; '' while it is whole */
  cut: string
  /** about the bytes that all records so far take in memory */
  decoded: number
}

export const createLimiter = (truncated: Counted[]): Limiter => ({ bounded: true, truncated, left: 0, cut: '', decoded: 0 })

/** For what is read back from the store, which was bounded when it arrived. */
export const boundless = (): Limiter => ({
  bounded: false,
  truncated: [],
  left: Number.POSITIVE_INFINITY,
  cut: '',
  decoded: 0,
})

/** @throws SeamtraceError too_large when the request comes to more than {@link MAX_DECODED_BYTES} in memory */
const pay = (limiter: Limiter, bytes: number): void => {
  limiter.decoded += bytes
  if (limiter.bounded && limiter.decoded > MAX_DECODED_BYTES)
    throw new SeamtraceError('too_large', `cannot take records that come to more than ${MAX_DECODED_BYTES} bytes: send smaller batches`)
}

// An element has two bytes at the least: a value this small fits, whatever is in it.
const FITS_BYTES = (RECORD_LIMITS.valueBytes / SMALL_VALUE_BYTES) * 2

/**
 * Begins a value: of an attribute when it has a key, else of a log body.
 * @param messageBytes where known: only of a large value must the key tell its room
 */
export const beginValue = (limiter: Limiter, key: string, messageBytes = Number.POSITIVE_INFINITY): void => {
  limiter.cut = ''
  if (!limiter.bounded) return
  const isContent = messageBytes > FITS_BYTES && CONTENT.test(key)
  limiter.left = isContent ? RECORD_LIMITS.contentBytes : RECORD_LIMITS.valueBytes
}

export const endValue = (limiter: Limiter, key: string): void => {
  if (limiter.cut !== '') count(limiter.truncated, limiter.cut, key)
}

const VALUE_CUT = `value of more than ${RECORD_LIMITS.valueBytes} bytes (${RECORD_LIMITS.contentBytes} for prompts and outputs): cut`
const VALUE_DEEP = `value nested more than ${RECORD_LIMITS.depth} deep: cut`
const KEY_CUT = `key or name of more than ${RECORD_LIMITS.keyBytes} bytes: cut`
const TEXT_CUT = `text of more than ${RECORD_LIMITS.valueBytes} bytes: cut`

/** Pays for bytes of text; gives how many of them may stay. */
export const takeBytes = (limiter: Limiter, bytes: number): number => {
  const kept = Math.min(bytes, limiter.left)
  limiter.left -= kept
  if (kept < bytes) limiter.cut ||= VALUE_CUT
  return kept
}

/** Pays for one element; false when there is no room for it. */
export const takeElement = (limiter: Limiter): boolean => {
  if (limiter.left >= SMALL_VALUE_BYTES) {
    limiter.left -= SMALL_VALUE_BYTES
    pay(limiter, COST.element)
    return true
  }
  limiter.cut ||= VALUE_CUT
  return false
}

/** False for a list or map that would be nested too deep. */
export const mayNest = (limiter: Limiter, depth: number): boolean => {
  if (depth < RECORD_LIMITS.depth) return true
  limiter.cut ||= VALUE_DEEP
  return false
}

/** False when there are as many as may be; `what` is plural. */
export const hasPlace = (limiter: Limiter, size: number, what: 'attributes' | 'events' | 'links', sample: string): boolean => {
  if (!limiter.bounded) return true
  if (size < RECORD_LIMITS[what]) {
    pay(limiter, what === 'attributes' ? COST.attribute : COST.event)
    return true
  }
  count(limiter.truncated, `more than ${RECORD_LIMITS[what]} ${what}: the rest dropped`, sample)
  return false
}

export const keyWas = (limiter: Limiter, cut: string): string => {
  count(limiter.truncated, KEY_CUT, cut)
  return cut
}

export const textWas = (limiter: Limiter, cut: string): string => {
  count(limiter.truncated, TEXT_CUT, cut)
  return cut
}

/** Counts that came with a record and ours, within 32 bits. */
export const sumDropped = (given: number, dropped: number): number => Math.min(given + dropped, 0xffffffff)

/** Where UTF-8 bytes may be cut so that no character is halved: at `end` or up to three bytes before it. */
export const cutAt = (bytes: Uint8Array, start: number, end: number): number => {
  let at = end
  while (at > start && at > end - 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--
  return at
}

/** The text within so many bytes of UTF-8. */
export const cutText = (text: string, maxBytes: number): string => {
  if (text.length * 3 <= maxBytes) return text
  const bytes = Buffer.from(text)
  return bytes.length <= maxBytes ? text : bytes.toString('utf8', 0, cutAt(bytes, 0, maxBytes))
}

/** Gives a function that pays for one record and its copy of where it came from. */
export const payingFor = (origin: Origin, limiter: Limiter): (() => void) => {
  const texts = origin.resourceSchemaUrl.length + origin.scopeSchemaUrl.length
  const bytes = COST.record + sizeOf(origin.resource) + sizeOf(origin.scopeAttributes) + texts
  return () => pay(limiter, bytes)
}

/** About the bytes of attributes. */
const sizeOf = (attributes: Attributes): number => {
  let bytes = 0
  for (const [key, value] of attributes) bytes += key.length + sizeOfValue(value)
  return bytes
}

const sizeOfValue = (value: AttributeValue): number => {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOfValue(item), 0)
  return value instanceof Map ? sizeOf(value) : SMALL_VALUE_BYTES
}
