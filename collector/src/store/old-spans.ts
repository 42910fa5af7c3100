// Spans that were recognized by older rules: finds them in the order of the table, and puts them back as they are recognized now.
import type { RecognizedSpan } from '@seamtrace/schema'
import { createSpanEncoder, ENCODED_COLUMNS } from './encode-span.ts'
import { insertForm } from './insert-rows.ts'
import type { Store } from './open.ts'
import { readRows } from './read.ts'
import { SPAN_SELECT } from './span-columns.ts'
import { fromSpanRow, type SpanRow } from './span-row.ts'
import { TRACE_IDS } from './trace-ids.ts'
import { NATIVE } from './write-native.ts'

export type OldSpans = {
  project: string
  /** rules from this version on are not old */
  rulesVersion: number
  /** what arrived before is about to expire */
  arrivedSinceMs: number
}

/** A place in the order of the table: its minute in seconds since 1970, then ids. */
export type Place = { minute: number; traceId: string; spanId: string }

export type OldPlace = Place & { runId: string }

export type OldSpan = { span: RecognizedSpan; insertedMs: number }

const MINUTE_S = 60

const isOld = (version: string, arrival: string): string =>
  `${version} < {rulesVersion:UInt16} AND ${arrival} >= fromUnixTimestamp64Milli({arrivedSinceMs:Int64}, 'UTC')`
const IN_MINUTE = `project = {project:String}
  AND key_time >= toDateTime({minute:UInt32}, 'UTC') AND key_time < toDateTime({end:UInt32}, 'UTC')`

/** The first minute from then on with a row that may be old: an older copy of a span is one too, until it is merged away. */
export const nextOldMinute = async (store: Pick<Store, 'client'>, old: OldSpans, from: number): Promise<number | null> => {
  const [row] = await readRows<{ minute: number; rows: number }>(
    store,
    `SELECT toUInt32(toStartOfMinute(min(key_time))) AS minute, count() AS rows
     FROM spans
     WHERE project = {project:String} AND key_time >= toDateTime({from:UInt32}, 'UTC') AND ${isOld('rules_version', 'inserted_at')}`,
    { ...old, from },
    { maxThreads: 1 },
  )
  return row && row.rows > 0 ? row.minute : null
}

/** Places of the spans of a minute whose newest copy is old, behind a place, in order. */
export const oldPlaces = (store: Pick<Store, 'client'>, old: OldSpans, after: Place, most: number): Promise<OldPlace[]> =>
  readRows<OldPlace>(
    store,
    `SELECT {minute:UInt32} AS minute, lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId, newest_run AS runId
     FROM (
       SELECT trace_id, span_id, argMax(rules_version, inserted_at) AS newest_version, max(inserted_at) AS newest_at,
         argMax(run_id, inserted_at) AS newest_run
       FROM spans
       WHERE ${IN_MINUTE}
         AND (trace_id, span_id) > (toFixedString(unhex({traceId:String}), 16), toFixedString(unhex({spanId:String}), 8))
       GROUP BY trace_id, span_id
     )
     WHERE ${isOld('newest_version', 'newest_at')}
     ORDER BY trace_id, span_id
     LIMIT {most:UInt32}`,
    { ...old, ...after, end: after.minute + MINUTE_S, most },
    { maxThreads: 1 },
  )

/** The newest copies of these spans, whole. */
export const spansAt = async (store: Pick<Store, 'client'>, project: string, places: readonly Place[]): Promise<OldSpan[]> => {
  const [first] = places
  if (!first) return []
  const wanted = new Set(places.map(({ traceId, spanId }) => traceId + spanId))
  const rows = await readRows<SpanRow & { inserted_ms: number }>(
    store,
    `SELECT ${SPAN_SELECT}, toUnixTimestamp64Milli(inserted_at) AS inserted_ms
     FROM spans
     WHERE ${IN_MINUTE} AND trace_id IN ${TRACE_IDS}
       AND span_id IN (SELECT toFixedString(unhex(arrayJoin({spanIds:Array(String)})), 8))
     ORDER BY trace_id, span_id, inserted_at DESC, spans.end_unix_nano DESC
     LIMIT 1 BY trace_id, span_id`,
    {
      project,
      minute: first.minute,
      end: first.minute + MINUTE_S,
      traceIds: [...new Set(places.map(({ traceId }) => traceId))],
      spanIds: [...new Set(places.map(({ spanId }) => spanId))],
    },
    { maxThreads: 1 },
  )
  return rows
    .filter((row) => wanted.has(row.trace_id_hex + row.span_id_hex))
    .map((row) => ({ span: fromSpanRow(row), insertedMs: row.inserted_ms }))
}

const FORM = { table: 'spans', columns: `${ENCODED_COLUMNS}, inserted_at`, format: 'Native' } as const

/** Rows that replace older copies of spans. */
export type Replacements = {
  /**
   * The span as it is recognized now. It counts as arrived when it came, a millisecond later: that is enough to replace the older
   * copy, and it expires when it would have.
   */
  add(span: RecognizedSpan, insertedMs: number): void
  bytes(): number
  /** stores what was added since */
  flush(store: Pick<Store, 'client' | 'insertFolder'>): Promise<void>
}

export const createReplacements = (project: string): Replacements => {
  const encoder = createSpanEncoder()
  const arrivals = NATIVE.time.writer()
  return {
    add: (span, insertedMs) => {
      encoder.add(project, span)
      arrivals.add(insertedMs + 1)
    },
    bytes: encoder.bytes,
    flush: async (store) => {
      if (encoder.rows() === 0) return
      await insertForm(store, FORM, encoder.take([['inserted_at', NATIVE.time.column.type, arrivals]]))
    },
  }
}

/** Has traces looked at again by whoever analyzes. */
export const touchTraces = async ({ client }: Pick<Store, 'client'>, project: string, traceIds: readonly string[]): Promise<void> => {
  await client.command({
    query: `INSERT INTO trace_touch (project, trace_id, first_key_time, last_key_time, touched_at, touches)
      SELECT project, trace_id, min(first_key_time), max(last_key_time), now64(3, 'UTC'), 1
      FROM trace_touch
      WHERE project = {project:String} AND trace_id IN ${TRACE_IDS}
      GROUP BY project, trace_id`,
    query_params: { project, traceIds },
  })
}
