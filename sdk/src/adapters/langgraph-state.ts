// What a node did to the state: the keys to which it gave another value, and those whose value it took away.
import type { Attributes } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { isRecord, payloadKeys, stableJson } from '../payload.ts'
import { isCommand } from './langgraph-handoffs.ts'

/**
 * By the update that the node returned, against the state that it received. What a channel with a reducer adds to counts as changed. Sizes
 * and digests of both sides stand beside it, as for every step.
 */
export function changesOf(state: unknown, value: unknown): Attributes {
  const before = isRecord(state) ? state : {}
  const updates = updatesIn(value)
  const names = Object.keys(updates)
  const removed = names.filter((name) => isGone(updates[name]) && !isGone(before[name]))
  const changed = names.filter((name) => !isGone(updates[name]) && !isSame(before[name], updates[name]))
  return { [SEAMTRACE.stateChangedKeys]: bounded(changed), [SEAMTRACE.stateRemovedKeys]: bounded(removed) }
}

/** A record, a command that carries one, or several of both; of two for one key the last one counts. */
function updatesIn(value: unknown): Record<string, unknown> {
  const given = (Array.isArray(value) ? value : [value]).map((one: unknown) => (isCommand(one) ? one.update : one))
  return Object.assign({}, ...given.map((one) => (isPairs(one) ? Object.fromEntries(one) : one)).filter(isRecord))
}

/** A command's update may be a list of channel and value. */
const isPairs = (update: unknown): update is [string, unknown][] =>
  Array.isArray(update) && update.every((pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string')

const isGone = (value: unknown): boolean => value === undefined || value === null

function isSame(before: unknown, after: unknown): boolean {
  if (Object.is(before, after)) return true
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) return false
  // a list that a reducer adds to comes in parts: most are told apart without being read
  if (Array.isArray(before) && Array.isArray(after) && before.length !== after.length) return false
  const text = stableJson(before)
  return text !== undefined && text === stableJson(after)
}

/** At most as many, and as long, as the keys of any payload. */
const bounded = (names: readonly string[]): string[] | undefined =>
  names.length === 0 ? undefined : payloadKeys(Object.fromEntries(names.map((name) => [name, true])))
