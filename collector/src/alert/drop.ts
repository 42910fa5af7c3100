// The detector of a reliability drop: a window of runs against the pipeline's own baseline. Pure.
import {
  type AlertState,
  type AlertVerdict,
  type BlamedSeam,
  type DropRule,
  type Rate,
  type SeamKind,
  twoProportionZ,
} from '@seamtrace/schema'

/** Failed runs charged to one seam; cause and examples are those of the window. */
export type SeamCharges = {
  seam: string
  kind: SeamKind
  layer: string
  gap: string | null
  failureKind: string
  message: string
  inWindow: number
  inBaseline: number
  exampleRunIds: string[]
}

/** Runs with an unknown end are in the rates as failures: killed runs must not hide a drop. */
export type DropEvidence = {
  window: Rate
  baseline: Rate
  unknownInWindow: number
  seams: SeamCharges[]
  /** failed runs of the window, the newest first */
  exampleRunIds: string[]
}

// With fewer, z says nothing: one failure of 20 against 1,000 good runs has z = 7, and happens by chance in one window of 50.
const MIN_FAILURES = 3
// Below one standard error a difference is noise.
const RECOVERED_Z = 1

/**
 * @param alarmed whether the rule is firing, or was when data ran out: then it takes more than chance to call it over
 * @example detectDrop(DEFAULT_DROP_RULE, evidence, false).state // 'firing'
 */
export const detectDrop = (rule: DropRule, evidence: DropEvidence, alarmed: boolean): AlertVerdict => {
  const { window, baseline } = evidence
  const z = twoProportionZ(baseline.successes, baseline.n, window.successes, window.n)
  const state = stateOf(rule, window, baseline, z, alarmed)
  const blamed = state === 'firing' ? blamedSeam(evidence) : null
  const exampleRunIds = (blamed?.exampleRunIds ?? evidence.exampleRunIds).slice(0, 3)
  const seam = blamed && blamedSeamOf(blamed, evidence)
  return {
    state,
    window,
    baseline,
    z,
    reason: reasonOf(rule, evidence, state, z, seam),
    seam,
    exampleRunIds: state === 'firing' ? exampleRunIds : [],
  }
}

/** Too few runs are no news, good or bad: an alert is never over because its data vanished. */
const stateOf = (rule: DropRule, window: Rate, baseline: Rate, z: number, alarmed: boolean): AlertState => {
  if (window.rate === null || baseline.rate === null || window.n < rule.minRuns || baseline.n < rule.minRuns) return 'no_data'
  const drop = baseline.rate - window.rate
  if (alarmed) return drop <= rule.minDrop / 2 || z < RECOVERED_Z ? 'ok' : 'firing'
  const failures = window.n - window.successes
  // Intervals that do not touch: z alone trusts a small baseline without any failure too much (3 of 20 after 0 of 60 has z = 3.1).
  const apart = window.high < baseline.low
  return drop >= rule.minDrop && z > rule.z && apart && failures >= MIN_FAILURES ? 'firing' : 'ok'
}

const shareIncrease = (charges: SeamCharges, { window, baseline }: DropEvidence): number =>
  charges.inWindow / window.n - charges.inBaseline / baseline.n

/** The seam that takes the largest further part of all runs; null when no seam takes more than before. */
const blamedSeam = (evidence: DropEvidence): SeamCharges | null => {
  const ranked = evidence.seams
    .map((charges) => ({ charges, increase: shareIncrease(charges, evidence) }))
    .sort((a, b) => b.increase - a.increase || (a.charges.seam < b.charges.seam ? -1 : 1))
  const [top] = ranked
  return top && top.increase > 0 ? top.charges : null
}

const blamedSeamOf = (charges: SeamCharges, evidence: DropEvidence): BlamedSeam => {
  const { seam, kind, layer, gap, failureKind, message } = charges
  return { seam, kind, layer, gap, failureKind, chargedRuns: charges.inWindow, shareIncrease: shareIncrease(charges, evidence), message }
}

const reasonOf = (
  rule: DropRule,
  { window, baseline, unknownInWindow }: DropEvidence,
  state: AlertState,
  z: number,
  seam: BlamedSeam | null,
): string => {
  if (state === 'no_data') return tooFew(rule, window, baseline)
  const rates = `${percent(window.rate)} of ${count(window.n)} runs succeeded in the last ${span(rule.windowMinutes)}, ${percent(baseline.rate)} of ${count(baseline.n)} before`
  const unknown = unknownInWindow > 0 ? `; ${count(unknownInWindow)} with an unknown end count as failed` : ''
  const where = seam ? `; most is lost at ${seam.seam} (${seam.failureKind}), ${count(seam.chargedRuns)} runs` : ''
  return `${rates} (z ${z.toFixed(1)})${unknown}${where}`
}

const tooFew = (rule: DropRule, window: Rate, baseline: Rate): string => {
  const [n, when] =
    window.n < rule.minRuns
      ? [window.n, `in the last ${span(rule.windowMinutes)}`]
      : [baseline.n, `in the ${span(rule.baselineMinutes)} before`]
  return `only ${count(n)} runs ended ${when}, ${rule.minRuns} are needed`
}

const percent = (rate: number | null): string => `${((rate ?? 0) * 100).toFixed(1)} %`
const count = (n: number): string => n.toLocaleString('en-US')
const span = (minutes: number): string =>
  minutes % 1440 === 0 ? `${minutes / 1440} d` : minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
