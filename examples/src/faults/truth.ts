// The truth about a planned run, written beside the demo so that its answers can be judged; no collector reads it.
import type { Gap, Layer, Outcome, SeamKind } from '@seamtrace/schema'
import { FAULTS } from './kinds.ts'
import type { PlannedRun } from './plan.ts'

export type Truth = {
  runId: string
  pipeline: string
  version: string
  outcome: Outcome
  fault: string | null
  rescued: boolean
  /** the seam that is to be charged; null for runs that did not fail */
  seam: string | null
  seamKind: SeamKind | null
  layer: Layer | null
  gap: Gap | null
}

/** @throws Error when a fault is planned for a line that does not have it */
export const truthOf = (run: PlannedRun): Truth => {
  const { runId, pipeline, version, fault, rescued } = run
  const known = { runId, pipeline, version, fault, rescued }
  if (fault === null || rescued) {
    return { ...known, outcome: run.scenario.staysWaiting ? 'waiting' : 'success', seam: null, seamKind: null, layer: null, gap: null }
  }
  const broken = FAULTS[run.line].find(({ kind }) => kind === fault)
  if (!broken) throw new Error(`cannot tell the truth about ${runId}: ${run.line} has no fault ${fault}`)
  const { seam, seamKind, layer, gap } = broken
  return { ...known, outcome: 'failure', seam, seamKind, layer, gap }
}
