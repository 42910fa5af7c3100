// What the analysis has to look at: traces touched since some time, the traces of their runs, and how far it has come.
import type { Store } from './open.ts'
import { readRows } from './read.ts'
import { TRACE_IDS, validTraceIds } from './trace-ids.ts'

type Reader = Pick<Store, 'client'>

export type TouchedTrace = { traceId: string; touchedAtMs: number; touches: number }

/** The engine's own clock: spans are stamped with it when they are stored. */
export const engineNowMs = async (store: Reader): Promise<number> => {
  const [row] = await readRows<{ now: number }>(store, 'SELECT toUnixTimestamp64Milli(now64(3)) AS now')
  return row?.now ?? Date.now()
}

const PAGE = 20_000

const TOUCHED = `
SELECT lower(hex(trace_id)) AS traceId, toUnixTimestamp64Milli(max(touched_at)) AS touchedAtMs, sum(touches) AS touches
FROM trace_touch
WHERE project = {project:String} AND touched_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
GROUP BY trace_id
HAVING (touchedAtMs, traceId) > ({afterMs:Int64}, {afterId:String})
ORDER BY touchedAtMs, traceId
LIMIT ${PAGE}`

/** All traces touched since then, page by page: however many they are, none is passed over. */
export async function* touchedTraces(store: Reader, project: string, sinceMs: number): AsyncGenerator<TouchedTrace[]> {
  let after: TouchedTrace | undefined
  do {
    const params = { project, since: sinceMs, afterMs: after?.touchedAtMs ?? 0, afterId: after?.traceId ?? '' }
    const page = await readRows<TouchedTrace>(store, TOUCHED, params)
    yield page
    after = page.length < PAGE ? undefined : page.at(-1)
  } while (after)
}

/** All traces of every run that has a part in one of these traces. */
export const tracesOfRuns = async (store: Reader, project: string, traceIds: readonly string[]): Promise<string[]> => {
  const rows = await readRows<{ traceId: string }>(
    store,
    `SELECT DISTINCT lower(hex(trace_id)) AS traceId
     FROM run_traces
     WHERE project = {project:String} AND run_id IN (
       SELECT run_id FROM run_traces
       WHERE project = {project:String} AND trace_id IN ${TRACE_IDS}
     )`,
    { project, traceIds: validTraceIds(traceIds) },
  )
  return rows.map(({ traceId }) => traceId)
}

/** Stored runs of which every trace is among these: what an analysis of just these traces replaces. */
export const runsWithin = async (store: Reader, project: string, traceIds: readonly string[]): Promise<string[]> => {
  const rows = await readRows<{ runId: string }>(
    store,
    `SELECT run_id AS runId
     FROM runs FINAL
     WHERE project = {project:String} AND hasAny(trace_ids, {traceIds:Array(String)}) AND hasAll({traceIds:Array(String)}, trace_ids)`,
    { project, traceIds },
  )
  return rows.map(({ runId }) => runId)
}

/** Traces of runs that are still running although nothing was heard of them since. */
export const silentTraces = async (store: Reader, project: string, beforeMs: number): Promise<string[]> => {
  const rows = await readRows<{ traceId: string }>(
    store,
    `SELECT DISTINCT arrayJoin(trace_ids) AS traceId
     FROM runs FINAL
     WHERE project = {project:String} AND outcome = 'running' AND end_time < fromUnixTimestamp64Milli({before:Int64}, 'UTC')
     LIMIT 1000`,
    { project, before: beforeMs },
  )
  return rows.map(({ traceId }) => traceId)
}

export const readProgress = async (store: Reader, project: string): Promise<number> => {
  const [row] = await readRows<{ through: number }>(
    store,
    `SELECT toUnixTimestamp64Milli(max(derived_through)) AS through FROM derive_progress WHERE project = {project:String}`,
    { project },
  )
  return row?.through ?? 0
}

export const writeProgress = async (store: Reader, project: string, throughMs: number): Promise<void> => {
  const derived_through = (throughMs / 1000).toFixed(3)
  await store.client.insert({ table: 'derive_progress', values: [{ project, derived_through }], format: 'JSONEachRow' })
}
