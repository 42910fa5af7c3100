// What a developer is told when nothing arrives, and how often.
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from 'vitest'
import { forgetWarnings } from '../warn.ts'
import type { Answer } from './send.ts'
import { telling } from './told.ts'

let warning: MockInstance<typeof process.emitWarning>
beforeEach(() => {
  forgetWarnings()
  warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const REQUEST = { signal: 'traces', body: new Uint8Array(), items: 1 } as const
const REFUSED: Answer = { outcome: 'refused', reason: '401 Key needed' }
const AGAIN: Answer = { outcome: 'again', reason: 'connect ECONNREFUSED', retryAfterMs: 0 }

const told = async (answer: Answer): Promise<string[]> => {
  const sender = telling({ url: 'http://localhost:4318/v1/traces', send: async () => answer, close: () => {} })
  for (let times = 0; times < 2; times++) expect(await sender.send(REQUEST)).toBe(answer)
  return warning.mock.calls.map(([message]) => String(message))
}

it('that the collector refuses, with its words, once', async () => {
  expect(await told(REFUSED)).toEqual([
    expect.stringMatching(/cannot send to http:\/\/localhost:4318\/v1\/traces.*401 Key needed; seamtrace doctor/),
  ])
})

it('that it is away, in development and nowhere else', async () => {
  vi.stubEnv('NODE_ENV', 'production')
  expect(await told(AGAIN)).toEqual([])
  vi.stubEnv('NODE_ENV', 'development')
  expect(await told(AGAIN)).toEqual([expect.stringContaining('spans wait: connect ECONNREFUSED; seamtrace doctor')])
})

it('nothing when all is taken', async () => {
  expect(await told({ outcome: 'taken', rejected: 0, message: '' })).toEqual([])
})
