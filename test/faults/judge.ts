// Holds answers against truths: what is right of each run, and the confusion of layers and gaps over many.
import { GAPS, type Gap, LAYERS, type Layer } from '@seamtrace/schema'
import type { Judged } from './run.ts'

type Compared = readonly [field: string, truth: unknown, answer: unknown]

const failureFields = ({ label: { truth }, runs }: Judged): Compared[] => {
  const { failure } = truth
  const run = runs[0]
  const at = run?.attributedTo
  if (!failure) return []
  return [
    ['layer', failure.layer, at?.layer],
    ['gap', failure.gap, at?.gap],
    ['seam', `${failure.seamKind} ${failure.from}→${failure.to}`, at && `${at.seamKind} ${at.seam}`],
    ['kind', failure.kind, at?.kind],
    ['exhausted', failure.exhausted, run?.failures[0]?.exhausted ?? false],
  ]
}

const compared = (judged: Judged): Compared[] => {
  const { truth } = judged.label
  const run = judged.runs[0]
  return [
    ['runs', 1, judged.runs.length],
    ['outcome', truth.outcome, run?.outcome],
    ['recovered', truth.recovered ?? run?.recovered, run?.recovered],
    ...failureFields(judged),
  ]
}

export type Verdict = Judged & {
  /** fields that are told otherwise than they were */
  wrong: Map<string, string>
}

export const verdictOf = (judged: Judged): Verdict => ({
  ...judged,
  wrong: new Map(compared(judged).flatMap(([field, truth, answer]) => (truth === answer ? [] : [[field, `${truth} ≠ ${answer}`]]))),
})

/** True layer or gap, to what was answered; '' where nothing was charged. */
export type Confusion<T extends string> = Record<T, Partial<Record<T | '', number>>>

export type Figures = {
  failures: number
  /** the run failed, and layer, gap and charged seam are right */
  right: number
  fields: Record<'layer' | 'gap' | 'seam' | 'kind' | 'exhausted', number>
  /** no cause was named, or no seam charged */
  unclassified: number
  flows: number
  /** runs in which nothing failed, told as failures */
  flowsAsFailures: number
  /** runs in which nothing failed, told as something else than they were */
  flowsWrong: number
  layers: Confusion<Layer>
  gaps: Confusion<Gap>
}

const isRight = ({ wrong }: Verdict): boolean => !['runs', 'outcome', 'layer', 'gap', 'seam'].some((field) => wrong.has(field))

const confusionOf = <T extends string>(words: readonly T[], pairs: readonly (readonly [truth: T, answer: T | ''])[]): Confusion<T> => {
  const table = Object.fromEntries(words.map((word) => [word, {}])) as Confusion<T>
  for (const [truth, answer] of pairs) table[truth][answer] = (table[truth][answer] ?? 0) + 1
  return table
}

export const figuresOf = (verdicts: readonly Verdict[]): Figures => {
  const failing = verdicts.filter(({ label }) => label.truth.failure)
  const flows = verdicts.filter(({ label }) => !label.truth.failure)
  const count = (list: readonly Verdict[], is: (verdict: Verdict) => boolean): number => list.filter(is).length
  const rightIn = (field: string): number => count(failing, ({ wrong }) => !wrong.has(field))
  const pairs = failing.flatMap(({ label, runs }) => (label.truth.failure ? [[label.truth.failure, runs[0]?.attributedTo] as const] : []))
  return {
    failures: failing.length,
    right: count(failing, isRight),
    fields: { layer: rightIn('layer'), gap: rightIn('gap'), seam: rightIn('seam'), kind: rightIn('kind'), exhausted: rightIn('exhausted') },
    unclassified: count(failing, ({ runs }) => (runs[0]?.attributedTo?.kind ?? 'unclassified') === 'unclassified'),
    flows: flows.length,
    flowsAsFailures: count(flows, ({ runs }) => runs.some(({ outcome }) => outcome === 'failure')),
    flowsWrong: count(flows, ({ wrong }) => wrong.size > 0),
    layers: confusionOf(
      LAYERS,
      pairs.map(([truth, at]) => [truth.layer, at?.layer ?? ''] as const),
    ),
    gaps: confusionOf(
      GAPS,
      pairs.map(([truth, at]) => [truth.gap, at?.gap ?? ''] as const),
    ),
  }
}

/** Failing runs that are told wrongly, by what was injected: how often, and what is said instead. */
export const missesOf = (verdicts: readonly Verdict[]): Map<string, Verdict[]> =>
  Map.groupBy(
    verdicts.filter((verdict) => verdict.label.truth.failure && !isRight(verdict)),
    ({ label: { pipeline, role, how } }) => `${pipeline} ${role} ${how}`,
  )
