// Large bodies go to a worker, and come back the same.
import type { RecognizedSpan, Span } from '@seamtrace/schema'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeTraces } from '../decode/encode-traces.ts'
import { recognize } from '../recognize/recognize.ts'
import { span as arbitrarySpan } from '../store/span.fixture.ts'
import { createDecodePool, type DecodePool } from './decode-pool.ts'

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
afterEach(async () => {
  await Promise.all(pools.map((pool) => pool.close()))
  pools = []
  inThisThread.length = 0
})

describe('the decode pool', () => {
  it.each(['protobuf', 'json'] as const)('gives the same rows by a worker as here: %s', async (encoding) => {
    const here = await poolOf(Number.MAX_SAFE_INTEGER).decode('traces', encoding, encodeTraces(spans, encoding), 'p')
    const recognizedHere = inThisThread.length
    const there = await poolOf(0).decode('traces', encoding, encodeTraces(spans, encoding), 'p')
    expect(recognizedHere).toBe(spans.length)
    expect(inThisThread).toHaveLength(recognizedHere)
    expect(there).toEqual(here)
  })

  it('gives the rows of each body to its own project', async () => {
    const pool = poolOf(0)
    const bodies = ['red', 'blue', 'red'].map((project) => pool.decode('traces', 'json', encodeTraces(spans.slice(0, 2), 'json'), project))
    expect((await Promise.all(bodies)).map(({ rows }) => rows.spans.map(({ project }) => project))).toEqual([
      ['red', 'red'],
      ['blue', 'blue'],
      ['red', 'red'],
    ])
  })

  it('works through many bodies with one worker', async () => {
    const pool = poolOf(0)
    const all = await Promise.all(
      spans.slice(0, 20).map((span) => pool.decode('traces', 'protobuf', encodeTraces([span], 'protobuf'), 'p')),
    )
    expect(all.map(({ rows }) => rows.spans[0]?.span_id_hex)).toEqual(spans.slice(0, 20).map((span) => span.spanId))
  })

  it('passes errors on and goes on', async () => {
    const pool = poolOf(0)
    await expect(pool.decode('traces', 'json', Buffer.from('{'), 'p')).rejects.toMatchObject({ code: 'bad_request' })
    await expect(pool.decode('logs', 'json', Buffer.from('{"resourceSpans":[]}'), 'p')).rejects.toThrow('it holds OTLP traces, not logs')
    expect((await pool.decode('traces', 'json', encodeTraces(spans.slice(0, 1), 'json'), 'p')).taken.spans).toBe(1)
  })

  it('fails what waits when it is closed', async () => {
    const pool = poolOf(0)
    const waiting = [1, 2, 3].map(() => pool.decode('traces', 'json', encodeTraces(spans, 'json'), 'p'))
    const settled = Promise.allSettled(waiting)
    await pool.close()
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await expect(pool.decode('traces', 'json', Buffer.from('{}'), 'p')).rejects.toMatchObject({ code: 'unavailable' })
  })
})
