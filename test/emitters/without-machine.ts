// Takes what a resource tells of the machine out of an OTLP request, for emitters that cannot be told to leave it out.
import { cursorOf, LENGTH, readMessage, readSlice, readTag, skip } from '../../collector/src/decode/wire.ts'
import { bytesField } from '../../collector/src/decode/wire-writer.ts'

const OF_THE_MACHINE = /^(?:host|os|process)\./

/** Field 1 of a request are its resources, field 1 of these the resource, field 1 of that its attributes: of spans and log records alike. */
const RESOURCE_DEPTH = 2

const isOfTheMachine = (attribute: Uint8Array): boolean => {
  const cursor = cursorOf(attribute)
  return readTag(cursor) === 1 * 8 + LENGTH && OF_THE_MACHINE.test(readSlice(cursor).toString())
}

const rewritten = (message: Uint8Array, depth: number): Buffer => {
  const cursor = cursorOf(message)
  const parts: Uint8Array[] = []
  while (cursor.at < cursor.end) {
    const start = cursor.at
    const tag = readTag(cursor)
    if (tag !== 1 * 8 + LENGTH) {
      skip(cursor, tag)
      parts.push(message.subarray(start, cursor.at))
      continue
    }
    const { at, end } = readMessage(cursor)
    const inner = message.subarray(at, end)
    if (depth < RESOURCE_DEPTH) parts.push(...bytesField(1, rewritten(inner, depth + 1)))
    else if (!isOfTheMachine(inner)) parts.push(message.subarray(start, end))
  }
  return Buffer.concat(parts)
}

/** @param body an ExportTraceServiceRequest or ExportLogsServiceRequest in protobuf */
export const withoutMachine = (body: Uint8Array): Buffer => rewritten(body, 0)
