// What every scenario is given and gives back.
import { FAULTS, type Findings } from './findings.ts'

export type Tier = 'p' | 'n'

export type Context = {
  tier: Tier
  seed: string
  /** from 0 up to, not including, 1; the same numbers for the same seed and scenario */
  random(): number
  /** a new temporary folder, gone when the scenario ends */
  folder(): string
  /** Runs when the scenario ends, whether well, badly or by Ctrl-C; the last first. */
  defer(cleanup: () => unknown): void
  progress(text: string): void
  /** short in tier p, as long as it takes in tier n */
  sized<T>(p: T, n: T): T
}

export type Report = {
  figures: Record<string, number | string>
  failures: string[]
  /** why it could not run here */
  skipped: string | null
}

export type Scenario = {
  name: string
  what: string
  /** it measures times or memory that others would spoil */
  alone?: boolean
  run(context: Context, report: Report): Promise<void>
}

export const newReport = (): Report => ({ figures: {}, failures: [], skipped: null })

/** Fails with the text unless it holds; the same text once, however often. */
export const expectThat = (report: Report, holds: boolean, otherwise: string): void => {
  if (!holds && !report.failures.includes(otherwise)) report.failures.push(otherwise)
}

export const addFindings = (report: Report, findings: Findings, allowedLost = 0): void => {
  for (const fault of FAULTS) report.figures[fault] = Number(report.figures[fault] ?? 0) + findings[fault]
  const isClean = findings.lost <= allowedLost && findings.doubled + findings.corrupted + findings.spurious === 0
  expectThat(report, isClean, findings.samples.join(' · '))
}

export const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0
