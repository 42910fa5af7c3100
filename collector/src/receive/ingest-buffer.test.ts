// How requests share inserts, and what each of them is told.
import { describe, expect, it, vi } from 'vitest'
import type { SpanRow } from '../store/span-row.ts'
import { createIngestBuffer } from './ingest-buffer.ts'

const rows = (count: number) => Array.from({ length: count }, () => ({}) as SpanRow)
const quiet = { warn: () => {} }
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('the ingest buffer', () => {
  it('puts concurrent requests into one insert', async () => {
    const sizes: number[] = []
    const buffer = createIngestBuffer({ ...quiet, maxAgeMs: 20, insert: async (group) => void sizes.push(group.length) })
    await Promise.all([buffer.add(rows(2), 10), buffer.add(rows(3), 10), buffer.add([], 0)])
    expect(sizes).toEqual([5])
  })

  it('inserts at once when there are rows enough', async () => {
    const buffer = createIngestBuffer({ ...quiet, maxAgeMs: 60_000, maxRows: 10, insert: async () => {} })
    await buffer.add(rows(10), 10)
  })

  it('inserts one group at a time and gathers the next meanwhile', async () => {
    let running = 0
    const sizes: number[] = []
    const insert = async (group: SpanRow[]) => {
      expect(++running).toBe(1)
      sizes.push(group.length)
      await sleep(20)
      running--
    }
    const buffer = createIngestBuffer({ ...quiet, maxAgeMs: 0, insert })
    const first = buffer.add(rows(1), 1)
    await sleep(5)
    await Promise.all([first, buffer.add(rows(1), 1), buffer.add(rows(1), 1)])
    expect(sizes).toEqual([1, 2])
  })

  it('takes no more than its bytes, but always one request', async () => {
    let done = () => {}
    const buffer = createIngestBuffer({
      ...quiet,
      maxAgeMs: 0,
      maxBytes: 100,
      insert: () =>
        new Promise((resolve) => {
          done = resolve
        }),
    })
    const large = buffer.add(rows(1), 500)
    expect(buffer.hasRoom()).toBe(false)
    await expect(buffer.add(rows(1), 1)).rejects.toThrow('the store is slower than what arrives')
    done()
    await large
    expect(buffer.hasRoom()).toBe(true)
  })

  it('fails all requests of a group when its retries are used up, and goes on with the next', async () => {
    const insert = vi
      .fn<(group: SpanRow[]) => Promise<void>>()
      .mockRejectedValueOnce(new Error('a'))
      .mockRejectedValueOnce(new Error('b'))
      .mockResolvedValue()
    const buffer = createIngestBuffer({ ...quiet, maxAgeMs: 5, retryDelaysMs: [1], insert })
    const results = await Promise.allSettled([buffer.add(rows(1), 1), buffer.add(rows(1), 1)])
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected'])
    await buffer.add(rows(1), 1)
    expect(insert).toHaveBeenCalledTimes(3)
  })

  it('stores what it holds before it closes, and takes nothing afterwards', async () => {
    const insert = vi.fn(async (_group: SpanRow[]): Promise<void> => void (await sleep(5)))
    const buffer = createIngestBuffer({ ...quiet, maxAgeMs: 60_000, insert })
    const last = buffer.add(rows(1), 1)
    await buffer.close()
    await last
    expect(insert).toHaveBeenCalledOnce()
    expect(buffer.hasRoom()).toBe(false)
    await expect(buffer.add(rows(1), 1)).rejects.toThrow('stopping')
  })
})
