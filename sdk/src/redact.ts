// What may leave the process as text: bounds for every string, and content only when it was switched on.
import type { SEAMTRACE } from '@seamtrace/schema'
import { stableJson } from './payload.ts'
import { safely } from './safe.ts'

/** `off` records names, sizes and digests only; `full` also records inputs and outputs as text. */
export type ContentMode = 'off' | 'full'

const MAX_CONTENT_CHARS = 65_536
const MAX_MESSAGE_BYTES = 2_048
const MAX_NAME_CHARS = 256

let mode: ContentMode = 'off'

export const setContentMode = (next: ContentMode): void => {
  mode = next
}

export const contentIsOn = (): boolean => mode === 'full'

/** The attribute that carries `value` as text, or nothing while content is off. */
export function contentAttribute(key: typeof SEAMTRACE.input | typeof SEAMTRACE.output, value: unknown): Record<string, string> {
  if (mode === 'off' || value === undefined) return {}
  const text = typeof value === 'string' ? value : stableJson(value)
  return text === undefined ? {} : { [key]: text.slice(0, MAX_CONTENT_CHARS) }
}

/** A message of at most 2 kB in UTF-8, so that one huge error cannot fill a batch. */
export function boundMessage(message: string): string {
  if (message.length * 3 <= MAX_MESSAGE_BYTES) return message
  const bytes = Buffer.from(message.slice(0, MAX_MESSAGE_BYTES))
  return bytes
    .subarray(0, MAX_MESSAGE_BYTES)
    .toString()
    .replace(/\uFFFD+$/, '')
}

export const boundName = (name: string): string => name.slice(0, MAX_NAME_CHARS)

/** Whatever a JavaScript caller passed or threw, as text: symbols too, and objects whose `toString` throws. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : (safely(() => String(value)) ?? 'unreadable'))

/** The name that a caller gave. */
export const nameOf = (given: unknown): string => boundName(textOf(given))
