// The one way in which rows are read: typed parameters only, and a bound on memory, time and rows in the statement itself.
import { ClickHouseError } from '@clickhouse/client'
import { messageOf, SeamtraceError } from '@seamtrace/schema'
import { withoutLongParams } from './long-params.ts'
import { type NativeBlock, type NativeColumns, readNative } from './native.ts'
import type { Store } from './open.ts'
import { isOutage } from './outage.ts'

export type ReadParams = Record<string, string | number | bigint | boolean | null | readonly (string | number | bigint)[]>
export type ReadLimits = {
  maxMemoryBytes?: number
  maxSeconds?: number
  maxRows?: number
  maxBytes?: number
  maxThreads?: number
  /** by the order of the table alone, without its skip indexes */
  noIndexes?: boolean
}

const DEFAULT_LIMITS = { maxMemoryBytes: 512 * 1024 * 1024, maxSeconds: 20, maxRows: 100_000 }

// timeout, memory limit, too many rows, too many rows or bytes: the query was sound but too big
const LIMIT_CODES = new Set(['159', '241', '158', '396'])

/**
 * Runs a SELECT (without FORMAT and SETTINGS) and gives its rows as JSONEachRow reads them: 64-bit integers and decimals
 * come as numbers on both engines, so a column that may pass 2^53 must be selected with toString().
 * @example readRows<{ runs: number }>(store, 'SELECT count() AS runs FROM runs WHERE project = {project:String}', { project })
 */
export async function readRows<T>(
  store: Pick<Store, 'client'>,
  sql: string,
  params: ReadParams = {},
  limits: ReadLimits = {},
): Promise<T[]> {
  try {
    const answer = await store.client.query({ query: `${sql}\n${settingsOf(limits)}`, query_params: params, format: 'JSONEachRow' })
    return await answer.json<T>()
  } catch (error) {
    throw readError(error)
  }
}

/**
 * The same for many rows: in Native format, which costs both sides a third of JSON.
 * @param sql without FORMAT and SETTINGS; gives just these columns in this order
 */
export async function readBlocks<C extends NativeColumns>(
  { client, signal }: { client: Store['client']; signal?: AbortSignal },
  columns: C,
  sql: string,
  params: ReadParams = {},
  limits: ReadLimits = {},
): Promise<NativeBlock<C>[]> {
  try {
    const short = withoutLongParams(sql, params)
    const { stream } = await client.exec({
      query: `${short.sql}\n${settingsOf(limits)} FORMAT Native`,
      query_params: short.params,
      // a server that has begun to answer could only tell of an error in the midst of the rows
      clickhouse_settings: { wait_end_of_query: 1 },
      ...(signal ? { abort_signal: signal } : {}),
    })
    return [...readNative(Buffer.concat(await stream.toArray()), columns)]
  } catch (error) {
    throw readError(error)
  }
}

const readError = (error: unknown): unknown => {
  // no answer from the engine at all: it is being started again, or the server or a shard of it is away
  if (!(error instanceof ClickHouseError) || isOutage(error))
    return new SeamtraceError('unavailable', `cannot read: ${messageOf(error)}; try again`, { cause: error })
  if (!LIMIT_CODES.has(error.code)) return error
  return new SeamtraceError(
    'unavailable',
    `cannot answer within the limits of one query: narrow the time window (${firstLine(error.message)})`,
    { cause: error },
  )
}

// In the statement and not beside it: settings given apart stick to an embedded session and reach its later statements.
function settingsOf(limits: ReadLimits): string {
  const { maxMemoryBytes, maxSeconds, maxRows, maxBytes, maxThreads, noIndexes } = { ...DEFAULT_LIMITS, ...limits }
  const settings = [
    `max_memory_usage=${Math.ceil(maxMemoryBytes)}`,
    `max_execution_time=${Math.ceil(maxSeconds)}`,
    `max_result_rows=${Math.ceil(maxRows)}`,
    ...(maxBytes === undefined ? [] : [`max_result_bytes=${maxBytes}`]),
    ...(maxThreads === undefined ? [] : [`max_threads=${maxThreads}`]),
    ...(noIndexes ? ['use_skip_indexes=0'] : []),
    "result_overflow_mode='throw'",
    'output_format_json_quote_64bit_integers=0',
    'output_format_json_quote_decimals=0',
  ]
  return `SETTINGS ${settings.join(', ')}`
}

const firstLine = (text: string): string => (text.split('\n', 1)[0] ?? '').slice(0, 300)
