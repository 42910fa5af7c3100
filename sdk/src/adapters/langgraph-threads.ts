// Keeps the id of a LangGraph run across its pauses: it stands in the metadata of the run's checkpoints.
import { type Link, type Span, trace } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { isRecord } from '../payload.ts'
import { safely } from '../safe.ts'
import type { GraphConfig, GraphLike } from './langgraph.ts'
import { unrecorded } from './langgraph-checkpointer.ts'

interface Tuple {
  readonly config?: GraphConfig
  readonly parentConfig?: GraphConfig
  readonly metadata?: unknown
  readonly pendingWrites?: readonly (readonly unknown[])[]
}

/** A checkpoint saver, as far as it is used here. */
export interface SaverLike {
  getTuple(config: GraphConfig): Promise<Tuple | undefined>
  list(config: GraphConfig, options: { limit: number }): AsyncIterable<Tuple>
  put(...args: unknown[]): Promise<unknown>
}

// A process that resumes may be another one than the process that paused: the id must lie where the state lies.
const METADATA_KEY = 'seamtrace'

/** The saver as this run sees it: its checkpoints carry the run id and the trace, everything else is the saver's own. */
export function rememberRun(saver: GraphLike['checkpointer'], runId: string | undefined, span: Span): GraphLike['checkpointer'] {
  if (typeof saver !== 'object' || runId === undefined) return saver
  const { traceId, spanId } = span.spanContext()
  const mark = { [METADATA_KEY]: { run_id: runId, trace_id: traceId, span_id: spanId } }
  return new Proxy(saver, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target)
      if (typeof member !== 'function' || key === 'constructor') return member
      if (key !== 'put') return member.bind(target)
      return (config: unknown, checkpoint: unknown, metadata: unknown, ...rest: unknown[]) =>
        member.call(target, config, checkpoint, isRecord(metadata) ? { ...metadata, ...mark } : metadata, ...rest)
    },
  })
}

export interface EarlierRun {
  /** the id to go on with */
  readonly runId?: string
  /** the run that this one repeats from a checkpoint: the last one of a run that failed, or an earlier one */
  readonly retryOf?: string
  readonly links?: Link[]
}

/** What a call continues: `Command({ resume })` and an input of `null` go on from the last checkpoint of the thread, or from the given one. */
export async function earlierRun(given: GraphLike['checkpointer'], input: unknown, config: GraphConfig): Promise<EarlierRun> {
  if (typeof given !== 'object' || config.configurable?.thread_id === undefined || !continues(input)) return {}
  try {
    const saver = unrecorded(given)
    const line = await lineOf(saver, config)
    const made = line.at(-1)
    const mark = isRecord(made?.metadata) ? made.metadata[METADATA_KEY] : undefined
    if (!isRecord(mark) || typeof mark.run_id !== 'string') return {}
    const isLast = line.length === 1 && !config.configurable.checkpoint_id
    const newest = isLast ? [] : await newestOf(saver, line)
    if (newest.length > 0 && !newest.includes(idOf(made)))
      return { ...forkId(line, newest), retryOf: mark.run_id, links: linkTo(mark, 'replay') }
    const failed = line.some((tuple) => tuple.pendingWrites?.some(([, channel]) => channel === '__error__') ?? false)
    return failed ? { retryOf: mark.run_id, links: linkTo(mark, 'retry') } : { runId: mark.run_id, links: linkTo(mark, 'resume') }
  } catch {
    // The graph reads the same checkpoint next and reports the error where it belongs.
    return {}
  }
}

// A person corrects a state once or twice before the run goes on; who writes more often than that begins something new.
const MOST_UPDATES = 16

/** The checkpoint that is gone on from, and before it those of `updateState`, which carry no mark, down to the one that a run made. */
async function lineOf(saver: SaverLike, config: GraphConfig): Promise<Tuple[]> {
  const line: Tuple[] = []
  let at: GraphConfig | undefined = config
  while (at !== undefined && line.length <= MOST_UPDATES) {
    const tuple: Tuple | undefined = await saver.getTuple(at)
    if (tuple === undefined) break
    line.push(tuple)
    const { source, [METADATA_KEY]: mark } = isRecord(tuple.metadata) ? tuple.metadata : {}
    if (mark !== undefined || (source !== 'update' && source !== 'fork')) break
    at = tuple.parentConfig
  }
  return line
}

/** As many as the line has: when the run's own is not among them, it went on from there, and who takes it up again goes another way. */
async function newestOf(saver: SaverLike, line: readonly Tuple[]): Promise<unknown[]> {
  const { thread_id } = line[0]?.config?.configurable ?? {}
  const newest: unknown[] = []
  try {
    for await (const tuple of saver.list({ configurable: { thread_id, checkpoint_ns: '' } }, { limit: line.length }))
      newest.push(idOf(tuple))
  } catch {
    // a saver that cannot list does not know of forks: the run goes on
    return []
  }
  return newest
}

/** A fork that pauses at its first node leaves no checkpoint of its own: whoever resumes it must find the same id by what it began from. */
function forkId(line: readonly Tuple[], newest: readonly unknown[]): { runId?: string } {
  const id = idOf(line[0])
  return line.length > 1 && typeof id === 'string' && newest[0] === id ? { runId: id } : {}
}

const idOf = (tuple: Tuple | undefined): unknown => tuple?.config?.configurable?.checkpoint_id

export const continues = (input: unknown): boolean =>
  input === null || input === undefined || (isRecord(input) && input.lg_name === 'Command' && input.resume !== undefined)

function linkTo(mark: Record<string, unknown>, type: 'resume' | 'retry' | 'replay'): Link[] {
  const { trace_id: traceId, span_id: spanId } = mark
  if (typeof traceId !== 'string' || typeof spanId !== 'string') return []
  const context = { traceId, spanId, traceFlags: 1 }
  return safely(() => trace.isSpanContextValid(context)) ? [{ context, attributes: { [SEAMTRACE.linkType]: type } }] : []
}

/** A graph compiled with `interruptBefore` or `interruptAfter` stops without telling so in its result. */
export async function isPausedBetweenNodes(graph: GraphLike, config: GraphConfig): Promise<boolean> {
  const stops = [graph.interruptBefore, graph.interruptAfter, config.interruptBefore, config.interruptAfter]
  if (typeof graph.checkpointer !== 'object' || !stops.some((nodes) => nodes === '*' || (Array.isArray(nodes) && nodes.length > 0)))
    return false
  const getState: unknown = Reflect.get(graph, 'getState')
  if (typeof getState !== 'function') return false
  try {
    const quiet: unknown = Object.create(graph, { checkpointer: { value: unrecorded(graph.checkpointer) } })
    const state: unknown = await getState.call(quiet, config)
    return isRecord(state) && Array.isArray(state.next) && state.next.length > 0
  } catch {
    return false
  }
}
