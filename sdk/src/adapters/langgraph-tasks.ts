// Tasks of LangGraph's functional API: each call of a task is a step below the node that called it, its retries are attempts.
import { randomUUID } from 'node:crypto'
import type { NodeConfig, NodeFacts } from './langgraph-nodes.ts'

/** Under this key a node finds the function that starts a task. */
const CALL_KEY = '__pregel_call'

type Task = (...args: unknown[]) => unknown

export type RunTask = (facts: NodeFacts, input: unknown, config: NodeConfig, body: () => Promise<unknown>) => Promise<unknown>

/** The config under which the tasks that a node calls are recorded. What a task answers from an earlier run is not run, and no step. */
export function withTasks(config: NodeConfig, runTask: RunTask): NodeConfig {
  const start = config.configurable?.[CALL_KEY]
  if (typeof start !== 'function') return config
  const recorded = (func: unknown, name: unknown, input: unknown, options: unknown, ...rest: unknown[]): unknown =>
    start(isTask(func) ? taskOf(func, String(name), options, config, runTask) : func, name, input, options, ...rest)
  return { ...config, configurable: { ...config.configurable, [CALL_KEY]: recorded } }
}

const isTask = (value: unknown): value is Task => typeof value === 'function'

/** The function of one call of a task; LangGraph calls it once for each attempt. */
function taskOf(func: Task, name: string, options: unknown, config: NodeConfig, runTask: RunTask) {
  const task = randomUUID()
  const facts: NodeFacts = { name, outermost: false, channels: undefined, maxAttempts: maxAttemptsOf(options) }
  let attempts = 0
  return (...args: unknown[]): Promise<unknown> => {
    attempts += 1
    const own: NodeConfig = { configurable: { checkpoint_ns: task }, executionInfo: { nodeAttempt: attempts } }
    if (config.signal !== undefined) own.signal = config.signal
    return runTask(facts, args.length === 1 ? args[0] : args, own, async () => func(...args))
  }
}

function maxAttemptsOf(options: unknown): number | undefined {
  const retry: unknown = typeof options === 'object' && options !== null && 'retry' in options ? options.retry : undefined
  if (typeof retry !== 'object' || retry === null) return undefined
  return 'maxAttempts' in retry && typeof retry.maxAttempts === 'number' ? retry.maxAttempts : 3
}
