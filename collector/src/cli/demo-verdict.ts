// Compares what the product says about the demo's runs with the truth that the demo wrote down. Pure.
import type { GapReport, RunSummary } from '@seamtrace/schema'
import type { Answers } from './demo-answers.ts'

/** A line of the truth file. */
export type Truth = {
  runId: string
  pipeline: string
  version: string
  outcome: string
  fault: string | null
  rescued: boolean
  seam: string | null
  seamKind: string | null
  layer: string | null
  gap: string | null
}

type Place = {
  outcome: string
  seam: string | null
  seamKind: string | null
  layer: string | null
  gap: string | null
  kind: string | null
}
export type Disagreement = { runId: string; expected: Place; got: Place | null }
export type KindVerdict = { runs: number; agreed: number /** runs whose failure kind was named as well */; named: number }

export type Verdict = {
  ok: boolean
  runs: number
  failed: number
  /** runs with the right outcome and, if they failed, the right seam, layer and gap */
  agreed: number
  disagreed: number
  unattributed: number
  kinds: Record<string, KindVerdict>
  gap: Record<string, { n: number; successes: number; charged: number; unattributed: number }>
  alertFired: boolean
  /** why the exit code is not 0 */
  problems: string[]
  disagreements: Disagreement[]
}

const LEAST = { agreement: 0.95, perKind: 0.8, runsPerKind: 5 }
const SHOWN = 20
/** Pipelines whose reliability really drops at the end of the demo. */
const REGRESSING = 'support-refund'
/** Below this the regression is too small for any alert to be sure of. */
const ALERTING_RUNS = 1500

export const judge = (truths: readonly Truth[], answers: Answers): Verdict => {
  const got = new Map(answers.runs.map((run) => [run.runId, run]))
  const disagreements = truths.flatMap((truth) => disagreement(truth, got.get(truth.runId)))
  const wrong = new Set(disagreements.map(({ runId }) => runId))
  const kinds = kindsOf(truths, wrong, got)
  const faulty = truths.some(({ fault }) => fault !== null)
  const problems = [
    ...countProblems(truths, answers.runs),
    ...waterfallProblems(truths, answers.gaps),
    ...agreementProblems(truths, wrong, kinds),
    ...alertProblems(answers, faulty && truths.length >= ALERTING_RUNS),
  ]
  return {
    ok: problems.length === 0,
    runs: truths.length,
    failed: truths.filter(isFailure).length,
    agreed: truths.length - wrong.size,
    disagreed: wrong.size,
    unattributed: answers.runs.filter(({ outcome, attributedTo }) => outcome === 'failure' && attributedTo === null).length,
    kinds,
    gap: Object.fromEntries(
      answers.gaps.map((report) => [
        report.pipeline,
        { n: report.n, successes: report.successes, charged: chargedIn(report), unattributed: report.unattributed },
      ]),
    ),
    alertFired: answers.fired.includes(REGRESSING),
    problems,
    disagreements: disagreements.slice(0, SHOWN),
  }
}

const isFailure = ({ outcome }: { outcome: string }): boolean => outcome === 'failure'

const disagreement = (truth: Truth, run: RunSummary | undefined): Disagreement[] => {
  const { outcome, seam, seamKind, layer, gap } = truth
  const expected = { outcome, seam, seamKind, layer, gap, kind: isFailure(truth) ? truth.fault : null }
  if (!run) return [{ runId: truth.runId, expected, got: null }]
  const at = run.attributedTo
  const got = {
    outcome: run.outcome,
    seam: at?.seam ?? null,
    seamKind: at?.seamKind ?? null,
    layer: at?.layer ?? null,
    gap: at?.gap ?? null,
    kind: at?.kind ?? null,
  }
  const same =
    outcome === got.outcome &&
    (!isFailure(truth) || (seam === got.seam && seamKind === got.seamKind && layer === got.layer && gap === got.gap))
  return same ? [] : [{ runId: truth.runId, expected, got }]
}

const kindsOf = (
  truths: readonly Truth[],
  wrong: ReadonlySet<string>,
  got: ReadonlyMap<string, RunSummary>,
): Record<string, KindVerdict> => {
  const kinds: Record<string, KindVerdict> = {}
  for (const { runId, fault } of truths.filter(isFailure)) {
    const { runs, agreed, named } = kinds[fault ?? 'none'] ?? { runs: 0, agreed: 0, named: 0 }
    const isNamed = got.get(runId)?.attributedTo?.kind === fault
    kinds[fault ?? 'none'] = { runs: runs + 1, agreed: agreed + Number(!wrong.has(runId)), named: named + Number(isNamed) }
  }
  return kinds
}

const countProblems = (truths: readonly Truth[], runs: readonly RunSummary[]): string[] => {
  const expected = countBy(truths)
  const counted = countBy(runs)
  return [...new Set([...expected.keys(), ...counted.keys()])].flatMap((group) => {
    const [want = 0, have = 0] = [expected.get(group), counted.get(group)]
    return want === have ? [] : [`${group}: ${have} runs instead of ${want}`]
  })
}

const countBy = (items: readonly { pipeline: string; version: string; outcome: string }[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const { pipeline, version, outcome } of items) {
    const group = `${pipeline} ${version} ${outcome}`
    counts.set(group, (counts.get(group) ?? 0) + 1)
  }
  return counts
}

const chargedIn = ({ bars }: GapReport): number => bars.reduce((sum, { charged }) => sum + charged, 0)

const waterfallProblems = (truths: readonly Truth[], gaps: readonly GapReport[]): string[] =>
  gaps.flatMap((report) => {
    const finished = truths.filter(
      ({ pipeline, outcome }) => pipeline === report.pipeline && (outcome === 'success' || outcome === 'failure'),
    ).length
    const sum = report.successes + chargedIn(report) + report.unattributed
    return [
      ...(report.n === finished ? [] : [`waterfall of ${report.pipeline}: n is ${report.n} instead of ${finished}`]),
      ...(sum === report.n ? [] : [`waterfall of ${report.pipeline}: its bars sum to ${sum}, not to ${report.n}`]),
    ]
  })

const agreementProblems = (truths: readonly Truth[], wrong: ReadonlySet<string>, kinds: Record<string, KindVerdict>): string[] => {
  const failed = truths.filter(isFailure)
  const agreed = failed.filter(({ runId }) => !wrong.has(runId)).length
  const overall =
    failed.length > 0 && agreed / failed.length < LEAST.agreement
      ? [`${agreed} of ${failed.length} failed runs agree: less than ${LEAST.agreement * 100} %`]
      : []
  const perKind = Object.entries(kinds).flatMap(([kind, verdict]) => [
    ...(verdict.agreed / verdict.runs < LEAST.perKind
      ? [`${kind}: ${verdict.agreed} of ${verdict.runs} runs agree, less than ${LEAST.perKind * 100} %`]
      : []),
    ...(verdict.runs < LEAST.runsPerKind ? [`${kind}: only ${verdict.runs} runs, too few to judge`] : []),
  ])
  return [...overall, ...perKind]
}

const alertProblems = ({ firing, fired }: Answers, expected: boolean): string[] => {
  const others = fired.filter((pipeline) => pipeline !== REGRESSING || !expected)
  return [
    ...(expected && !firing.includes(REGRESSING) ? [`no alert fires for ${REGRESSING}`] : []),
    ...others.map((pipeline) => `an alert fired for ${pipeline}, which did not get worse`),
  ]
}
