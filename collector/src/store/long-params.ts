// Long parameters of a statement go into the statement itself: as part of the address they would be too long for many a server and proxy.
import type { ReadParams } from './read.ts'

/** Nothing on the way takes offence at an address of so many characters a parameter. */
const LONGEST = 1_000

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

/** As letters that need no quoting, whatever the text holds. */
const literalOf = (type: string, value: string | readonly unknown[]): string => {
  if (type === 'String' && typeof value === 'string') return `base64Decode('${base64(value)}')`
  if (type === 'Array(String)' && Array.isArray(value))
    return `JSONExtract(base64Decode('${base64(JSON.stringify(value))}'), 'Array(String)')`
  throw new Error(`cannot write a long parameter of type ${type}`)
}

const isLong = (value: ReadParams[string] | undefined): value is string | readonly string[] =>
  Array.isArray(value) ? value.reduce((sum: number, item) => sum + String(item).length + 3, 0) > LONGEST : String(value).length > LONGEST

/**
 * The same statement with its long parameters written out.
 * @example withoutLongParams("… IN {ids:Array(String)}", { ids: manyIds }) // { sql: "… IN JSONExtract(base64Decode('…'), 'Array(String)')", params: {} }
 */
export const withoutLongParams = (sql: string, params: ReadParams): { sql: string; params: ReadParams } => {
  const long = new Set(Object.keys(params).filter((name) => isLong(params[name])))
  if (long.size === 0) return { sql, params }
  return {
    sql: sql.replace(/\{(\w+):([^{}]+)\}/g, (placeholder, name: string, type: string) =>
      long.has(name) ? literalOf(type, params[name] as string | readonly unknown[]) : placeholder,
    ),
    params: Object.fromEntries(Object.entries(params).filter(([name]) => !long.has(name))),
  }
}
