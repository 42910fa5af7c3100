// Tells which nodes led to a node: by the trigger that LangGraph names, and by what the nodes before it really wrote there.
import { isRecord } from '../payload.ts'
import type { GraphLike } from './langgraph.ts'
import type { GraphRun, NodeConfig, NodeFacts } from './langgraph-nodes.ts'

/** Who wrote to what starts a node, in which superstep; by the channel of the node, or by its name for a `Send`. */
export type Trail = Map<string, { readonly node: string; readonly superstep: number }[]>

// The names of LangGraph's own machinery: how a task writes, the channel that starts one node only, what was sent to a node.
const WRITE_KEY = '__pregel_send'
export const NODE_CHANNEL = 'branch:to:'
const PUSH_TRIGGER = '__pregel_push'
const PUSH_CHANNEL = '__pregel_tasks'

/**
 * An empty trail for a run all of whose writes will be seen, else nothing: what was written before a pause is not, nor what a cache
 * answers for a node.
 */
export function trailOf(graph: GraphLike, input: unknown): Trail | undefined {
  const continues = input === null || input === undefined || (isRecord(input) && input.lg_name === 'Command')
  return continues || Object.values(graph.nodes).some((node) => node.cachePolicy !== undefined) ? undefined : new Map()
}

/** The nodes that led to this task, by name; nothing when it cannot be known for sure, or when the graph starts with it. */
export function predecessorsOf(run: GraphRun, facts: NodeFacts, config: NodeConfig): string[] | undefined {
  const trigger = triggerOf(config)
  const superstep = superstepOf(config)
  if (trigger === undefined || superstep === undefined) return undefined
  const names = barrierNames(facts, trigger) ?? (isTracked(run, config) ? namesOnTrail(run, facts, trigger, superstep) : [])
  const nodes = [...new Set(names)].filter((name) => !name.startsWith('__')).sort()
  return nodes.length > 0 ? nodes : undefined
}

function triggerOf({ metadata }: NodeConfig): string | undefined {
  const triggers = metadata?.langgraph_triggers
  return Array.isArray(triggers) && typeof triggers[0] === 'string' ? triggers[0] : undefined
}

const superstepOf = ({ metadata }: NodeConfig): number | undefined =>
  typeof metadata?.langgraph_step === 'number' ? metadata.langgraph_step : undefined

/** The channel of `addEdge([a, b], c)` holds the names it waits for, and opens when all of them have written. */
function barrierNames(facts: NodeFacts, trigger: string): string[] | undefined {
  const channel = facts.channels?.[trigger]
  return isRecord(channel) && channel.names instanceof Set ? [...channel.names].map(String) : undefined
}

/** Only the tasks of the graph itself: a graph inside may run several times in one run, and count its supersteps anew. */
const isTracked = (run: GraphRun, config: NodeConfig): boolean =>
  run.trail !== undefined && !String(config.configurable?.checkpoint_ns).includes('|')

function namesOnTrail({ trail }: GraphRun, { name }: NodeFacts, trigger: string, superstep: number): string[] {
  const isPush = trigger === PUSH_TRIGGER
  if (!isPush && trigger !== `${NODE_CHANNEL}${name}`) return []
  const key = isPush ? sendKey(name) : trigger
  const written = trail?.get(key) ?? []
  const earlier = written.filter((write) => write.superstep < superstep)
  // What was sent starts one task each, in the very next superstep; a channel starts one task and is empty then.
  if (isPush) return earlier.filter((write) => write.superstep === superstep - 1).map((write) => write.node)
  trail?.set(
    key,
    written.filter((write) => write.superstep >= superstep),
  )
  return earlier.map((write) => write.node)
}

const sendKey = (node: string): string => `send to ${node}`

/** The config under which what the task writes is noted; `keep` puts it on the trail, when the attempt has succeeded. */
export function listen(run: GraphRun, facts: NodeFacts, config: NodeConfig): { config: NodeConfig; keep: () => void } {
  const superstep = superstepOf(config)
  const write = config.configurable?.[WRITE_KEY]
  if (!isTracked(run, config) || superstep === undefined || typeof write !== 'function') return { config, keep: () => {} }
  const keys = new Set<string>()
  const noting = (writes: unknown): unknown => {
    if (Array.isArray(writes)) for (const key of writes.map(keyOf)) if (key !== undefined) keys.add(key)
    return write(writes)
  }
  const keep = (): void => {
    for (const key of keys) {
      const written = run.trail?.get(key)
      if (written === undefined) run.trail?.set(key, [{ node: facts.name, superstep }])
      else written.push({ node: facts.name, superstep })
    }
  }
  return { config: { ...config, configurable: { ...config.configurable, [WRITE_KEY]: noting } }, keep }
}

function keyOf(write: unknown): string | undefined {
  const [channel, value]: unknown[] = Array.isArray(write) ? write : []
  if (channel === PUSH_CHANNEL && isRecord(value) && typeof value.node === 'string') return sendKey(value.node)
  return typeof channel === 'string' && channel.startsWith(NODE_CHANNEL) ? channel : undefined
}
