// A part of a run: from the start of a trace, or of a run that goes on from its state, to its end; and who waits in it.
import { type Context, context } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { pipelineSpec } from '../../pipeline.ts'
import { nameOf } from '../../redact.ts'
import { scopeOf } from '../../scope.ts'
import { annotate, endUnit, openUnit, type Unit } from '../../unit.ts'
import { markTold } from './errors.ts'
import type { PendingHandoff } from './handoffs.ts'
import type { AskedCall } from './models.ts'

/** What is known of a trace of the framework. */
export interface AgentsRun {
  readonly id: string
  name: string
  session: string | undefined
  /** where the program was when it began */
  outer: Context
  /** the framework said that it began, and has not said that it ended */
  open: boolean
  /** the span of this part; none inside a pipeline of the program's own */
  root: Unit | undefined
  /** tasks that run now, those inside tools not counted */
  tasks: number
  error: Error | undefined
  /** what its tools are given: aborted when the caller gives the run up, or its reader leaves */
  signal: AbortSignal | undefined
  cancelled: boolean
  /** calls that a person was asked about, until they are answered */
  waiting: readonly AskedCall[]
  handoff: PendingHandoff | undefined
}

export interface AgentsOptions {
  /** name of the pipeline; default the name of the workflow, or of the first agent when that has none */
  pipeline?: string
  /** version of the pipeline, the unit that rates are compared by */
  version?: string
}

/** The framework's own name for a workflow without one. */
const UNNAMED = 'Agent workflow'

export const newRun = (id: string, name = '', session?: string): AgentsRun => ({
  ...{ id, name, session, outer: context.active(), open: false, root: undefined, tasks: 0 },
  ...{ error: undefined, signal: undefined, cancelled: false, waiting: [], handoff: undefined },
})

/** The context below which the spans of a run stand; opens a part when there is none. */
export function contextOfRun(run: AgentsRun, options: AgentsOptions, agent?: string): Context {
  if (scopeOf(run.outer).run !== undefined) return run.outer
  run.root ??= openRoot(run, options, agent)
  return run.root.context
}

function openRoot({ id, name, session, outer }: AgentsRun, { pipeline, version }: AgentsOptions, agent = UNNAMED): Unit {
  // a workflow without a name is told by its first agent
  const told = name === '' || name === UNNAMED ? agent : name
  return openUnit(pipelineSpec(nameOf(pipeline ?? told), { runId: id, version, session }), outer)
}

/** Ends a part: as it failed, waiting for whom it asked, or well. */
export function endPart(run: AgentsRun): void {
  const { root, error, waiting, cancelled } = run
  run.root = undefined
  run.error = undefined
  run.cancelled = false
  if (root === undefined) return
  if (error !== undefined) markTold(root, error)
  else if (cancelled) annotate(root, () => ({ [SEAMTRACE.outcome]: 'cancelled' }))
  else if (waiting.length > 0) annotate(root, () => ({ [SEAMTRACE.outcome]: 'waiting' }))
  endUnit(root)
}
