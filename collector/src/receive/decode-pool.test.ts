// Large bodies go to a worker, and come back the same.
import type { RecognizedSpan, Span } from '@seamtrace/schema'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeTraces } from '../decode/encode-traces.ts'
import { recognize } from '../recognize/recognize.ts'
import { splitEncodedSpans } from '../store/encode-span.ts'
import { span as arbitrarySpan } from '../store/span.fixture.ts'
import { createDecodePool, type DecodePool } from './decode-pool.ts'
import type { Rows } from './take-body.ts'

const none = new Set<string>()
const spans = fc.sample(arbitrarySpan, { numRuns: 300, seed: 4 })
const inThisThread: string[] = []
const recognizeHere = (span: Span): RecognizedSpan => {
  inThisThread.push(span.spanId)
  return recognize(span, none)
}

let pools: DecodePool[] = []
const poolOf = (maxInlineBytes: number): DecodePool => {
  const pool = createDecodePool({ recognize: recognizeHere, maxInlineBytes, workers: 1 })
  pools.push(pool)
  return pool
}
const decode = async (pool: DecodePool, signal: 'traces' | 'logs', encoding: 'protobuf' | 'json', body: Buffer) => {
  const parts: Rows[] = []
  const received = await pool.decode(
    { signal, encoding, body, project: 'p' },
    async (rows) => void parts.push({ ...rows, bytes: Buffer.from(rows.bytes) }),
  )
  return { ...received, rows: Buffer.concat(parts.map(({ bytes }) => bytes)), counts: parts.map(({ count }) => count) }
}
afterEach(async () => {
  await Promise.all(pools.map((pool) => pool.close()))
  pools = []
  inThisThread.length = 0
})

describe('the decode pool', () => {
  it.each(['protobuf', 'json'] as const)('gives the same rows by a worker as here: %s', async (encoding) => {
    const here = await decode(poolOf(Number.MAX_SAFE_INTEGER), 'traces', encoding, encodeTraces(spans, encoding))
    const recognizedHere = inThisThread.length
    const there = await decode(poolOf(0), 'traces', encoding, encodeTraces(spans, encoding))
    expect(recognizedHere).toBe(spans.length)
    expect(inThisThread).toHaveLength(recognizedHere)
    expect(there).toEqual(here)
    expect(here.counts.reduce((sum, count) => sum + count)).toBe(spans.length)
  })

  it('gives the rows of each body to its own project', async () => {
    const pool = poolOf(0)
    const body = (project: string) =>
      ({ signal: 'traces', encoding: 'json', body: encodeTraces(spans.slice(0, 2), 'json'), project }) as const
    const projectsOf = async (project: string): Promise<string[]> => {
      const parts: Rows[] = []
      await pool.decode(body(project), async (rows) => void parts.push({ ...rows, bytes: Buffer.from(rows.bytes) }))
      const rows = parts.flatMap(({ bytes }) => splitEncodedSpans(bytes))
      return rows.map((row) => ['project-red', 'project-blue'].filter((name) => Buffer.from(row).includes(name)).join())
    }
    expect(await Promise.all(['project-red', 'project-blue', 'project-red'].map(projectsOf))).toEqual([
      ['project-red', 'project-red'],
      ['project-blue', 'project-blue'],
      ['project-red', 'project-red'],
    ])
  })

  it('works through many bodies with one worker', async () => {
    const pool = poolOf(0)
    const all = await Promise.all(spans.slice(0, 20).map((span) => decode(pool, 'traces', 'protobuf', encodeTraces([span], 'protobuf'))))
    expect(all.map(({ rows }) => rows.includes(Buffer.from('p')))).not.toContain(false)
    expect(all.map(({ rows }, index) => rows.includes(Buffer.from(spans[index]?.spanId ?? '', 'hex')))).not.toContain(false)
  })

  it('gives the rows of a large body part by part, and fails it when one of them cannot be kept', async () => {
    const large = spans
      .slice(0, 1)
      .flatMap((span) => Array.from({ length: 20 }, () => ({ ...span, attributes: new Map([['text', 'x'.repeat(250_000)]]) })))
    const there = await decode(poolOf(0), 'traces', 'protobuf', encodeTraces(large, 'protobuf'))
    expect(there.counts.length).toBeGreaterThan(1)
    expect(there.counts.reduce((sum, count) => sum + count)).toBe(20)
    const keep = () => Promise.reject(new Error('full'))
    const request = () => ({ signal: 'traces', encoding: 'protobuf', body: encodeTraces(large, 'protobuf'), project: 'p' }) as const
    await expect(poolOf(0).decode(request(), keep)).rejects.toThrow('full')
    await expect(poolOf(Number.MAX_SAFE_INTEGER).decode(request(), keep)).rejects.toThrow('full')
  })

  it('passes errors on and goes on', async () => {
    const pool = poolOf(0)
    await expect(decode(pool, 'traces', 'json', Buffer.from('{'))).rejects.toMatchObject({ code: 'bad_request' })
    await expect(decode(pool, 'logs', 'json', Buffer.from('{"resourceSpans":[]}'))).rejects.toThrow('it holds OTLP traces, not logs')
    expect((await decode(pool, 'traces', 'json', encodeTraces(spans.slice(0, 1), 'json'))).taken.spans).toBe(1)
  })

  it('fails what waits when it is closed', async () => {
    const pool = poolOf(0)
    const waiting = [1, 2, 3].map(() => decode(pool, 'traces', 'json', encodeTraces(spans, 'json')))
    const settled = Promise.allSettled(waiting)
    await pool.close()
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await expect(decode(pool, 'traces', 'json', Buffer.from('{}'))).rejects.toMatchObject({ code: 'unavailable' })
  })
})
