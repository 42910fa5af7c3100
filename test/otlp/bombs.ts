// Bodies that are small to send and large to read, and bodies as large as they may be.
import { createGzip, gzipSync } from 'node:zlib'

const TRACE = 'ab'.repeat(16)
const SPAN = 'cd'.repeat(8)

/** So many megabytes of zeros: a thousandth on the wire. */
export const zerosGzipped = async (megabytes: number): Promise<Buffer> => {
  const gzip = createGzip()
  const chunks: Buffer[] = []
  gzip.on('data', (chunk: Buffer) => chunks.push(chunk))
  const zeros = Buffer.alloc(1024 * 1024)
  for (let at = 0; at < megabytes; at++) if (!gzip.write(zeros)) await new Promise((resolve) => gzip.once('drain', resolve))
  const ended = new Promise((resolve) => gzip.once('end', resolve))
  gzip.end()
  await ended
  return Buffer.concat(chunks)
}

export const twiceGzipped = (body: Buffer): Buffer => gzipSync(body)

/** Lists inside each other, in one attribute of one span. */
export const deepJson = (depth: number): Buffer =>
  Buffer.from(
    `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${TRACE}","spanId":"${SPAN}","attributes":[{"key":"deep","value":${'{"arrayValue":{"values":['.repeat(depth)}${']}}'.repeat(depth)}}]}]}]}]}`,
  )

const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)])
const field = (number: number, parts: Uint8Array[]): Buffer => {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(length)]), ...parts])
}
const bytes = (number: number, value: string | Buffer): Buffer => field(number, [typeof value === 'string' ? Buffer.from(value) : value])
const attribute = (number: number, key: string, text: string | Buffer): Buffer => field(number, [bytes(1, key), field(2, [bytes(1, text)])])
const request = (parts: Uint8Array[]): Buffer => field(1, [field(2, parts)])
const ids = (index: number): Buffer => {
  const spanId = Buffer.alloc(8)
  spanId.writeUInt32BE(index + 1, 4)
  return Buffer.concat([bytes(1, Buffer.from(TRACE, 'hex')), bytes(2, spanId)])
}

export const deepProtobuf = (depth: number): Buffer => {
  let value: Buffer = Buffer.alloc(0)
  // from the inside out, quadratic in bytes copied: 10,000 levels are 10,000 × 60 kB
  for (let level = 0; level < depth; level++) value = field(5, [field(1, [value])])
  return request([field(2, [ids(0), field(9, [bytes(1, 'deep'), field(2, [value])])])])
}

export const manyAttributesProtobuf = (count: number): Buffer => {
  const attributes = Array.from({ length: count }, (_, index) => attribute(9, `key.${index}`, 'v'))
  return request([field(2, [ids(0), ...attributes])])
}

export const manyAttributesJson = (count: number): Buffer => {
  const attributes = Array.from({ length: count }, (_, index) => `{"key":"key.${index}","value":{"stringValue":"v"}}`)
  return Buffer.from(
    `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${TRACE}","spanId":"${SPAN}","attributes":[${attributes.join()}]}]}]}]}`,
  )
}

/** As many bytes of ordinary spans, half a kilobyte each. */
export const spansProtobuf = (size: number, start = 0): Buffer => {
  const tail = Buffer.concat([bytes(5, 'chat model'), attribute(9, 'gen_ai.prompt', Buffer.alloc(380, 'lorem ipsum '))])
  const count = Math.floor((size - 64) / field(2, [ids(0), tail]).length)
  return request(Array.from({ length: count }, (_, index) => field(2, [ids(start + index), tail])))
}

export const spansJson = (size: number): Buffer => {
  const of = (index: number) =>
    `{"traceId":"${TRACE}","spanId":"${(index + 1).toString(16).padStart(16, '0')}","name":"chat model","startTimeUnixNano":"1763600000000000000","endTimeUnixNano":"1763600001000000000","attributes":[{"key":"gen_ai.prompt","value":{"stringValue":"${'lorem ipsum '.repeat(24)}"}}]}`
  const count = Math.floor((size - 100) / (of(0).length + 1))
  return Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${Array.from({ length: count }, (_, index) => of(index)).join()}]}]}]}`)
}

/** Spans of nothing but ids: as many records as a body can hold. */
export const tinySpansProtobuf = (size: number): Buffer => {
  const count = Math.floor((size - 64) / field(2, [ids(0)]).length)
  return request(Array.from({ length: count }, (_, index) => field(2, [ids(index)])))
}

/** Objects of nothing: 24 bytes of memory for three of text. */
export const emptyObjectsJson = (size: number): Buffer =>
  Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${'{},'.repeat(Math.floor((size - 100) / 3))}{}]}]}]}`)

/** A large resource with many small spans: each of them is stored with it. */
export const wideResourceProtobuf = (resourceBytes: number, spans: number): Buffer => {
  const resource = field(1, [attribute(1, 'k', Buffer.alloc(resourceBytes, 'x'))])
  return field(1, [
    resource,
    field(
      2,
      Array.from({ length: spans }, (_, index) => field(2, [ids(index)])),
    ),
  ])
}
