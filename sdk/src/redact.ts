// What may leave the process as text: bounds for every string, content only when it was switched on, and masked where that was asked for.
import type { SEAMTRACE } from '@seamtrace/schema/words'
import { mask } from './mask/mask.ts'
import { stableJson } from './payload.ts'
import { safely } from './safe.ts'

/**
 * `off` records names, sizes and digests only; `mask` also records inputs and outputs as text, without the keys, passwords, card numbers,
 * addresses and the like that are found in them; `full` records them as they are. Messages of errors are masked unless it is `full`.
 */
export type ContentMode = 'off' | 'mask' | 'full'

const MAX_CONTENT_CHARS = 65_536
const MAX_MESSAGE_BYTES = 2_048
const MAX_NAME_CHARS = 256

let mode: ContentMode = 'off'

export const setContentMode = (next: ContentMode): void => {
  mode = next
}

export const contentIsOn = (): boolean => mode !== 'off'

// a secret that the end of the text cuts in two is found whole
const OVERHANG_CHARS = 1_024

/** As much of the text as may leave, in the mode that is set. */
const released = (text: string, maxChars: number): string =>
  (mode === 'full' ? text : mask(text.slice(0, maxChars + OVERHANG_CHARS))).slice(0, maxChars)

/** The attribute that carries `value` as text, or nothing while content is off. */
export function contentAttribute(key: typeof SEAMTRACE.input | typeof SEAMTRACE.output, value: unknown): Record<string, string> {
  if (mode === 'off' || value === undefined) return {}
  const text = typeof value === 'string' ? value : stableJson(value)
  return text === undefined ? {} : { [key]: released(text, MAX_CONTENT_CHARS) }
}

/** A message of at most 2 kB in UTF-8, so that one huge error cannot fill a batch. */
export function boundMessage(message: string): string {
  const text = released(message, MAX_MESSAGE_BYTES)
  if (text.length * 3 <= MAX_MESSAGE_BYTES) return text
  const bytes = Buffer.from(text)
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
