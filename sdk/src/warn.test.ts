import { readFileSync } from 'node:fs'
import path from 'node:path'
import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter } from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { budget } from './budget.ts'
import { inject } from './carrier.ts'
import type { Answer } from './export/send.ts'
import { telling } from './export/told.ts'
import { handoff } from './handoff.ts'
import { decide, requestHuman } from './human.ts'
import { open } from './open.ts'
import { pipeline } from './pipeline.ts'
import { seamtraceProcessor } from './processor.ts'
import { receive } from './receive.ts'
import { score } from './score.ts'
import { type Started, start } from './start.ts'
import { step } from './step.ts'
import { forgetWarnings, type WarningCode } from './warn.ts'

type Warn = typeof process.emitWarning
let told: { mock: { calls: unknown[][] } }
let running: Started | undefined
const begin = (options?: object): Started => {
  running = start({ exporter: new InMemorySpanExporter(), ...options })
  return running
}
beforeEach(() => {
  forgetWarnings()
  told = vi.spyOn(process, 'emitWarning').mockImplementation((() => {}) as Warn)
})
afterEach(async () => {
  await running?.shutdown()
  running = undefined
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** What is sent, to a collector that answers so. */
const answered = (answer: Answer): Promise<Answer> =>
  telling({ url: 'http://localhost:4318/v1/traces', send: async () => answer, close: () => {} }).send({
    signal: 'traces',
    body: new Uint8Array(),
    items: 1,
  })

/** The mistake that each anchor tells of. */
const MISTAKES: Record<WarningCode, () => unknown> = {
  'started-twice': () => {
    const first = begin()
    expect(start()).toBe(first)
  },
  'provider-present': async () => {
    const own = new BasicTracerProvider()
    trace.setGlobalTracerProvider(own)
    await begin().shutdown()
    trace.disable()
    await own.shutdown()
  },
  'content-mode': () => Reflect.apply(start, undefined, [{ exporter: new InMemorySpanExporter(), content: 'everything' }]).shutdown(),
  'bad-endpoint': () => seamtraceProcessor({ endpoint: 'collector.example.test:4318', spool: 'off' }).shutdown(),
  refused: () => answered({ outcome: 'refused', reason: '401 Key needed' }),
  'collector-away': () => {
    vi.stubEnv('NODE_ENV', 'development')
    return answered({ outcome: 'again', reason: 'connect ECONNREFUSED', retryAfterMs: 0 })
  },
  'outside-pipeline': () => {
    begin()
    expect(step('s', () => 1)).toBe(1)
  },
  'unknown-layer': () => {
    begin()
    expect(pipeline('p', () => Reflect.apply(step, undefined, ['s', { layer: 'basement' }, () => 1]))).toBe(1)
  },
  'received-twice': () => {
    begin()
    pipeline('p', () => {
      const ticket = handoff('b', 1)
      expect([receive(ticket, (n) => n), receive(ticket, (n) => n)]).toEqual([1, 1])
    })
  },
  'decided-twice': () => {
    begin()
    pipeline('p', () => {
      const request = requestHuman('h', { type: 'approval' })
      for (const answer of ['yes', 'no']) decide(request, answer)
    })
  },
  'no-ticket': () => {
    begin()
    expect(pipeline('p', () => receive({}, { input: 1 }, (n) => n))).toBe(1)
  },
  'not-a-carrier': () => {
    begin()
    expect(Reflect.apply(inject, undefined, ['headers', { id: 'x', from: 'a', to: 'b' }])).toBe('headers')
  },
  'ended-twice': () => {
    begin()
    const handle = open.tool('t')
    handle.end()
    handle.end()
  },
  'left-open': async () => {
    const seamtrace = begin()
    open.tool('t')
    await seamtrace.shutdown()
  },
  'budget-exceeded': () => {
    begin()
    expect(pipeline('p', () => budget({ steps: 0 }, () => step('s', () => 1)))).toBe(1)
  },
  'unknown-run': () => {
    begin()
    score('good', true)
  },
}

describe('docs/sdk-warnings.md', () => {
  const text = readFileSync(path.join(import.meta.dirname, '../../docs/sdk-warnings.md'), 'utf8')

  it('has an anchor for each code, and no other', () => {
    const anchors = [...text.matchAll(/^## (.+)$/gm)].map(([, anchor]) => anchor)
    expect(anchors.toSorted()).toEqual(Object.keys(MISTAKES).toSorted())
  })

  it.each(Object.entries(MISTAKES))('tells of %s, once, and the program goes on', async (code, mistake) => {
    await mistake()
    expect(told.mock.calls).toEqual([[expect.stringContaining(`docs/sdk-warnings.md#${code}`), { type: 'SeamtraceWarning', code }]])
  })
})
