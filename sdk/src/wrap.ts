// Functions that are a step or a tool wherever they are called: the same function to whoever calls it.
import { agent, tool } from './call.ts'
import { retrieval } from './retrieval.ts'
import { safely } from './safe.ts'
import { type StepOptions, step } from './step.ts'

type Fn = (...args: never[]) => unknown

/**
 * A function, or a method, that runs as a step (tool, retrieval, agent) wherever it is called. Its type, overloads, `this`, properties and
 * `length` stay. The input is its argument, or the list of them when there are several.
 * @example
 * const classify = wrap.step('classify', async (ticket: Ticket) => model.classify(ticket))
 * const kind = await classify(ticket)
 */
export const wrap = {
  step: <F extends Fn>(name: string, fn: F, options?: Omit<StepOptions<unknown>, 'input' | 'handoff' | 'retry'>): F =>
    wrapped(fn, (input, call) => step(name, { ...safely(() => ({ ...options })), ...input }, call)),
  tool: <F extends Fn>(name: string, fn: F, options?: { sideEffect?: boolean }): F =>
    wrapped(fn, (input, call) => tool(name, { ...safely(() => ({ ...options })), ...input }, call)),
  retrieval: <F extends Fn>(name: string, fn: F): F => wrapped(fn, (input, call) => retrieval(name, input, call)),
  agent: <F extends Fn>(name: string, fn: F): F => wrapped(fn, (input, call) => agent(name, input, call)),
} as const

const inputOf = (args: readonly unknown[]): { input?: unknown } => (args.length === 0 ? {} : { input: args.length === 1 ? args[0] : args })

function wrapped<F extends Fn>(fn: F, around: (input: { input?: unknown }, call: () => unknown) => unknown): F {
  // what cannot be called is left to whoever calls it
  if (typeof fn !== 'function') return fn
  return new Proxy(fn, { apply: (target, self, args: unknown[]) => around(inputOf(args), () => Reflect.apply(target, self, args)) })
}
