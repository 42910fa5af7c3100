// Makes a compiled LangGraph graph report its runs: the graph as pipeline, its nodes as steps, its pauses as waiting.
import { randomUUID } from 'node:crypto'
import { type Context, context } from '@opentelemetry/api'
import { type Layer, SEAMTRACE } from '@seamtrace/schema/words'
import { isRecord } from '../payload.ts'
import { pipelineSpec } from '../pipeline.ts'
import { contentAttribute, nameOf, textOf } from '../redact.ts'
import { safely } from '../safe.ts'
import { scopeOf } from '../scope.ts'
import { stepSpec } from '../step.ts'
import { annotate, endUnit, markThrown, openUnit, type Unit } from '../unit.ts'
import { callHandler, withHandler } from './langchain-calls.ts'
import { CONTINUES } from './langgraph-checkpointer.ts'
import { closePending, type GraphRun, markPaused, type NodeConfig, runNode } from './langgraph-nodes.ts'
import { trailOf } from './langgraph-predecessors.ts'
import { continues, earlierRun, isPausedBetweenNodes, rememberRun, type SaverLike } from './langgraph-threads.ts'
import { type Relay, relay } from './relay.ts'

export { type CheckpointerOptions, instrumentCheckpointer } from './langgraph-checkpointer.ts'

export interface GraphOptions {
  /** name of the pipeline */
  pipeline: string
  version?: string
  /** conversation of the run; default the `thread_id` */
  session?: string
  user?: string
  /** id of the run; default a random one that is kept in the checkpoints, so that a resumed run keeps it in any process */
  runId?: string
  /** paths of the state that a node needs, by node: `{ refund: ['order.id'] }` */
  needs?: Readonly<Record<string, readonly string[]>>
  /** where a node lives when its name does not tell, by node */
  layers?: Readonly<Record<string, Layer>>
}

interface RetryPolicyLike {
  maxAttempts?: number
}

interface RunnableLike {
  invoke(input: unknown, config: NodeConfig): Promise<unknown>
}

interface NodeLike {
  bound?: unknown
  retryPolicy?: RetryPolicyLike
  cachePolicy?: unknown
  getNode(): RunnableLike | undefined
}

export interface GraphConfig extends NodeConfig {
  interruptBefore?: unknown
  interruptAfter?: unknown
}

/** A compiled graph, as far as it is used here. */
export interface GraphLike {
  readonly nodes: Record<string, NodeLike>
  readonly channels?: Readonly<Record<string, unknown>>
  readonly checkpointer?: SaverLike | boolean
  readonly retryPolicy?: RetryPolicyLike
  readonly interruptBefore?: unknown
  readonly interruptAfter?: unknown
  _streamIterator(input: unknown, config: GraphConfig): AsyncGenerator<unknown>
}

/**
 * A graph with the same methods and types whose `invoke` and `stream` are recorded; the given graph stays as it is. Nodes become
 * steps, also those of graphs used as nodes, and whatever a node calls stands below its span. Node retries are attempts of one
 * step; an interrupt is a run that waits, and resuming it goes on with the same run id; `Command({ goto })` is a handoff. Inside
 * another pipeline the graph is a step of that one.
 * @example
 * const app = instrumentGraph(workflow.compile({ checkpointer }), { pipeline: 'support-refund', version: '3' })
 * await app.invoke({ ticket }, { configurable: { thread_id: ticket.id } })
 */
export function instrumentGraph<G extends object>(graph: G, given: GraphOptions): G {
  if (!isGraph(graph)) {
    process.emitWarning('cannot record graph: it is not compiled, or of an unknown version', { type: 'SeamtraceWarning' })
    return graph
  }
  const options: GraphOptions = { ...given, pipeline: nameOf(given?.pipeline ?? 'graph') }
  const withConfig: unknown = Reflect.get(graph, 'withConfig')
  const streamEvents: unknown = Reflect.get(graph, 'streamEvents')
  const instrumented: G = Object.create(graph, {
    _streamIterator: {
      value: (input: unknown, config: GraphConfig) => recordRun(graph, options, { input, config, caller: context.active() }),
    },
    ...(typeof withConfig === 'function'
      ? { withConfig: { value: (config: unknown) => instrumentGraph(withConfig.call(graph, config), options) } }
      : {}),
    // Version 3 of the events uses private members, which only the graph itself has: it works, unrecorded.
    ...(typeof streamEvents === 'function'
      ? { streamEvents: { value: (...args: unknown[]) => streamEvents.apply(isVersion3(args[1]) ? graph : instrumented, args) } }
      : {}),
  })
  return instrumented
}

const isGraph = (value: unknown): value is GraphLike => isRecord(value) && '_streamIterator' in value && isRecord(value.nodes)

