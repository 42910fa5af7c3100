// A program that goes on for ever: handoffs, retries, failures and a collector that refuses, and nothing stays behind.
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, expect, it } from 'vitest'
import { type FakeCollector, startFakeCollector } from './export/outage.fixture.ts'
import { handoff, pipeline, retry, type Started, start, step, tool } from './index.ts'

/** The full million: SEAMTRACE_LEAK_STEPS=1000000. */
const STEPS = Number(process.env.SEAMTRACE_LEAK_STEPS ?? 40_000)
const STEPS_OF_A_RUN = 4
const MIB = 2 ** 20
/** Less than a pointer for each of the steps at a million; what the compiler and the engine keep varies by more than nothing. */
const MOST_GROWTH_BYTES = 8 * MIB

let collector: FakeCollector
let seamtrace: Started
afterEach(async () => {
  await seamtrace?.shutdown()
  await collector?.close()
})

const isFine = (): never => {
  throw new Error('as planned')
}

const runOnce = (): Promise<unknown> =>
  pipeline('leak', async () => {
    const first = await step('first', { input: { id: 7 }, needs: ['id', 'missing'] }, async ({ id }) => ({ id }))
    const ticket = handoff('second', first)
    await step('second', { handoff: ticket }, () => tool('look up', () => 1))
    await step('third', { retry: { attempts: 2, backoffMs: 0 } }, isFine).catch(() => {})
    await step('fourth', () => retry('again', { attempts: 2, backoffMs: 0 }, isFine)).catch(() => {})
  })

it('steps, handoffs, retries, failures and refused requests leave nothing behind', { timeout: 1_800_000 }, async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  collector = await startFakeCollector()
  seamtrace = start({ endpoint: collector.endpoint, spool: 'off' })
  const heapAfter = async (steps: number): Promise<number> => {
    for (let made = 0; made < steps; made += STEPS_OF_A_RUN) {
      await runOnce()
      if (made % 400 === 0) {
        collector.set(made % 800 === 0 ? 'up' : '400')
        await turn()
      }
      if (made % 20_000 === 0) await seamtrace.flush()
    }
    collector.set('up')
    await seamtrace.flush()
    collector.names.clear()
    await turn()
    gc()
    return process.memoryUsage().heapUsed
  }
  const before = await heapAfter(STEPS / 4)
  const after = await heapAfter(STEPS)
  expect(after - before).toBeLessThan(MOST_GROWTH_BYTES)
})
