// The engine's own limit: ready-made rows of the same spans, inserted by one writer into a fresh store, with nothing else going on.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { decodeTraces } from '../../../collector/src/decode/decode-traces.ts'
import { recognize } from '../../../collector/src/recognize/recognize.ts'
import { createSpanEncoder, ENCODED_COLUMNS } from '../../../collector/src/store/encode-span.ts'
import { migrate } from '../../../collector/src/store/migrate.ts'
import { openStore, type Store } from '../../../collector/src/store/open.ts'
import { totalTreeCpu } from './process-tree.ts'
import { createRequests, type RequestOptions } from './requests.ts'
import type { StoreHome } from './store-home.ts'

export type EngineLimit = {
  way: Way
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
  const encoder = createSpanEncoder()
  const requests = createRequests(options)
  const parts: Buffer[] = []
  const traceIds: Block['traceIds'] = []
  let start = 0
  for (let number = 0; traceIds.length < minRows; number++) {
    const { spans } = decodeTraces(requests.at(number, Date.now() - 20_000).body, 'protobuf')
    for (const span of spans) encoder.add('default', recognize(span))
    const part = encoder.take()
    parts.push(part)
    let at = 0
    for (const { traceId } of spans) {
      const id = Buffer.from(traceId, 'hex')
      // the ids of a block stand behind each other, in the order of its rows
      at = part.indexOf(id, at)
      traceIds.push({ at: start + at, id })
      at += id.length
    }
    start += part.length
  }
  return { bytes: Buffer.concat(parts), rows: traceIds.length, traceIds }
}

/** The same rows for other traces: a repeated block would be thrown away by the merges, which makes them cheap. */
export const renewTraces = ({ bytes, traceIds }: Block, salt: number): void => {
  for (const { at, id } of traceIds) bytes.writeUInt32LE((id.readUInt32LE() ^ salt) >>> 0, at)
}

/** How rows reach the engine: as the body of an insert, or as a file that the embedded engine reads itself. */
export type Way = 'body' | 'file'

type Insert = { ready: (bytes: Buffer) => Promise<void>; insert: () => Promise<void> }

const asBody = (store: Store): Insert => {
  let body = Buffer.alloc(0)
  return {
    ready: async (bytes) => {
      body = Buffer.from(bytes)
    },
    insert: async () => {
      const query = `INSERT INTO spans (${ENCODED_COLUMNS}) FORMAT Native`
      const { stream } = await store.client.exec({ query, values: Readable.from([body]), clickhouse_settings: { async_insert: 0 } })
      await finished(stream.resume())
    },
  }
}

// No copy over HTTP and none into a file of the engine's own: a quarter less CPU for lean rows, a third less with content.
const asFile = (store: Store, dataDir: string): Insert => {
  let number = 0
  // the folder in which the engine runs; names in statements are relative to it
  const pathOf = (name: string): string => join(dataDir, 'insert-bodies', name)
  return {
    ready: (bytes) => writeFile(pathOf(`block-${number}`), bytes),
    insert: async () => {
      const name = `block-${number++}`
      await store.client.command({ query: `INSERT INTO spans (${ENCODED_COLUMNS}) FROM INFILE '${name}' FORMAT Native` })
      await rm(pathOf(name))
    },
  }
}

/** Inserts one block after the other, each for traces of its own; the next is made ready meanwhile. */
const insertFor = async (
  seconds: number,
  prepare: () => Promise<void>,
  insert: () => Promise<void>,
): Promise<{ blocks: number; tookMs: number }> => {
  await prepare()
  const startMs = performance.now()
  for (let blocks = 1; ; blocks++) {
    await Promise.all([insert(), prepare()])
    const tookMs = performance.now() - startMs
    if (tookMs > seconds * 1_000) return { blocks, tookMs }
  }
}

export const measureEngineLimit = async (
  { store: where, dataDir, pids }: StoreHome,
  way: Way,
  options: RequestOptions,
  { seconds = 10, rowsPerBlock = 50_000 } = {},
): Promise<EngineLimit> => {
  const block = rowBlock(options, rowsPerBlock)
  const cpu = (): number => totalTreeCpu(pids.length > 0 ? pids : [process.pid], [process.pid])
  const store = await openStore(where)
  try {
    await migrate(store)
    const { ready, insert } = way === 'file' ? asFile(store, dataDir) : asBody(store)
    let salt = 0
    const prepare = (): Promise<void> => {
      renewTraces(block, ++salt * 0x9e37_79b1)
      return ready(block.bytes)
    }
    await insertFor(0, prepare, insert)
    const cpuBefore = cpu()
    const { blocks, tookMs } = await insertFor(seconds, prepare, insert)
    const rows = blocks * block.rows
    return {
      way,
      spansPerSecond: (rows / tookMs) * 1_000,
      engineCpuSecondsPerMillionSpans: ((cpu() - cpuBefore) / rows) * 1e6,
      rowBytes: block.bytes.length / block.rows,
      rows,
      seconds: tookMs / 1_000,
    }
  } finally {
    await store.close()
  }
}
