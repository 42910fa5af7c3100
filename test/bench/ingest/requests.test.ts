import { describe, expect, it } from 'vitest'
import { decodeTraces } from '../../../collector/src/decode/decode-traces.ts'
import { createRequests, poolRuns, type RequestOptions } from './requests.ts'
import type { TemplateSpan } from './run-template.ts'

const START_MS = Date.UTC(2026, 4, 1, 12)
const lean: RequestOptions = { profile: 'lean', seed: 7, spansPerRequest: 100, pool: 2 }
const io: RequestOptions = { ...lean, profile: 'io' }

const decoded = (options: RequestOptions, number: number) =>
  decodeTraces(createRequests(options).at(number, START_MS).body, 'protobuf').spans

const UNIQUE = /f00d5eed([0-9a-f]{8})/g

/** Texts of the decoded span, with the unique digits taken back to the number that they stand for. */
const withNumbers = (text: string, expected: string, digitsOf: Map<string, string>): string => {
  let result = text
  for (const match of expected.matchAll(UNIQUE)) {
    const digits = text.slice(match.index, match.index + 16)
    expect(digits).toMatch(/^[0-9a-f]{16}$/)
    expect(digitsOf.get(match[0]) ?? digits).toBe(digits)
    digitsOf.set(match[0], digits)
    result = result.slice(0, match.index) + match[0] + result.slice(match.index + 16)
  }
  return result
}

const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(plain)
  return value !== null && typeof value === 'object' && 'double' in value ? value.double : value
}

const byStart = (runs: TemplateSpan[][]): { span: TemplateSpan; run: number; startNano: bigint }[] =>
  runs.flatMap((spans, run) =>
    spans.map((span) => ({ span, run, startNano: BigInt(START_MS) * 1_000_000n + BigInt(run * 25_000 + span.startUs) * 1_000n })),
  )

describe('generated requests', () => {
  it.each([lean, io])('decode to exactly the spans of their runs ($profile)', (options) => {
    // the second time round the pool: what was written before must leave nothing behind
    const requests = createRequests(options)
    requests.at(1, START_MS - 99_999)
    const { body, spans: count, runs: runCount } = requests.at(3, START_MS)
    const spans = decodeTraces(body, 'protobuf').spans
    const runs = poolRuns(options, 1)
    expect([spans.length, new Set(spans.map(({ traceId }) => traceId)).size]).toEqual([count, runCount])
    expect(count).toBe(runs.flat().length)

    const digitsOf = new Map<string, string>()
    const idOf = new Map<TemplateSpan, string>()
    const pairs = byStart(runs).map((expected) => {
      const found = spans.filter((span) => span.startTimeUnixNano === expected.startNano && span.name === expected.span.name)
      expect(found).toHaveLength(1)
      idOf.set(expected.span, found[0]!.spanId)
      return { ...expected, found: found[0]! }
    })
    for (const { span, run, found } of pairs) {
      const parent = runs[run]![span.parent]
      expect(found.parentSpanId).toBe(parent ? idOf.get(parent) : '')
      expect(found.endTimeUnixNano - found.startTimeUnixNano).toBe(BigInt(span.endUs - span.startUs) * 1_000n)
      expect(found.statusCode).toBe(span.error ? 2 : 0)
      expect(found.events.map(({ name, timeUnixNano }) => [name, timeUnixNano])).toEqual(
        span.error ? [['exception', found.endTimeUnixNano]] : [],
      )
      const attributes = [...found.attributes].map(([key, value]) => {
        const expected = span.attributes[key]
        return [key, typeof value === 'string' ? withNumbers(value, String(expected), digitsOf) : plain(value)]
      })
      expect(Object.fromEntries(attributes)).toEqual(span.attributes)
    }
    expect(new Set(digitsOf.values()).size).toBe(digitsOf.size)
  })

  it('give every span an id of its own, and every run a trace', () => {
    const requests = createRequests(lean)
    const all = Array.from({ length: 20 }, (_, number) => decodeTraces(requests.at(number, START_MS).body, 'protobuf').spans).flat()
    expect(new Set(all.map(({ spanId }) => spanId)).size).toBe(all.length)
    const roots = all.filter(({ parentSpanId }) => parentSpanId === '')
    expect(new Set(all.map(({ traceId }) => traceId)).size).toBe(roots.length)
    expect(roots).toHaveLength(20 * 5)
  })

  it('are the same bytes for the same options, number and time, whatever was made before', () => {
    const first = Buffer.from(createRequests(io).at(5, START_MS).body)
    const others = createRequests(io)
    others.at(3, START_MS + 1)
    expect(others.at(5, START_MS).body.equals(first)).toBe(true)
    expect(others.at(5, START_MS + 1).body.equals(first)).toBe(false)
    expect(
      createRequests({ ...io, seed: 8 })
        .at(5, START_MS)
        .body.equals(first),
    ).toBe(false)
  })

  it('have about half a kilobyte a span, or 2.3 with content', () => {
    const bytesPerSpan = (options: RequestOptions): number => {
      const { body, spans } = createRequests({ ...options, spansPerRequest: 760, pool: 1 }).at(0, START_MS)
      return body.length / spans
    }
    expect(bytesPerSpan(lean)).toBeGreaterThan(470)
    expect(bytesPerSpan(lean)).toBeLessThan(620)
    expect(bytesPerSpan(io)).toBeGreaterThan(2_000)
    expect(bytesPerSpan(io)).toBeLessThan(2_600)
  })

  it('are runs of six steps with model calls, tools in retries, checks and handoffs', () => {
    const spans = decoded({ ...lean, spansPerRequest: 1_900 }, 0)
    const roots = spans.filter(({ parentSpanId }) => parentSpanId === '').length
    const perRun = (name: string) => spans.filter((span) => span.name.startsWith(name)).length / roots
    expect(spans.length / roots).toBeGreaterThan(18)
    expect(spans.length / roots).toBeLessThan(20)
    expect(perRun('step ')).toBeGreaterThan(5.5)
    expect(perRun('chat ')).toBeGreaterThan(4.5)
    expect(perRun('execute_tool ')).toBeGreaterThan(1)
    expect(perRun('handoff ')).toBeGreaterThan(1.8)
    const failed = spans.filter(({ parentSpanId, statusCode }) => parentSpanId === '' && statusCode === 2).length
    expect(failed).toBeGreaterThan(0)
    expect(failed / roots).toBeLessThan(0.15)
  })

  it('carry texts that compress neither like noise nor like one character', async () => {
    const { zstdCompressSync } = await import('node:zlib')
    const texts = decoded(io, 0).flatMap((span) => span.attributes.get('gen_ai.output.messages') ?? [])
    const text = texts.filter((value) => typeof value === 'string').join('')
    const ratio = Buffer.byteLength(text) / zstdCompressSync(text).length
    expect(ratio).toBeGreaterThan(2)
    expect(ratio).toBeLessThan(8)
  })
})
