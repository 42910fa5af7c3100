// Whatever a program does with the primitives, it gets what it would get without them.
// SEAMTRACE_CASES=10000 for a long run; a failure names its seed.
import { setImmediate as turn } from 'node:timers/promises'
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { bare, type Program, programs, recorded, runProgram } from '../test/programs.ts'
import { telemetryErrors } from './safe.ts'
import { type StartOptions, start } from './start.ts'

const CASES = Number(process.env.SEAMTRACE_CASES ?? 150)
const LONG_MS = 1_800_000

const QUIET: SpanExporter = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {} }
const BROKEN: SpanExporter = {
  export: () => {
    throw new Error('export')
  },
  forceFlush: () => Promise.reject(new Error('flush')),
  shutdown: () => Promise.reject(new Error('shutdown')),
}

const unhandled: unknown[] = []
const onUnhandled = (error: unknown): void => void unhandled.push(error)
beforeEach(() => {
  unhandled.length = 0
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  process.on('unhandledRejection', onUnhandled)
})
afterEach(() => {
  process.off('unhandledRejection', onUnhandled)
  vi.restoreAllMocks()
})

type Outcome = { value: unknown } | { error: string }

const outcomeOf = async (program: Program, around: typeof bare): Promise<Outcome> => {
  try {
    return { value: await runProgram(program, around, new AbortController()) }
  } catch (error) {
    return { error: `${typeof error} ${String(error)}` }
  }
}

/** Names of the spans that began and did not end. */
const openSpans = (): { processor: SpanProcessor; names(): string[] } => {
  const open = new Map<string, string>()
  return {
    processor: {
      onStart: (span) => void open.set(span.spanContext().spanId, span.name),
      onEnd: (span) => void open.delete(span.spanContext().spanId),
      forceFlush: async () => {},
      shutdown: async () => {},
    },
    names: () => [...open.values()],
  }
}

const MODES: [string, StartOptions | undefined][] = [
  ['not started', undefined],
  ['started', { exporter: QUIET }],
  ['with an exporter that is broken', { exporter: BROKEN }],
  ['with content', { exporter: QUIET, content: 'full' }],
  ['with masked content', { exporter: QUIET, content: 'mask' }],
]

it.each(MODES)(
  `a program gets the same values and errors, and every span ends: %s, ${CASES} times`,
  async (_mode, options) => {
    const before = telemetryErrors()
    const property = fc.asyncProperty(programs, async (program) => {
      const expected = await outcomeOf(program, bare)
      const open = openSpans()
      const seamtrace = options && start({ ...options, spanProcessors: [open.processor] })
      try {
        expect(await outcomeOf(program, recorded)).toEqual(expected)
        await turn()
        expect(open.names()).toEqual([])
      } finally {
        await seamtrace?.shutdown()
      }
      expect(unhandled).toEqual([])
    })
    await fc.assert(property, { numRuns: CASES })
    expect(telemetryErrors()).toBe(before)
  },
  LONG_MS,
)
