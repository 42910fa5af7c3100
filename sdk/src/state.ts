// Reading and writing shared state: stores, checkpoints, memory. Size and version travel, values do not.
import type { Attributes } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { optionsAndBody } from './arguments.ts'
import { describePayload, isRecord } from './payload.ts'
import { boundName, contentAttribute, nameOf } from './redact.ts'
import { type Recorded, runUnit, type Unit } from './unit.ts'

export interface StateOptions {
  key?: string
  /** what is written; its size and digest are recorded */
  value?: unknown
  /** version that the caller wrote or expects, when the result does not carry one */
  version?: string | number
}

export type StateOperation = 'get' | 'put' | 'checkpoint' | 'restore'

/**
 * Runs `fn` as one access to the store `store`. Size and digest come from `value` when writing and from the result when reading;
 * the version from the result's `version` or `etag`, else from the options.
 * @example const cart = await state('redis', 'get', { key: 'cart' }, () => redis.get('cart'))
 */
export function state<T>(store: string, operation: StateOperation, options: StateOptions | undefined, fn: () => T): T
/** The same without options. */
export function state<T>(store: string, operation: StateOperation, fn: () => T): T
export function state<T>(store: string, operation: StateOperation, options: Given<T>, fn?: () => T): T {
  return access('state', store, operation, options, fn)
}

/**
 * Like {@link state}, for the memory of an agent: facts about a user, earlier conversations.
 * @example const facts = await memory('mem0', 'get', { key: user.id }, () => mem0.search(user.id))
 */
export function memory<T>(store: string, operation: StateOperation, options: StateOptions | undefined, fn: () => T): T
/** The same without options. */
export function memory<T>(store: string, operation: StateOperation, fn: () => T): T
export function memory<T>(store: string, operation: StateOperation, options: Given<T>, fn?: () => T): T {
  return access('memory', store, operation, options, fn)
}

type Given<T> = StateOptions | (() => T) | undefined

function access<T>(kind: 'state' | 'memory', store: string, verb: StateOperation, first: Given<T>, second: (() => T) | undefined): T {
  const [options, fn] = optionsAndBody<StateOptions, () => T>(first, second)
  const { spec, onValue } = stateUnit(kind, store, verb, options)
  return runUnit(spec, fn, onValue)
}

export function stateUnit(kind: 'state' | 'memory', given: unknown, verb: unknown, options: StateOptions): Recorded {
  const [store, operation] = [nameOf(given), nameOf(verb)]
  const attributes = (): Attributes => ({
    [SEAMTRACE.stateStore]: store,
    [SEAMTRACE.stateOperation]: operation,
    [SEAMTRACE.stateKey]: options.key === undefined ? undefined : nameOf(options.key),
    [SEAMTRACE.stateVersion]: options.version?.toString(),
  })
  const details = (): Attributes =>
    'value' in options ? { ...valueAttributes(options.value), ...contentAttribute(SEAMTRACE.input, options.value) } : {}
  const onValue = (unit: Unit, result: unknown): void => {
    const reads = operation === 'get' || operation === 'restore'
    unit.span.setAttributes({
      ...(reads
        ? {
            [SEAMTRACE.stateFound]: result !== null && result !== undefined,
            ...valueAttributes(result),
            ...contentAttribute(SEAMTRACE.output, result),
          }
        : {}),
      ...versionAttribute(result),
    })
  }
  return { spec: { kind, name: `${kind} ${operation} ${store}`, attributes, details }, onValue }
}

export function valueAttributes(value: unknown): Attributes {
  const { keys, size, digest } = describePayload(value)
  return { [SEAMTRACE.stateKeys]: keys, [SEAMTRACE.stateSize]: size, [SEAMTRACE.stateDigest]: digest }
}

function versionAttribute(result: unknown): Attributes {
  if (!isRecord(result)) return {}
  const version = result.version ?? result.etag
  return typeof version === 'string' || typeof version === 'number' ? { [SEAMTRACE.stateVersion]: boundName(String(version)) } : {}
}
