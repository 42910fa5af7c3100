// Which rows of `runs` a question reads: those that ended in its window, and pass its environment, pipeline and version.
import type { TimeWindow } from '@seamtrace/schema'
import { periodOf, type Scope } from './scope.ts'

/** Traces without any agent, model or workflow span: they can be browsed, but have no place in the overview. */
export const OTHER_PIPELINE = 'other'

/** A parameter that is '' filters nothing, so that the statement is the same text for every question. */
export const RUNS_OF_WINDOW = `
  project = {project:String}
  AND end_time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND end_time < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  AND ({environment:String} = '' OR environment = {environment:String})
  AND ({pipeline:String} = '' OR pipeline = {pipeline:String})
  AND ({anyVersion:UInt8} = 1 OR pipeline_version = {version:String})`

/** The bucket `other` only where it is asked for by name. */
export const NOT_OTHER = `(pipeline != '${OTHER_PIPELINE}' OR {pipeline:String} = '${OTHER_PIPELINE}')`

export type WindowQuery = TimeWindow & { pipeline?: string | undefined; version?: string | undefined }

export const windowParams = (scope: Scope, query: WindowQuery) => ({
  project: scope.project,
  ...periodOf(query, scope.now),
  environment: query.environment ?? '',
  pipeline: query.pipeline ?? '',
  // runs without a version can be asked for: '' is a version too
  anyVersion: query.version === undefined ? 1 : 0,
  version: query.version ?? '',
})
