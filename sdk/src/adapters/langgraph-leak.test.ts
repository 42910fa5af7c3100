// A graph that is invoked for ever, with pauses, retries, tools and commands: nothing of a thread stays behind in the adapter.
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Command, interrupt, MemorySaver, START, StateGraph } from '@langchain/langgraph'
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base'
import { expect, it } from 'vitest'
import { State } from '../../test/graph.ts'
import { start } from '../start.ts'
import { instrumentCheckpointer, instrumentGraph } from './langgraph.ts'

/** The ten thousand: SEAMTRACE_LEAK_THREADS=5000, two invocations each. */
const THREADS = Number(process.env.SEAMTRACE_LEAK_THREADS ?? 600)
const WARM_UP_THREADS = 200
const KIB = 2 ** 10
// What compiler and engine keep varies by 600 KiB; holding one small record for each of 600 runs makes 3,900
const MOST_GROWTH_BYTES = 1_536 * KIB

it('invocations with threads leave nothing behind', { timeout: 1_800_000 }, async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const exporter = new InMemorySpanExporter()
  const seamtrace = start({ exporter })
  const saver = instrumentCheckpointer(new MemorySaver())
  const graph = new StateGraph(State)
    .addNode('plan', () => new Command({ goto: 'ask', update: { notes: ['n'] } }), { ends: ['ask'] })
    .addNode('ask', () => ({ answer: String(interrupt('?')) }), { retryPolicy: { maxAttempts: 2 } })
    .addEdge(START, 'plan')
    .compile({ checkpointer: saver })
  const app = instrumentGraph(graph, { pipeline: 'p' })
  let made = 0
  const heapAfter = async (threads: number): Promise<number> => {
    for (let count = 0; count < threads; count += 1) {
      made += 1
      const config = { configurable: { thread_id: `thread ${made}` } }
      await app.invoke({ question: 'q' }, config)
      await app.invoke(new Command({ resume: 'yes' }), config)
      await saver.deleteThread(config.configurable.thread_id)
      if (count % 50 === 49) {
        await seamtrace.flush()
        exporter.reset()
      }
    }
    await seamtrace.flush()
    exporter.reset()
    await turn()
    gc()
    gc()
    return process.memoryUsage().heapUsed
  }
  try {
    const before = await heapAfter(WARM_UP_THREADS)
    const after = await heapAfter(THREADS)
    console.log(`grown by ${Math.round((after - before) / KIB)} KiB in ${THREADS} threads`)
    expect(after - before).toBeLessThan(MOST_GROWTH_BYTES)
  } finally {
    await seamtrace.shutdown()
  }
})
