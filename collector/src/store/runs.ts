// Writes analyzed runs: one row a run, replaced whole by its newest version.
import { Readable } from 'node:stream'
import type { AnalyzedRun } from '../analyze/analyze.ts'
import { encodeRun, encodeTombstone, RUN_COLUMNS } from './encode-run.ts'
import { createRowWriter } from './row-binary.ts'
import type { RunRef } from './runs-of-traces.ts'
import type { Reader } from './touched-traces.ts'

/** Rows of runs on their way into the store. */
export type RunRows = {
  add(project: string, run: AnalyzedRun): void
  /** takes away a run that is now part of another one */
  remove(run: RunRef): void
  /** bytes that wait */
  bytes(): number
  /** Resolves when the rows so far are stored. */
  flush(store: Reader): Promise<void>
}

// One buffer for all would be copied into one of twice the size again and again.
const CHUNK_BYTES = 1024 * 1024

/** @param versionMs a time: it grows with every analysis, and the highest wins */
export const createRunRows = (versionMs: number): RunRows => {
  const version = BigInt(versionMs)
  const writer = createRowWriter(CHUNK_BYTES + CHUNK_BYTES / 8)
  let chunks: Buffer[] = []
  let chunkBytes = 0

  const cut = (least: number): void => {
    if (writer.length() < least) return
    chunkBytes += writer.length()
    chunks.push(writer.take())
  }
  return {
    add: (project, run) => {
      encodeRun(writer, project, run, version)
      cut(CHUNK_BYTES)
    },
    remove: ({ project, runId }) => encodeTombstone(writer, project, runId, version),
    bytes: () => chunkBytes + writer.length(),
    flush: async ({ client, signal }) => {
      cut(1)
      if (chunks.length === 0) return
      const values = Readable.from(chunks)
      chunks = []
      chunkBytes = 0
      const { stream } = await client.exec({
        query: `INSERT INTO runs (${RUN_COLUMNS}) SETTINGS async_insert = 0 FORMAT RowBinary`,
        values,
        ...(signal ? { abort_signal: signal } : {}),
      })
      // the connection is free again only when the empty answer is read
      await stream.toArray()
    },
  }
}
