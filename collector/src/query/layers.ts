// GET /layers: failed runs by layer (where) and gap (why); cells + unclassified + unattributed = failed runs.
import { type EndpointQuery, GAPS, LAYERS, type LayerGrid } from '@seamtrace/schema'
import { readRows } from '../store/read.ts'
import { isCharged, isFinished, type LedgerRow, readLedger } from './ledger.ts'
import { isGapName, sumRuns } from './rate.ts'
import { NOT_OTHER, RUNS_OF_WINDOW, windowParams } from './runs-of-window.ts'
import type { Scope } from './scope.ts'

type OperationsRow = { layer: string; operations: number }

// Of all runs, not only finished ones: the question is whether anything in the layer is instrumented.
const OPERATIONS = `
SELECT layer, sum(operations) AS operations
FROM runs FINAL
ARRAY JOIN mapKeys(layer_operations) AS layer, mapValues(layer_operations) AS operations
WHERE ${RUNS_OF_WINDOW} AND ${NOT_OTHER}
GROUP BY layer`

export const layers = async (scope: Scope, query: EndpointQuery<'layers'>): Promise<LayerGrid> => {
  const [ledger, operations] = await Promise.all([
    readLedger(scope, query),
    readRows<OperationsRow>(scope.store, OPERATIONS, windowParams(scope, query)),
  ])
  return gridOf(ledger, new Map(operations.map((row) => [row.layer, row.operations])))
}

/** All 24 cells, also empty ones: "0 of 412" says something else than "nothing instrumented". */
const gridOf = (ledger: readonly LedgerRow[], operations: ReadonlyMap<string, number>): LayerGrid => {
  const failures = ledger.filter((row) => row.outcome === 'failure')
  const charged = failures.filter(isCharged)
  const runsIn = (keep: (row: LedgerRow) => boolean): number => sumRuns(charged.filter(keep))
  return {
    n: sumRuns(ledger.filter(isFinished)),
    failures: sumRuns(failures),
    cells: LAYERS.flatMap((layer) => GAPS.map((gap) => ({ layer, gap, runs: runsIn((row) => row.layer === layer && row.gap === gap) }))),
    unclassified: LAYERS.map((layer) => ({ layer, runs: runsIn((row) => row.layer === layer && !isGapName(row.gap)) })),
    unattributed: sumRuns(failures) - sumRuns(charged),
    operations: LAYERS.map((layer) => ({ layer, operations: operations.get(layer) ?? 0 })),
  }
}
