// GET /runs/:id: one run as the analysis told it.
import { type EndpointParams, type EndpointResponse, SeamtraceError } from '@seamtrace/schema'
import { readRows } from '../store/read.ts'
import { runOfDetail } from '../store/run-detail.ts'
import type { Scope } from './scope.ts'

const DETAIL = `SELECT detail FROM runs FINAL WHERE project = {project:String} AND run_id = {runId:String}`

/** @throws SeamtraceError not_found */
export const run = async (scope: Scope, { id }: EndpointParams<'run'>): Promise<EndpointResponse<'run'>> => {
  const [row] = await readRows<{ detail: string }>(scope.store, DETAIL, { project: scope.project, runId: id })
  if (!row) throw new SeamtraceError('not_found', `cannot find run ${id}`, { parameters: ['id'] })
  return { runs: [runOfDetail(row.detail)] }
}
