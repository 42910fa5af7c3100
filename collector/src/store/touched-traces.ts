// What the analysis has to look at: traces touched since some time, the times they span, and how far it has come. Of all projects.
import { count, hex, lowText, millis, uint32 } from './native.ts'
import type { Store } from './open.ts'
import { type ReadLimits, readBlocks, readRows } from './read.ts'
import { MANY_TRACE_IDS, MOST_TRACE_IDS, manyTraceIds } from './trace-ids.ts'

export type Reader = { client: Store['client']; signal?: AbortSignal }

export type TraceRef = { project: string; traceId: string }

/** What tells a trace from all others: projects may have the same ids. */
export const traceKey = ({ project, traceId }: TraceRef): string => `${traceId}${project}`

export type TouchedTrace = TraceRef & {
  touchedAtMs: number
  /** blocks that brought spans of it since the beginning of the window */
  touches: number
  /** the same since the beginning of the next window */
  touchesLater: number
  /** seconds: where its spans lie, as far as the window tells */
  keyTime: number
}

/** The engine's own clock: spans are stamped with it when they are stored. */
export const engineNowMs = async (store: Reader): Promise<number> => {
  const [row] = await readRows<{ now: number }>(store, 'SELECT toUnixTimestamp64Milli(now64(3)) AS now')
  return row?.now ?? Date.now()
}

const TOUCHED_COLUMNS = { project: lowText, trace_id: hex(16), touched_ms: millis, blocks: count, blocks_later: count, key_s: uint32 }

const touchedSql = (pageRows: number): string => `
SELECT project, trace_id, toUnixTimestamp64Milli(max(touched_at)) AS touched_ms,
  sum(touches) AS blocks, sumIf(touches, touched_at >= fromUnixTimestamp64Milli({later:Int64}, 'UTC')) AS blocks_later,
  toUInt32(min(first_key_time)) AS key_s
FROM trace_touch
WHERE touched_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND touched_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
GROUP BY project, trace_id
HAVING touched_ms >= {recent:Int64}
  AND (touched_ms, project, trace_id) > ({afterMs:Int64}, {afterProject:String}, toFixedString(unhex({afterId:String}), 16))
ORDER BY touched_ms, project, trace_id
LIMIT ${pageRows}`

export type TouchWindow = {
  /** touches are counted from here on … */
  sinceMs: number
  /** … to here */
  untilMs: number
  /** the next window begins here */
  laterMs: number
  /** only traces that were touched from here on are told */
  recentMs: number
}

const NOWHERE = '0'.repeat(32)

/** Traces touched within the window, in order of their last touch, page by page: however many they are, none is passed over. */
export async function* touchedTraces(store: Reader, window: TouchWindow, pageRows: number): AsyncGenerator<TouchedTrace[]> {
  const { sinceMs, untilMs, laterMs, recentMs } = window
  let after: Pick<TouchedTrace, 'touchedAtMs' | 'project' | 'traceId'> | undefined
  do {
    const { touchedAtMs: afterMs, project: afterProject, traceId: afterId } = after ?? { touchedAtMs: -1, project: '', traceId: NOWHERE }
    const params = { since: sinceMs, until: untilMs, later: laterMs, recent: recentMs, afterMs, afterProject, afterId }
    const limits: ReadLimits = { maxRows: pageRows, maxMemoryBytes: 1024 ** 3, maxThreads: 1 }
    const blocks = await readBlocks(store, TOUCHED_COLUMNS, touchedSql(pageRows), params, limits)
    const page = blocks.flatMap(({ rows, columns: at }) =>
      Array.from({ length: rows }, (_, row) => ({
        project: at.project(row),
        traceId: at.trace_id(row),
        touchedAtMs: at.touched_ms(row),
        touches: at.blocks(row),
        touchesLater: at.blocks_later(row),
        keyTime: at.key_s(row),
      })),
    )
    yield page
    after = page.length < pageRows ? undefined : page.at(-1)
  } while (after)
}

/** When a trace was touched first from then on, of those whose last touch is known; undefined when none was. */
export const nextTouchMs = async (store: Reader, sinceMs: number): Promise<number | undefined> => {
  const [row] = await readRows<{ at: number; touches: number }>(
    store,
    `SELECT toUnixTimestamp64Milli(min(touched_at)) AS at, count() AS touches
     FROM trace_touch
     WHERE touched_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')`,
    { since: sinceMs },
  )
  return row && row.touches > 0 ? row.at : undefined
}

/**
 * Where the spans of a trace lie, in seconds since 1970, and the log records that tell of them. Where there are none the first is after
 * the last.
 */
export type TraceRange = TraceRef & { firstKeyTime: number; lastKeyTime: number; firstLogTime?: number; lastLogTime?: number }

const RANGE_COLUMNS = {
  project: lowText,
  trace_id: hex(16),
  first_s: uint32,
  last_s: uint32,
  first_log_s: uint32,
  last_log_s: uint32,
  now_ms: millis,
}

const RANGES = `
SELECT project, trace_id, toUInt32(min(first_key_time)) AS first_s, toUInt32(max(last_key_time)) AS last_s,
  toUInt32(min(first_log_time)) AS first_log_s, toUInt32(max(last_log_time)) AS last_log_s,
  toUnixTimestamp64Milli(now64(3)) AS now_ms
FROM trace_touch
WHERE project IN {projects:Array(String)} AND trace_id IN ${MANY_TRACE_IDS}
GROUP BY project, trace_id`

/** Where all spans of these traces lie, and the engine's time before that was known; nothing of traces that are unknown. */
export const rangesOfTraces = async (store: Reader, traces: readonly TraceRef[]): Promise<{ ranges: TraceRange[]; nowMs: number }> => {
  const ranges: TraceRange[] = []
  let nowMs = Number.POSITIVE_INFINITY
  for (let from = 0; from < traces.length; from += MOST_TRACE_IDS) {
    const params = paramsOf(traces.slice(from, from + MOST_TRACE_IDS))
    for (const { rows, columns: at } of await readBlocks(store, RANGE_COLUMNS, RANGES, params, { maxThreads: 1 }))
      for (let row = 0; row < rows; row++) {
        ranges.push({
          ...{ project: at.project(row), traceId: at.trace_id(row), firstKeyTime: at.first_s(row), lastKeyTime: at.last_s(row) },
          ...{ firstLogTime: at.first_log_s(row), lastLogTime: at.last_log_s(row) },
        })
        nowMs = Math.min(nowMs, at.now_ms(row))
      }
  }
  return { ranges, nowMs }
}

/** Parameters for traces of any projects; whoever reads by them may get the same ids of other projects among these, too. */
export const paramsOf = (traces: readonly TraceRef[]) => ({
  projects: [...new Set(traces.map(({ project }) => project))],
  traceIds: manyTraceIds(traces.map(({ traceId }) => traceId)),
})

/** How far the analysis has come, by the time at which spans were stored; 0 when it has not begun. */
export const readProgress = async (store: Reader): Promise<number> => {
  const [row] = await readRows<{ through: number }>(
    store,
    'SELECT toUnixTimestamp64Milli(max(derived_through)) AS through FROM derive_progress',
  )
  return row?.through ?? 0
}

/** Of all projects together, as project ''. */
export const writeProgress = async (store: Reader, throughMs: number): Promise<void> => {
  // a bare number of seconds is read as one only when it has ten digits
  const derived_through = new Date(throughMs).toISOString().slice(0, -1).replace('T', ' ')
  await store.client.insert({ table: 'derive_progress', values: [{ project: '', derived_through }], format: 'JSONEachRow' })
}
