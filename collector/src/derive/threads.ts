// Sessions in which a run waits or was taken up: their traces are analyzed together, since one may go on with another.
import type { LeanTrace } from '../store/lean-spans.ts'
import { runsOfSessions, type SessionRef, type SessionRun, sessionKey } from '../store/runs-of-sessions.ts'
import type { Reader, TraceRef } from '../store/touched-traces.ts'

const sessionsOf = (traces: readonly LeanTrace[]): SessionRef[] => [
  ...new Map(
    traces.flatMap(({ project, sessionIds }) =>
      Array.from(sessionIds, (sessionId) => [sessionKey({ project, sessionId }), { project, sessionId }] as const),
    ),
  ).values(),
]

// As many as the analysis looks back to in one session.
const MOST_RUNS = 20

const newest = (runs: readonly SessionRun[]): SessionRun[] =>
  [...Map.groupBy(runs, sessionKey).values()].flatMap((ofSession) =>
    ofSession.toSorted((a, b) => b.versionMs - a.versionMs).slice(0, MOST_RUNS),
  )

/**
 * Runs in whose sessions the traces stand, and which may be one with them.
 * @param since seconds: no span of the traces began earlier
 * @param expiredMs runs stored before that may have lost spans, and are left as they are
 */
export const partnersOf = async (store: Reader, traces: readonly LeanTrace[], since: number, expiredMs: number): Promise<SessionRun[]> => {
  const waiting = traces.filter(({ waits }) => waits)
  const runs = await runsOfSessions(store, sessionsOf(traces), sessionsOf(waiting), since)
  return newest(runs.filter(({ versionMs }) => versionMs >= expiredMs))
}

export const tracesOfPartners = (runs: readonly SessionRun[]): TraceRef[] => [
  ...new Map(runs.flatMap(({ project, traceIds }) => traceIds.map((traceId) => [`${traceId}${project}`, { project, traceId }]))).values(),
]

/** Keys ({@link sessionKey}) of the sessions whose traces belong together. */
export const openThreads = (traces: readonly LeanTrace[], partners: readonly SessionRef[]): ReadonlySet<string> =>
  new Set([...sessionsOf(traces.filter(({ waits }) => waits)), ...partners].map(sessionKey))
