// The engine's own limit: ready-made rows of the same spans, inserted by one writer into a fresh store, with nothing else going on.
import { Readable } from 'node:stream'
import { decodeTraces } from '../../../collector/src/decode/decode-traces.ts'
import { recognize } from '../../../collector/src/recognize/recognize.ts'
import { ENCODED_COLUMNS, encodeSpan } from '../../../collector/src/store/encode-span.ts'
import { migrate } from '../../../collector/src/store/migrate.ts'
import { openStore, type Store } from '../../../collector/src/store/open.ts'
import { createRowWriter } from '../../../collector/src/store/row-binary.ts'
import { sampleTree } from './process-tree.ts'
import { createRequests, type RequestOptions } from './requests.ts'

export type EngineLimit = {
  spansPerSecond: number
  /** of the engine alone, with the merges that ran meanwhile */
  engineCpuSecondsPerMillionSpans: number
  rowBytes: number
  rows: number
  seconds: number
}

type Block = { bytes: Buffer; rows: number; traceIds: { at: number; id: Buffer }[] }

/** Rows of whole requests, as the collector itself encodes them. */
export const rowBlock = (options: RequestOptions, minRows: number): Block => {
  const writer = createRowWriter()
  const requests = createRequests(options)
  const found: { from: number; id: Buffer }[] = []
  for (let number = 0; found.length < minRows; number++) {
    for (const span of decodeTraces(requests.at(number, Date.now() - 20_000).body, 'protobuf').spans) {
      found.push({ from: writer.length(), id: Buffer.from(span.traceId, 'hex') })
      encodeSpan(writer, 'default', recognize(span))
    }
  }
  const bytes = Buffer.from(writer.take())
  return { bytes, rows: found.length, traceIds: found.map(({ from, id }) => ({ at: bytes.indexOf(id, from), id })) }
}

/** The same rows for other traces: a repeated block would be thrown away by the merges, which makes them cheap. */
export const renewTraces = ({ bytes, traceIds }: Block, salt: number): void => {
  for (const { at, id } of traceIds) bytes.writeUInt32LE((id.readUInt32LE() ^ salt) >>> 0, at)
}

export const insertRows = async (store: Pick<Store, 'client'>, bytes: Buffer): Promise<void> => {
  const { stream } = await store.client.exec({
    query: `INSERT INTO spans (${ENCODED_COLUMNS}) FORMAT RowBinary`,
    values: Readable.from([bytes]),
    clickhouse_settings: { async_insert: 0 },
  })
  stream.resume()
}

const cpuOf = (roots: readonly number[]): number =>
  sampleTree(roots)
    .filter(({ pid }) => pid !== process.pid)
    .reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)

export const measureEngineLimit = async (
  where: { dataDir: string } | { url: string },
  options: RequestOptions,
  { seconds = 10, rowsPerBlock = 50_000 } = {},
): Promise<EngineLimit> => {
  const block = rowBlock(options, rowsPerBlock)
  const store = await openStore(where)
  try {
    await migrate(store)
    await insertRows(store, block.bytes)
    const cpuBefore = cpuOf([process.pid])
    const startMs = performance.now()
    let rows = 0
    let tookMs = 0
    for (let salt = 1; tookMs < seconds * 1_000; salt++) {
      renewTraces(block, salt * 0x9e37_79b1)
      await insertRows(store, block.bytes)
      rows += block.rows
      tookMs = performance.now() - startMs
    }
    return {
      spansPerSecond: (rows / tookMs) * 1_000,
      engineCpuSecondsPerMillionSpans: ((cpuOf([process.pid]) - cpuBefore) / rows) * 1e6,
      rowBytes: block.bytes.length / block.rows,
      rows,
      seconds: tookMs / 1_000,
    }
  } finally {
    await store.close()
  }
}
