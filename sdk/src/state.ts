// Reading and writing shared state: stores, checkpoints, memory. Size and version travel, values do not.
import type { Attributes } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema'
import { describePayload, isRecord } from './payload.ts'
import { boundName, contentAttribute } from './redact.ts'
import { safely } from './safe.ts'
import { runUnit } from './unit.ts'

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
export const state = <T>(store: string, operation: StateOperation, options: StateOptions, fn: () => T): T =>
  access('state', store, operation, options, fn)

/**
 * Like {@link state}, for the memory of an agent: facts about a user, earlier conversations.
 * @example const facts = await memory('mem0', 'get', { key: user.id }, () => mem0.search(user.id))
 */
export const memory = <T>(store: string, operation: StateOperation, options: StateOptions, fn: () => T): T =>
  access('memory', store, operation, options, fn)

function access<T>(kind: 'state' | 'memory', store: string, operation: StateOperation, options: StateOptions, fn: () => T): T {
  const attributes = (): Attributes => ({
    [SEAMTRACE.stateStore]: store,
    [SEAMTRACE.stateOperation]: operation,
    [SEAMTRACE.stateKey]: options.key === undefined ? undefined : boundName(options.key),
    [SEAMTRACE.stateVersion]: options.version?.toString(),
    ...('value' in options
      ? safely(() => ({ ...valueAttributes(options.value), ...contentAttribute(SEAMTRACE.input, options.value) }))
      : {}),
  })
  return runUnit({ kind, name: `${kind} ${operation} ${store}`, attributes }, fn, (unit, result) => {
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
  })
}

function valueAttributes(value: unknown): Attributes {
  const { keys, size, digest } = describePayload(value)
  return { [SEAMTRACE.stateKeys]: keys, [SEAMTRACE.stateSize]: size, [SEAMTRACE.stateDigest]: digest }
}

function versionAttribute(result: unknown): Attributes {
  if (!isRecord(result)) return {}
  const version = result.version ?? result.etag
  return typeof version === 'string' || typeof version === 'number' ? { [SEAMTRACE.stateVersion]: boundName(String(version)) } : {}
}
