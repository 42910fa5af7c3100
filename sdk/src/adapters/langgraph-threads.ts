// Keeps the id of a LangGraph run across its pauses: it stands in the metadata of the run's checkpoints.
import { type Link, type Span, trace } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { isRecord } from '../payload.ts'
import { safely } from '../safe.ts'
import type { GraphConfig, GraphLike } from './langgraph.ts'

/** A checkpoint saver, as far as it is used here. */
export interface SaverLike {
  getTuple(config: GraphConfig): Promise<{ metadata?: unknown; pendingWrites?: readonly (readonly unknown[])[] } | undefined>
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
  /** the failed run that this one repeats from its last checkpoint */
  readonly retryOf?: string
  readonly links?: Link[]
}

/** What a call continues: `Command({ resume })` and an input of `null` go on from the last checkpoint of the thread. */
export async function earlierRun(saver: GraphLike['checkpointer'], input: unknown, config: GraphConfig): Promise<EarlierRun> {
  if (typeof saver !== 'object' || config.configurable?.thread_id === undefined || !continues(input)) return {}
  try {
    const tuple = await saver.getTuple(config)
    const mark = isRecord(tuple?.metadata) ? tuple.metadata[METADATA_KEY] : undefined
    if (!isRecord(mark) || typeof mark.run_id !== 'string') return {}
    const failed = tuple?.pendingWrites?.some(([, channel]) => channel === '__error__') ?? false
    return failed ? { retryOf: mark.run_id, links: linkTo(mark, 'retry') } : { runId: mark.run_id, links: linkTo(mark, 'resume') }
  } catch {
    // The graph reads the same checkpoint next and reports the error where it belongs.
    return {}
  }
}

const continues = (input: unknown): boolean =>
  input === null || input === undefined || (isRecord(input) && input.lg_name === 'Command' && input.resume !== undefined)

function linkTo(mark: Record<string, unknown>, type: 'resume' | 'retry'): Link[] {
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
    const state: unknown = await getState.call(graph, config)
    return isRecord(state) && Array.isArray(state.next) && state.next.length > 0
  } catch {
    return false
  }
}
