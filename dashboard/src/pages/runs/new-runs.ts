// What a fresh first page says about a list that must not jump: how many runs are new, and which rows changed. Pure.
import type { RunSummary } from '@seamtrace/schema'

/** Runs of the fresh head that the list does not have; `more` when not even its last one is known. */
export const newRunsOf = (head: readonly RunSummary[], listed: ReadonlySet<string>): { count: number; more: boolean } => {
  const count = head.filter(({ runId }) => !listed.has(runId)).length
  const last = head.at(-1)
  return { count, more: last !== undefined && count > 0 && !listed.has(last.runId) }
}

/** Rows in their old order, each replaced by its newer version; a run listed twice (it moved while paging) is kept once. */
export const withUpdates = (rows: readonly RunSummary[], head: readonly RunSummary[]): RunSummary[] => {
  const newer = new Map(head.map((run) => [run.runId, run]))
  const unique = new Map(rows.map((run) => [run.runId, newer.get(run.runId) ?? run]))
  return [...unique.values()]
}
