// Stored runs of sessions that a new trace may go on with, or that may have gone on with it.
import { count, lowText, text, textList, uint8 } from './native.ts'
import { readBlocks } from './read.ts'
import { inParts, type StoredRun } from './runs-of-traces.ts'
import type { Reader } from './touched-traces.ts'

export type SessionRef = { project: string; sessionId: string }
export type SessionRun = StoredRun & { sessionId: string }

// Older ones are not taken up any more.
const WAITED_MS = 30 * 86_400_000
// The index of sessions would be asked for each session and granule: 300 ms instead of 60 for 2,000 sessions of 2 million runs.
const ONE_THREAD = { maxThreads: 1, maxRows: 100_000, noIndexes: true }

const COLUMNS = { project: lowText, run_id: text, session: text, traces: textList, gone: uint8, newest: count }

/** What few runs are is asked first: of all others no session is read. */
const sql = (which: string): string => `
SELECT project, run_id, argMax(session_id, version) AS session, argMax(trace_ids, version) AS traces,
  argMax(is_deleted, version) AS gone, max(version) AS newest
FROM runs
WHERE project IN {projects:Array(String)} AND ${which} AND session_id IN {sessions:Array(String)}
  AND end_time >= fromUnixTimestamp64Milli({endedSince:Int64}, 'UTC')
GROUP BY project, run_id`

const WAITED = `(outcome = 'waiting' OR length(trace_ids) > 1)`
const ANY = 'true'

const sessionKey = ({ project, sessionId }: SessionRef): string => `${project}\u0000${sessionId}`

const read = async (store: Reader, which: string, sessions: readonly SessionRef[], endedSince: number): Promise<SessionRun[]> => {
  const wanted = new Set(sessions.map(sessionKey))
  const found: SessionRun[] = []
  for (const part of inParts(sessions, ({ sessionId }) => sessionId)) {
    const projects = [...new Set(part.map(({ project }) => project))]
    const params = { projects, sessions: part.map(({ sessionId }) => sessionId), endedSince: Math.max(0, endedSince) }
    for (const { rows, columns: at } of await readBlocks(store, COLUMNS, sql(which), params, ONE_THREAD))
      for (let row = 0; row < rows; row++) {
        const run = { project: at.project(row), runId: at.run_id(row), sessionId: at.session(row) }
        if (at.gone(row) === 0 && wanted.has(sessionKey(run))) found.push({ ...run, traceIds: at.traces(row), versionMs: at.newest(row) })
      }
  }
  return found
}

/**
 * Runs that waited, and those that were taken up; of sessions in which a trace at hand waits also those that ended since it began.
 * @param since seconds: no span of the traces at hand began earlier
 */
export const runsOfSessions = async (
  store: Reader,
  sessions: readonly SessionRef[],
  waiting: readonly SessionRef[],
  since: number,
): Promise<SessionRun[]> => [
  ...(sessions.length === 0 ? [] : await read(store, WAITED, sessions, since * 1000 - WAITED_MS)),
  ...(waiting.length === 0 ? [] : await read(store, ANY, waiting, since * 1000)),
]
