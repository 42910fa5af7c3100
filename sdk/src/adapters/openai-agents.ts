// Makes the OpenAI Agents SDK report its runs: agents, model calls, tools, handoffs, guardrails and approvals.
import { safely } from '../safe.ts'
import { signalIn } from './fields.ts'
import { type AgentsStorage, nestingStorage } from './openai-agents/nesting.ts'
import type { AgentsOptions } from './openai-agents/part.ts'
import { type AgentsRecorder, agentsRecorder } from './openai-agents/recorder.ts'
import { watchRequests } from './openai-agents/requests.ts'
import type { AgentsProcessor } from './openai-agents/shapes.ts'

export type { AgentsOptions } from './openai-agents/part.ts'
export type { AgentsProcessor } from './openai-agents/shapes.ts'

/**
 * A trace processor that records every run of agents; errors of telemetry never reach the framework. What your own code does inside a
 * tool stands below the tool only with {@link instrumentOpenAIAgents}.
 * @example addTraceProcessor(seamtraceTracing())
 */
export const seamtraceTracing = (options: AgentsOptions = {}): AgentsProcessor => processorOf(agentsRecorder(options))

function processorOf(recorder: AgentsRecorder): AgentsProcessor {
  const told = async (work: () => void): Promise<void> => safely(work)
  return {
    onTraceStart: (trace) => told(() => recorder.traceStart(trace)),
    onTraceEnd: (trace) => told(() => recorder.traceEnd(trace)),
    onSpanStart: (span) => told(() => recorder.spanStart(span)),
    onSpanEnd: (span) => told(() => recorder.spanEnd(span)),
    shutdown: () => told(() => recorder.close()),
    forceFlush: () => told(() => {}),
  }
}

export interface InstrumentOptions extends AgentsOptions {
  /** the OpenAI client that the agents use (`setDefaultOpenAIClient`): its own retries are then seen */
  client?: object
}

/** The module `@openai/agents`, as far as it is used here. */
interface AgentsModule {
  addTraceProcessor(processor: AgentsProcessor): void
  setTracingContextStorage?(storage: AgentsStorage): void
  getCurrentSpan?(): { readonly spanId: string } | null
  tool: unknown
}

/**
 * Records every run of agents, and returns the module with a `tool` that also tells what a tool threw: the framework keeps that from
 * its traces. Your own spans inside a tool stand below it. Call it once, at the start.
 * @param agents the whole module, imported as a namespace
 * @example
 * const { Agent, run, tool } = instrumentOpenAIAgents(agents, { pipeline: 'support' })
 * await run(new Agent({ name: 'Support', tools: [tool({ … })] }), 'Where is my order?')
 */
export function instrumentOpenAIAgents<A extends object>(agents: A, options: InstrumentOptions = {}): A {
  return safely(() => (isAgentsModule(agents) ? instrument(agents, options) : agents)) ?? agents
}

const isAgentsModule = (value: object): value is AgentsModule =>
  'addTraceProcessor' in value && typeof value.addTraceProcessor === 'function' && 'tool' in value

function instrument<A extends AgentsModule>(agents: A, options: InstrumentOptions): A {
  const recorder = agentsRecorder(options)
  agents.addTraceProcessor(processorOf(recorder))
  agents.setTracingContextStorage?.(nestingStorage((spanId) => recorder.contextOf(spanId)))
  const current = (): string => agents.getCurrentSpan?.()?.spanId ?? ''
  if (options.client !== undefined) watchRequests(options.client, (model) => recorder.requested(current(), model))
  const { tool } = agents
  if (typeof tool !== 'function') return agents
  const watched = (given: unknown): unknown => Reflect.apply(tool, undefined, [watchedTool(given, recorder, current)])
  return { ...agents, tool: watched }
}

const noteSignal = (details: unknown, note: (signal: AbortSignal) => void): void => {
  const signal = signalIn(details)
  if (signal !== undefined) note(signal)
}

/** The same tool, whose errors are told before the framework makes a message to the model of them. */
function watchedTool(given: unknown, recorder: AgentsRecorder, current: () => string): unknown {
  const execute: unknown = typeof given === 'object' && given !== null && 'execute' in given ? given.execute : undefined
  if (typeof execute !== 'function') return given
  const watched = async (...args: unknown[]): Promise<unknown> => {
    const spanId = safely(current) ?? ''
    safely(() => noteSignal(args[2], (signal) => recorder.toolSignal(spanId, signal)))
    try {
      return await Reflect.apply(execute, given, args)
    } catch (error) {
      safely(() => recorder.toolThrew(spanId, error))
      throw error
    }
  }
  return { ...Object(given), execute: watched }
}
