// Holds answers against truths: what is right, and the confusion of layers and gaps.
import { GAPS, type Gap, LAYERS, type Layer } from '@seamtrace/schema'
import type { Judged } from './run.ts'

export type Verdict = {
  judged: Judged
  /** what is told otherwise than it was */
  wrong: string[]
}

const charged = ({ runs }: Judged) => runs[0]?.attributedTo ?? null

export const verdictOf = (judged: Judged): Verdict => {
  const { truth } = judged.label
  const run = judged.runs[0]
  const at = charged(judged)
  const { failure } = truth
  const seam = failure && `${failure.seamKind} ${failure.from}→${failure.to}`
  const compared: [string, unknown, unknown][] = [
    ['runs', 1, judged.runs.length],
    ['outcome', truth.outcome, run?.outcome],
    ...(truth.recovered === null ? [] : [['recovered', truth.recovered, run?.recovered] as [string, unknown, unknown]]),
    ...(failure
      ? ([
          ['layer', failure.layer, at?.layer],
          ['gap', failure.gap, at?.gap],
          ['seam', seam, at && `${at.seamKind} ${at.seam}`],
          ['kind', failure.kind, at?.kind],
          ['exhausted', failure.exhausted, run?.failures[0]?.exhausted ?? false],
        ] as [string, unknown, unknown][])
      : []),
  ]
  return { judged, wrong: compared.filter(([, left, right]) => left !== right).map(([field, left, right]) => `${field}: ${left} ≠ ${right}`) }
}

export { GAPS, LAYERS, type Gap, type Layer }
