import { afterEach, beforeEach, expect, it } from 'vitest'
import { isChildOf, type Recorder, recordSpans, statusOf } from '../test/spans.ts'
import { pipeline } from './pipeline.ts'
import { retry } from './retry.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

it('an abort ends the wait before the next try, however long that is', async () => {
  const controller = new AbortController()
  const run = pipeline('p', { signal: controller.signal }, () =>
    retry('r', { attempts: 2, backoffMs: 1_000_000_000 }, () => {
      setImmediate(() => controller.abort())
      throw new Error('no')
    }),
  )
  await expect(run).rejects.toThrow('no')
  expect(await spans.named('attempt r')).toHaveLength(1)
})

it('what a try gives bit by bit ends with its attempt and its operation, and is not tried again when it breaks', async () => {
  let tries = 0
  const stream = await retry('r', { attempts: 3, backoffMs: 0 }, async function* () {
    tries += 1
    yield tries
    throw new Error('broke')
  })
  const read = async (): Promise<void> => {
    for await (const item of stream) expect(item).toBe(1)
  }
  await expect(read()).rejects.toThrow('broke')
  const [attempt, operation] = [await spans.one('attempt r'), await spans.one('retry r')]
  expect(isChildOf(attempt, operation)).toBe(true)
  expect([attempt, operation].map(statusOf)).toEqual(['ERROR', 'ERROR'])
})

it('waits longer before each further try, and tells how long', async () => {
  const failing = retry('r', { attempts: 4, backoffMs: 1, factor: 3, retryOn: (error) => error !== 3 }, ({ number }) =>
    Promise.reject(number),
  )
  await expect(failing).rejects.toBe(3)
  const attempts = await spans.named('attempt r')
  expect(attempts.map(({ attributes }) => attributes['seamtrace.attempt.delay_ms'])).toEqual([0, 1, 3])
})
