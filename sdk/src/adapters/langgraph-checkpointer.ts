// Makes a checkpoint saver of LangGraph tell what it stores and finds: one `state` span a call, with size, latency and errors.
import { context, createContextKey, trace } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { isRecord } from '../payload.ts'
import { contentAttribute, nameOf, textOf } from '../redact.ts'
import { safely } from '../safe.ts'
import { type StateOperation, stateUnit, valueAttributes } from '../state.ts'
import { type Recorded, runUnit, type Unit } from '../unit.ts'

export interface CheckpointerOptions {
  /** name of the store; default the class of the saver */
  store?: string
}

/** Set in the context of a run that goes on from a checkpoint: when there is none, its state is lost. */
export const CONTINUES = createContextKey('seamtrace.langgraph.continues')

const originals = new WeakMap<object, object>()

/** The saver that was given to {@link instrumentCheckpointer}: what the adapter itself reads is none of the program's work. */
export const unrecorded = <S extends object>(saver: S): S => (originals.get(saver) as S | undefined) ?? saver

/**
 * The saver, whose reads and writes inside of a run are recorded: how large the state is that every superstep stores, how long that takes,
 * what fails, and whether what a run goes on from is there. Values travel by the mode of content only.
 * @example
 * const checkpointer = instrumentCheckpointer(PostgresSaver.fromConnString(url))
 * const app = instrumentGraph(workflow.compile({ checkpointer }), { pipeline: 'support-refund' })
 */
export function instrumentCheckpointer<S extends object>(saver: S, options: CheckpointerOptions = {}): S {
  if (typeof saver !== 'object' || saver === null || originals.has(saver)) return saver
  const store = safely(() => nameOf(options?.store ?? saver.constructor.name)) ?? 'checkpointer'
  const proxy = new Proxy(saver, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target)
      if (typeof member !== 'function' || key === 'constructor') return member
      const describe = typeof key === 'string' && Object.hasOwn(CALLS, key) ? CALLS[key] : undefined
      if (describe === undefined) return member.bind(target)
      return (...args: unknown[]): unknown => {
        const call = (): unknown => Reflect.apply(member, target, args)
        const recorded = trace.getActiveSpan() === undefined ? undefined : safely(() => describe(store, args))
        return recorded === undefined ? call() : runUnit(recorded.spec, call, recorded.onValue)
      }
    },
  })
  originals.set(proxy, saver)
  return proxy
}

type Describe = (store: string, args: readonly unknown[]) => Recorded

const CALLS: Record<string, Describe> = {
  put: (store, [config, checkpoint]) => written(store, 'checkpoint', keyOf(config), stateIn(checkpoint), idOf(checkpoint)),
  putWrites: (store, [config, writes]) => written(store, 'put', keyOf(config), writesIn(writes)),
  deleteThread: (store, [thread]) => stateUnit('state', store, 'put', { key: textOf(thread) }),
  list: (store, [config]) => ({ spec: stateUnit('state', store, 'get', { key: keyOf(config) }).spec }),
  getTuple: restored,
}

const written = (store: string, operation: StateOperation, key: string, value: unknown, version?: string): Recorded => {
  const { spec } = stateUnit('state', store, operation, { key, value, ...(version === undefined ? {} : { version }) })
  return { spec }
}

function restored(store: string, [config]: readonly unknown[]): Recorded {
  const { spec } = stateUnit('state', store, 'restore', { key: keyOf(config) })
  const mustExist = isExpected(config)
  const onValue = ({ span }: Unit, tuple: unknown): void => {
    if (!isRecord(tuple)) {
      // the first read of a new thread finds nothing, and loses nothing
      if (mustExist) span.setAttribute(SEAMTRACE.stateFound, false)
      return
    }
    const value = stateIn(tuple.checkpoint)
    span.setAttributes({
      [SEAMTRACE.stateFound]: true,
      [SEAMTRACE.stateVersion]: idOf(tuple.checkpoint),
      ...valueAttributes(value),
      ...contentAttribute(SEAMTRACE.output, value),
    })
  }
  return { spec, onValue }
}

const configurableOf = (config: unknown): Record<string, unknown> =>
  isRecord(config) && isRecord(config.configurable) ? config.configurable : {}

/** A checkpoint that is asked for by its id, or that of the graph itself in a run that goes on. A graph inside may begin later. */
function isExpected(config: unknown): boolean {
  const { checkpoint_id: id, checkpoint_ns: namespace } = configurableOf(config)
  return Boolean(id) || (!namespace && context.active().getValue(CONTINUES) === true)
}

function keyOf(config: unknown): string {
  const { thread_id: thread, checkpoint_ns: namespace } = configurableOf(config)
  return namespace ? `${textOf(thread)}/${textOf(namespace)}` : textOf(thread ?? '')
}

const idOf = (checkpoint: unknown): string | undefined =>
  isRecord(checkpoint) && typeof checkpoint.id === 'string' ? checkpoint.id : undefined

/** The program's own channels; those of LangGraph (`__start__`, `branch:to:…`) steer the graph. */
function stateIn(checkpoint: unknown): Record<string, unknown> {
  const values = isRecord(checkpoint) && isRecord(checkpoint.channel_values) ? checkpoint.channel_values : {}
  return Object.fromEntries(Object.entries(values).filter(([channel]) => isOwnChannel(channel)))
}

function writesIn(writes: unknown): Record<string, unknown> {
  const pairs = (Array.isArray(writes) ? writes : []).filter((write): write is [string, unknown] => Array.isArray(write))
  return Object.fromEntries(pairs.filter(([channel]) => isOwnChannel(channel)))
}

export const isOwnChannel = (channel: unknown): channel is string =>
  typeof channel === 'string' && !channel.startsWith('__') && !channel.startsWith('branch:') && !channel.startsWith('join:')