const isVersion3 = (config: unknown): boolean => isRecord(config) && config.version === 'v3'

interface Call {
  readonly input: unknown
  readonly config: GraphConfig
  readonly caller: Context
}

/** One execution: every chunk passes through unchanged, and the run is recorded to its end whether or not somebody reads on. */
async function* recordRun(graph: GraphLike, options: GraphOptions, call: Call): AsyncGenerator<unknown> {
  const { unit, runId } = await openRun(graph, options, call)
  const run: GraphRun = {
    context: unit.context,
    needs: options.needs ?? {},
    layers: options.layers ?? {},
    tickets: new Map(),
    pending: new Map(),
    trail: safely(() => trailOf(graph, call.input)),
    paused: false,
  }
  const traced = safely(() => traceGraph(graph, run, true, rememberRun(graph.checkpointer, runId, unit.span))) ?? graph
  const calls = unit.span.isRecording() ? callHandler() : undefined
  const config = calls === undefined ? call.config : { ...call.config, callbacks: withHandler(call.config.callbacks, calls.handler) }
  const chunks = relay<unknown>()
  const around = continues(call.input) ? unit.context.setValue(CONTINUES, true) : unit.context
  const finished = context.with(around, () => work(traced._streamIterator(call.input, config), { unit, run, graph, call, calls, chunks }))
  try {
    yield* chunks.items()
  } finally {
    await finished
  }
}

interface Execution {
  unit: Unit
  run: GraphRun
  graph: GraphLike
  call: Call
  calls: ReturnType<typeof callHandler> | undefined
  chunks: Relay<unknown>
}

/** Lets the graph run inside the span of its run; LangGraph does not stop either when its reader leaves. */
async function work(source: AsyncGenerator<unknown>, { unit, run, graph, call, calls, chunks }: Execution): Promise<void> {
  let failure: { error: unknown } | undefined
  try {
    for await (const chunk of source) {
      annotate(unit, () => contentAttribute(SEAMTRACE.output, chunk))
      chunks.push(chunk)
    }
    if (run.paused || (await isPausedBetweenNodes(graph, call.config))) markPaused(unit)
  } catch (error) {
    failure = { error }
    markThrown(unit, error)
  }
  calls?.end()
  closePending(run)
  endUnit(unit)
  chunks.end(failure)
}

async function openRun(
  graph: GraphLike,
  options: GraphOptions,
  { input, config, caller }: Call,
): Promise<{ unit: Unit; runId: string | undefined }> {
  const { run } = scopeOf(caller)
  if (run !== undefined) return { unit: openUnit(stepSpec(options.pipeline, { input }), caller), runId: undefined }
  const thread = config.configurable?.thread_id
  const earlier = await earlierRun(graph.checkpointer, input, config)
  const runId = options.runId ?? earlier.runId ?? (thread === undefined ? undefined : randomUUID())
  const spec = pipelineSpec(options.pipeline, {
    version: options.version,
    runId,
    session: options.session ?? (thread === undefined ? undefined : textOf(thread)),
    user: options.user,
    retryOf: earlier.retryOf === runId ? undefined : earlier.retryOf,
    input,
    signal: config.signal,
    links: earlier.links,
  })
  return { unit: openUnit(spec, caller), runId }
}

/** The graph as this run sees it: its nodes, and those of graphs inside it, report to `run`. The graph itself is not touched. */
function traceGraph(graph: GraphLike, run: GraphRun, outermost: boolean, checkpointer: GraphLike['checkpointer']): GraphLike {
  const nodes = Object.fromEntries(
    Object.entries(graph.nodes).map(([name, node]) => [name, name.startsWith('__') ? node : traceNode(name, node, graph, run, outermost)]),
  )
  return Object.create(graph, { nodes: { value: nodes }, checkpointer: { value: checkpointer, writable: true } })
}

function traceNode(name: string, node: NodeLike, graph: GraphLike, run: GraphRun, outermost: boolean): NodeLike {
  const { bound } = node
  const inner: PropertyDescriptorMap = isGraph(bound) ? { bound: { value: traceGraph(bound, run, false, bound.checkpointer) } } : {}
  const policy = node.retryPolicy ?? graph.retryPolicy
  const facts = { name, outermost, channels: graph.channels, maxAttempts: policy === undefined ? undefined : (policy.maxAttempts ?? 3) }
  const getNode = (): RunnableLike | undefined => {
    const runnable = node.getNode.call(traced)
    if (runnable === undefined) return undefined
    const invoke = (input: unknown, config: NodeConfig): Promise<unknown> =>
      runNode(run, facts, input, config, (heard) => runnable.invoke(input, heard))
    return Object.create(runnable, { invoke: { value: invoke } })
  }
  const traced: NodeLike = Object.create(node, { ...inner, getNode: { value: getNode } })
  return traced
}
