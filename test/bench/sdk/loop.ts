// The program that every SDK is measured on: one step after the other, each of which only answers a number.
import { performance } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export type Step = (index: number) => Promise<number>
export type Cost = { cpuUs: number; p50Us: number; p99Us: number }
export type Heap = { afterWarmUpBytes: number; afterBytes: number; steps: number }

const WARM_UP = 30_000
const ROUND = 20_000
const ROUNDS = 7
/** Steps between two turns of the event loop, in which what was recorded is sent. */
const BETWEEN_TURNS = 200

const runSteps = async (step: Step, count: number, onStep?: (us: number, index: number) => void): Promise<void> => {
  for (let index = 0; index < count; index++) {
    const start = performance.now()
    await step(index)
    onStep?.((performance.now() - start) * 1_000, index)
    if (index % BETWEEN_TURNS === 0) await turn()
  }
}

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Of the processor, sending included, in the quietest round; and how long a call took, over all rounds. */
export const costOf = async (step: Step): Promise<Cost> => {
  await runSteps(step, WARM_UP)
  const rounds: number[] = []
  const latencies = new Float64Array(ROUND * ROUNDS)
  for (let round = 0; round < ROUNDS; round++) {
    const before = cpuUs()
    await runSteps(step, ROUND, (us, index) => {
      latencies[round * ROUND + index] = us
    })
    rounds.push((cpuUs() - before) / ROUND)
  }
  latencies.sort()
  const at = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? Number.NaN
  return { cpuUs: Math.min(...rounds), p50Us: at(0.5), p99Us: at(0.99) }
}

/** What stays in the heap after so many steps, beyond what the first ones left. */
export const heapOf = async (step: Step, flush: () => Promise<unknown>, steps = 1_000_000): Promise<Heap> => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const settled = async (): Promise<number> => {
    await flush()
    await turn()
    gc()
    return process.memoryUsage().heapUsed
  }
  await runSteps(step, WARM_UP)
  const afterWarmUpBytes = await settled()
  await runSteps(step, steps)
  return { afterWarmUpBytes, afterBytes: await settled(), steps }
}

/** What a measured process does: the cost, or the heap when its last argument says so; prints JSON. */
export const report = async (step: Step, flush: () => Promise<unknown> = async () => {}): Promise<void> => {
  const measured = process.argv.at(-1) === 'heap' ? await heapOf(step, flush) : await costOf(step)
  process.stdout.write(`${JSON.stringify(measured)}\n`)
  process.exit(0)
}
