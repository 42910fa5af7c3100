// Which traces must be analyzed together: those that share a run with an id of its own, or a session in which a run waited. Pure.

import { sessionKey } from '../store/runs-of-sessions.ts'

type Member = { project: string; runIds: ReadonlySet<string>; sessionIds?: ReadonlySet<string> }
type Group<T> = { traces: T[]; runs: string[] }

const join = <T>(groups: readonly Group<T>[]): Group<T> => {
  // into the largest: one run of very many traces must not be copied for each of them
  const [largest, ...others] = groups.toSorted((a, b) => b.traces.length + b.runs.length - a.traces.length - a.runs.length) as [Group<T>]
  for (const { traces, runs } of others as Group<T>[]) {
    for (const trace of traces) largest.traces.push(trace)
    for (const run of runs) largest.runs.push(run)
  }
  return largest
}

const NO_THREADS: ReadonlySet<string> = new Set()

/**
 * @param threads keys of the sessions whose traces belong together
 * @returns sets of traces, in which each trace stands once
 */
export const groupTraces = <T extends Member>(traces: readonly T[], threads: ReadonlySet<string> = NO_THREADS): T[][] => {
  const groupOfRun = new Map<string, Group<T>>()
  const groups = new Set<Group<T>>()
  for (const trace of traces) {
    const ids = Array.from(trace.runIds, (runId) => `${trace.project}\u0000${runId}`)
    const sessions = Array.from(trace.sessionIds ?? [], (sessionId) => sessionKey({ project: trace.project, sessionId }))
    const shared = sessions.filter((session) => threads.has(session)).map((session) => `session\u0000${session}`)
    const own: Group<T> = { traces: [trace], runs: [...ids, ...shared] }
    const touching = new Set(own.runs.flatMap((run) => groupOfRun.get(run) ?? []))
    for (const group of touching) groups.delete(group)
    const joined = join([own, ...touching])
    groups.add(joined)
    for (const group of [own, ...touching]) if (group !== joined) for (const run of group.runs) groupOfRun.set(run, joined)
    for (const run of own.runs) groupOfRun.set(run, joined)
  }
  return Array.from(groups, (group) => group.traces)
}
