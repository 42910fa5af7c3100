// How much memory a JSON text takes when it is parsed, told from its bytes: a text of empty objects takes twenty times its size.
import { SeamtraceError } from '@seamtrace/schema'

/** Of a text that is smaller than this, whatever it holds, nobody notices the memory. */
const SMALL_BYTES = 4 * 1024 * 1024
/** 64 MiB of ordinary spans come to a third of it. JSON.parse cannot be stopped, and an engine out of memory ends the process. */
const MAX_PARSED_BYTES = 384 * 1024 * 1024

// Measured on 64-bit V8, rounded up: an object or array, a property of an object that is like no other, an element.
const COST = { container: 64, property: 64, element: 24 } as const

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN_LIST, OPEN_OBJECT] = [0x22, 0x5c, 0x2c, 0x3a, 0x5b, 0x7b]

/** @throws SeamtraceError too_large */
export const refuseManyValues = (body: Uint8Array): void => {
  if (body.byteLength <= SMALL_BYTES) return
  let bytes = 0
  for (let at = 0; at < body.byteLength; at++) {
    const byte = body[at]
    if (byte === QUOTE) at = endOfText(body, at + 1)
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) bytes += COST.container
    else if (byte === COLON) bytes += COST.property
    else if (byte === COMMA) bytes += COST.element
  }
  if (bytes > MAX_PARSED_BYTES)
    throw new SeamtraceError(
      'too_large',
      `cannot parse OTLP body of ${body.byteLength} bytes: its values come to ${bytes} bytes in memory; send smaller batches`,
    )
}

/** Where the text that begins here has its closing quote. */
const endOfText = (body: Uint8Array, start: number): number => {
  for (let at = body.indexOf(QUOTE, start); at >= 0; at = body.indexOf(QUOTE, at + 1)) {
    let backslashes = 0
    while (body[at - 1 - backslashes] === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return at
  }
  return body.byteLength
}
