// Looks into values of other libraries, of which nothing is certain: what is not there or not as expected is left out.
import { isRecord } from '../payload.ts'

export type Fields = Record<string, unknown>

export const fields = (value: unknown): Fields => (isRecord(value) ? value : {})
export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
export const count = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** Of any object, class instances included. */
export const memberOf = (owner: unknown, key: string): unknown =>
  typeof owner === 'object' && owner !== null ? Reflect.get(owner, key) : undefined

/** A text that says something. */
export const textIn = (value: unknown, key: string): string | undefined => text(fields(value)[key]) || undefined

export const signalIn = (value: unknown, key = 'signal'): AbortSignal | undefined => {
  const signal = fields(value)[key]
  return signal instanceof AbortSignal ? signal : undefined
}
