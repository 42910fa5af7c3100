// The ledger of a window: how many runs ended how, and what each failed one is charged to. Every count comes from these rows.
import type { Layer, Outcome, SeamKind } from '@seamtrace/schema'
import { readRows } from '../store/read.ts'
import { NOT_OTHER, RUNS_OF_WINDOW, type WindowQuery, windowParams } from './runs-of-window.ts'
import type { Scope } from './scope.ts'

/** The bar of failures charged to the pipeline's own start, which no step receives. */
export const START_STEP = 'start'

/** Runs that agree in all of this. `seam` is '' for a run that is charged to none; `step` then is '' too. */
export type LedgerRow = {
  pipelineVersion: string
  outcome: Outcome
  recovered: boolean
  seam: string
  seamKind: SeamKind | ''
  step: string
  layer: Layer | ''
  gap: string
  /** step of the first loss of a recovered success */
  firstLossStep: string
  runs: number
}

const CHARGED = `outcome = 'failure' AND attributed_seam != ''`

// One statement for totals and charges: read apart, a run stored in between would break successes + charged + unattributed = n.
const LEDGER = `
SELECT
  pipeline_version AS pipelineVersion, outcome, recovered,
  if(${CHARGED}, attributed_seam, '') AS seam,
  if(${CHARGED}, attributed_seam_kind, '') AS seamKind,
  if(${CHARGED}, if(attributed_step = '', '${START_STEP}', attributed_step), '') AS step,
  if(${CHARGED}, attributed_layer, '') AS layer,
  if(${CHARGED}, attributed_gap, '') AS gap,
  if(outcome = 'success' AND recovered, first_loss_step, '') AS firstLossStep,
  count() AS runs
FROM runs FINAL
WHERE ${RUNS_OF_WINDOW} AND ${NOT_OTHER}
GROUP BY pipelineVersion, outcome, recovered, seam, seamKind, step, layer, gap, firstLossStep`

export const readLedger = (scope: Scope, query: WindowQuery): Promise<LedgerRow[]> =>
  readRows<LedgerRow>(scope.store, LEDGER, windowParams(scope, query))

export const isFinished = ({ outcome }: { outcome: Outcome }): boolean => outcome === 'success' || outcome === 'failure'
export const isCharged = ({ outcome, seam }: LedgerRow): boolean => outcome === 'failure' && seam !== ''
