// What all OTLP signals share in protobuf: attributes, their values, resources and scopes. Field numbers: common/v1/common.proto.
import type { Attributes, AttributeValue, Origin } from '@seamtrace/schema'
import { count } from './decoded.ts'
import {
  beginValue,
  cutAt,
  endValue,
  hasPlace,
  keyWas,
  type Limiter,
  mayNest,
  payingFor,
  RECORD_LIMITS,
  TOO_DEEP,
  takeBytes,
  takeElement,
  textWas,
} from './limits.ts'
import {
  advance,
  type Cursor,
  FIXED64,
  LENGTH,
  readDouble,
  readInt64,
  readMessage,
  readSize,
  readSlice,
  readTag,
  readUint64,
  skip,
  textBetween,
  VARINT,
} from './wire.ts'

export const field = (number: number, wireType: number): number => number * 8 + wireType

/** Puts one attribute of a record where it belongs; gives 1 when there was no place for it. */
export function readAttribute(message: Cursor, into: Attributes, limiter: Limiter): 0 | 1 {
  let key = ''
  let value: Cursor | undefined
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) key = readName(message, limiter)
    else if (tag === field(2, LENGTH)) value = readMessage(message)
    else skip(message, tag)
  }
  if (!into.has(key) && !hasPlace(limiter, into.size, 'attributes', key)) return 1
  into.set(key, value === undefined ? null : readValue(value, key, limiter))
  return 0
}

/** One whole value with the room that its key gives it; a log body has no key. */
export function readValue(message: Cursor, key: string, limiter: Limiter): AttributeValue {
  beginValue(limiter, key, message.end - message.at)
  const value = readAnyValue(message, limiter, 0)
  endValue(limiter, key)
  return value
}

function readAnyValue(message: Cursor, limiter: Limiter, depth: number): AttributeValue {
  let value: AttributeValue = null
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) value = readTextWithin(message, limiter)
    else if (tag === field(2, VARINT)) value = readUint64(message) !== 0n
    else if (tag === field(3, VARINT)) value = readInt64(message)
    else if (tag === field(4, FIXED64)) value = { double: readDouble(message) }
    else if (tag === field(5, LENGTH)) value = readList(readMessage(message), limiter, depth)
    else if (tag === field(6, LENGTH)) value = readMap(readMessage(message), limiter, depth)
    else if (tag === field(7, LENGTH)) value = readBytesWithin(message, limiter)
    else {
      // an index into a table of strings, which only profiles have
      if (tag === field(8, VARINT)) count(limiter.truncated, 'value that refers to a table of strings: stored as empty', '')
      skip(message, tag)
    }
  }
  return value
}

function readList(message: Cursor, limiter: Limiter, depth: number): AttributeValue {
  if (!mayNest(limiter, depth)) return TOO_DEEP
  const list: AttributeValue[] = []
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag !== field(1, LENGTH)) skip(message, tag)
    else if (takeElement(limiter)) list.push(readAnyValue(readMessage(message), limiter, depth + 1))
    else break
  }
  return list
}

function readMap(message: Cursor, limiter: Limiter, depth: number): AttributeValue {
  if (!mayNest(limiter, depth)) return TOO_DEEP
  const map: Attributes = new Map()
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag !== field(1, LENGTH)) skip(message, tag)
    else if (takeElement(limiter)) readEntry(readMessage(message), map, limiter, depth + 1)
    else break
  }
  return map
}

function readEntry(message: Cursor, into: Attributes, limiter: Limiter, depth: number): void {
  let key = ''
  let value: AttributeValue = null
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) key = readName(message, limiter)
    else if (tag === field(2, LENGTH)) value = readAnyValue(readMessage(message), limiter, depth)
    else skip(message, tag)
  }
  into.set(key, value)
}

function readTextWithin(message: Cursor, limiter: Limiter): string {
  const size = readSize(message)
  const at = advance(message, size)
  const kept = takeBytes(limiter, size)
  return textBetween(message, at, kept < size ? cutAt(message.bytes, at, at + kept) : at + size)
}

/** A copy: a view would keep the whole request in memory. */
function readBytesWithin(message: Cursor, limiter: Limiter): Uint8Array {
  const bytes = readSlice(message)
  return new Uint8Array(bytes.subarray(0, takeBytes(limiter, bytes.length)))
}

/** A key, or the name of a span, event or scope. */
export function readName(message: Cursor, limiter: Limiter): string {
  const size = readSize(message)
  const at = advance(message, size)
  if (size <= RECORD_LIMITS.keyBytes) return textBetween(message, at, at + size)
  return keyWas(limiter, textBetween(message, at, cutAt(message.bytes, at, at + RECORD_LIMITS.keyBytes)))
}

/** Any other text of a record: a status message, a schema URL. */
export function readBoundedText(message: Cursor, limiter: Limiter): string {
  const size = readSize(message)
  const at = advance(message, size)
  if (size <= RECORD_LIMITS.valueBytes) return textBetween(message, at, at + size)
  return textWas(limiter, textBetween(message, at, cutAt(message.bytes, at, at + RECORD_LIMITS.valueBytes)))
}

/**
 * Reads the three levels around the records of every signal: resource, scope, and the messages of the records.
 * `each` gets one record's message at a time, with where it came from.
 */
export function readRecords(request: Cursor, limiter: Limiter, each: (record: Cursor, origin: Origin) => void): void {
  while (request.at < request.end) {
    const tag = readTag(request)
    if (tag === field(1, LENGTH)) readOfResource(readMessage(request), limiter, each)
    else skip(request, tag)
  }
}

function readOfResource(message: Cursor, limiter: Limiter, each: (record: Cursor, origin: Origin) => void): void {
  const resource: Attributes = new Map()
  const scopes: Cursor[] = []
  let resourceSchemaUrl = ''
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) readResource(readMessage(message), resource, limiter)
    else if (tag === field(2, LENGTH)) scopes.push(readMessage(message))
    else if (tag === field(3, LENGTH)) resourceSchemaUrl = readBoundedText(message, limiter)
    else skip(message, tag)
  }
  // the resource may stand behind its records
  for (const scope of scopes) readOfScope(scope, { resource, resourceSchemaUrl }, limiter, each)
}

function readResource(message: Cursor, resource: Attributes, limiter: Limiter): void {
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) readAttribute(readMessage(message), resource, limiter)
    else skip(message, tag)
  }
}

type OfResource = Pick<Origin, 'resource' | 'resourceSchemaUrl'>

function readOfScope(message: Cursor, ofResource: OfResource, limiter: Limiter, each: (record: Cursor, origin: Origin) => void): void {
  const origin: Origin = { ...ofResource, scopeName: '', scopeVersion: '', scopeAttributes: new Map(), scopeSchemaUrl: '' }
  const records: Cursor[] = []
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) readScope(readMessage(message), origin, limiter)
    else if (tag === field(2, LENGTH)) records.push(readMessage(message))
    else if (tag === field(3, LENGTH)) origin.scopeSchemaUrl = readBoundedText(message, limiter)
    else skip(message, tag)
  }
  const pay = payingFor(origin, limiter)
  for (const record of records) {
    pay()
    each(record, origin)
  }
}

function readScope(message: Cursor, origin: Origin, limiter: Limiter): void {
  while (message.at < message.end) {
    const tag = readTag(message)
    if (tag === field(1, LENGTH)) origin.scopeName = readName(message, limiter)
    else if (tag === field(2, LENGTH)) origin.scopeVersion = readName(message, limiter)
    else if (tag === field(3, LENGTH)) readAttribute(readMessage(message), origin.scopeAttributes, limiter)
    else skip(message, tag)
  }
}
