// Which traces a run is spread over, and which runs are stored of some traces. Every look-up goes by a table's order.
import { count, hex, lowText, text, textList, uint8 } from './native.ts'
import { readBlocks, readRows } from './read.ts'
import type { Reader, TraceRef } from './touched-traces.ts'
import { MANY_TRACE_IDS, MOST_TRACE_IDS, manyTraceIds } from './trace-ids.ts'

export type RunRef = { project: string; runId: string }

// So much of a statement may be one list of ids: a statement has 256 KiB, and ids grow by a third on their way into it.
const PARAMETER_BYTES = 100_000

/** As many at once as their texts fit into a parameter. */
export const inParts = <T>(all: readonly T[], textOf: (one: T) => string): T[][] => {
  const parts: T[][] = []
  let room = 0
  for (const one of all) {
    const bytes = Buffer.byteLength(textOf(one)) * 2 + 3
    if (bytes > room) {
      parts.push([])
      room = PARAMETER_BYTES
    }
    parts.at(-1)?.push(one)
    room -= bytes
  }
  return parts
}

const idOf = ({ runId }: RunRef): string => runId

const projectsOf = (refs: readonly { project: string }[]): string[] => [...new Set(refs.map(({ project }) => project))]

// One thread: whoever sends spans or asks questions comes first.
const ONE_THREAD = { maxThreads: 1, maxRows: 1_000_000 }

const keyOf = ({ project, runId }: RunRef): string => `${project}\u0000${runId}`

/** The traces of these runs, which have ids of their own. */
export const tracesOfRuns = async (store: Reader, runs: readonly RunRef[]): Promise<TraceRef[]> => {
  const wanted = new Set(runs.map(keyOf))
  const found = new Map<string, TraceRef>()
  for (const part of inParts(runs, idOf)) {
    const blocks = await readBlocks(
      store,
      { project: lowText, run_id: text, trace_id: hex(16) },
      `SELECT DISTINCT project, run_id, trace_id
       FROM run_traces
       WHERE project IN {projects:Array(String)} AND run_id IN {runIds:Array(String)}`,
      { projects: projectsOf(part), runIds: part.map(({ runId }) => runId) },
      ONE_THREAD,
    )
    for (const { rows, columns: at } of blocks)
      for (let row = 0; row < rows; row++) {
        const [project, traceId] = [at.project(row), at.trace_id(row)]
        if (wanted.has(keyOf({ project, runId: at.run_id(row) }))) found.set(`${traceId}${project}`, { project, traceId })
      }
  }
  return [...found.values()]
}

export type StoredRun = RunRef & { traceIds: string[]; versionMs: number }

const STORED_COLUMNS = { project: lowText, run_id: text, traces: textList, gone: uint8, newest: count }

// No FINAL: the newest version is told by the rows themselves, and the condition on time leaves old parts unread.
const storedSql = (which: string): string => `
SELECT project, run_id, argMax(trace_ids, version) AS traces, argMax(is_deleted, version) AS gone, max(version) AS newest
FROM runs
WHERE project IN {projects:Array(String)} AND ${which} AND end_time >= fromUnixTimestamp64Milli({endedSince:Int64}, 'UTC')
GROUP BY project, run_id`

// Every id that the analysis makes begins with a trace id; of neighbors they stand side by side in the table.
const OF_TRACES = `run_id >= {first:String} AND run_id < {behind:String} AND toFixedString(unhex(substring(run_id, 1, 32)), 16) IN ${MANY_TRACE_IDS}`

const readStored = async (store: Reader, which: string, params: Record<string, string | number | string[]>): Promise<StoredRun[]> => {
  const blocks = await readBlocks(store, STORED_COLUMNS, storedSql(which), params, ONE_THREAD)
  return blocks.flatMap(({ rows, columns: at }) =>
    Array.from({ length: rows }, (_, row) => row)
      .filter((row) => at.gone(row) === 0)
      .map((row) => ({ project: at.project(row), runId: at.run_id(row), traceIds: at.traces(row), versionMs: at.newest(row) })),
  )
}

// The key time of a span that began outside 2000 to 2100: its run may have ended at any time.
const SENTINEL_S = 946_684_800

/**
 * Stored runs that may have a part in these traces: by the ids that the analysis makes of traces, and by `own` ids.
 * @param since seconds: no span of these traces began earlier
 */
export const storedRuns = async (
  store: Reader,
  traces: readonly TraceRef[],
  own: readonly RunRef[],
  since: number,
): Promise<StoredRun[]> => {
  const ended = { endedSince: since <= SENTINEL_S ? 0 : since * 1000 }
  const sorted = traces.toSorted((a, b) => (a.traceId < b.traceId ? -1 : 1))
  const found: StoredRun[] = []
  for (let from = 0; from < sorted.length; from += MOST_TRACE_IDS) {
    const part = sorted.slice(from, from + MOST_TRACE_IDS)
    const ids = part.map(({ traceId }) => traceId)
    const params = { projects: projectsOf(part), traceIds: manyTraceIds(ids), first: ids[0] ?? '', behind: `${ids.at(-1)}~`, ...ended }
    found.push(...(await readStored(store, OF_TRACES, params)))
  }
  for (const part of inParts(own, idOf)) {
    const params = { projects: projectsOf(part), runIds: part.map(({ runId }) => runId), ...ended }
    found.push(...(await readStored(store, 'run_id IN {runIds:Array(String)}', params)))
  }
  return found
}

/**
 * Runs of a project by id whose stored version was made between two times.
 * @param made.after the id behind which they stand
 */
export const runsMadeBetween = (
  store: Pick<Reader, 'client'>,
  project: string,
  made: { fromMs: number; toMs: number; after: string },
  most: number,
): Promise<{ runId: string; traceIds: string[] }[]> =>
  readRows(
    store,
    `SELECT run_id AS runId, trace_ids AS traceIds
     FROM runs FINAL
     WHERE project = {project:String} AND run_id > {after:String} AND version >= {from:UInt64} AND version < {to:UInt64}
     ORDER BY run_id
     LIMIT {most:UInt32}`,
    { project, after: made.after, from: made.fromMs, to: made.toMs, most },
  )

/**
 * Traces of runs of which another answer is due although nothing comes: those whose program has been silent for too long, and those that
 * still run although nothing was heard of them since.
 */
export const silentTraces = (store: Reader, nowMs: number, beforeMs: number): Promise<TraceRef[]> =>
  readRows<TraceRef>(
    store,
    `SELECT DISTINCT project, arrayJoin(trace_ids) AS traceId
     FROM runs FINAL
     WHERE (outcome = 'running' AND end_time < fromUnixTimestamp64Milli({before:Int64}, 'UTC'))
       OR (outcome IN ('running', 'waiting') AND recheck_at > toDateTime64(0, 3, 'UTC') AND recheck_at <= fromUnixTimestamp64Milli({now:Int64}, 'UTC'))
     LIMIT 1000`,
    { now: nowMs, before: beforeMs },
  )
