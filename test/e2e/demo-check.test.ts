// The demo's own check: five real pipelines, faults whose truth is known, and what the product says about them over HTTP.
import { expect, it } from 'vitest'
import { startCommand } from './seamtrace-command.ts'

type Verdict = {
  runs: number
  failed: number
  agreed: number
  unattributed: number
  kinds: Record<string, { runs: number; agreed: number }>
  gap: Record<string, { n: number; successes: number; charged: number; unattributed: number }>
  alertFired: boolean
  problems: string[]
}

const check = async (args: string[], env?: Record<string, string>): Promise<{ code: number; verdict: Verdict; err: string }> => {
  const { code, out, err } = await startCommand(['demo', '--check', '--json', ...args], env).ended
  if (out === '') throw new Error(`the check printed no verdict: ${err}`)
  return { code, verdict: JSON.parse(out) as Verdict, err }
}

const MINUTES = 60_000

it('finds the injected faults: layer, gap and seam, and fires the alert of the pipeline that regresses', {
  timeout: 10 * MINUTES,
}, async () => {
  const { code, verdict } = await check([])
  expect(verdict.problems).toEqual([])
  expect(verdict.runs).toBeGreaterThanOrEqual(2000)
  expect(Object.values(verdict.kinds).every(({ runs }) => runs >= 5)).toBe(true)
  const failed = Object.values(verdict.kinds)
  const agreed = failed.reduce((sum, kind) => sum + kind.agreed, 0) / failed.reduce((sum, kind) => sum + kind.runs, 0)
  expect(agreed).toBeGreaterThanOrEqual(0.95)
  for (const { n, successes, charged, unattributed } of Object.values(verdict.gap)) expect(successes + charged + unattributed).toBe(n)
  expect(verdict.alertFired).toBe(true)
  expect(code).toBe(0)
})

it('agrees on every run when nothing is injected', { timeout: 5 * MINUTES }, async () => {
  const { code, verdict } = await check(['--no-faults', '--runs', '300'])
  expect(verdict).toMatchObject({ failed: 0, agreed: verdict.runs, kinds: {} })
  expect(code).toBe(0)
})

it('is honest: it fails when the analysis may not see what it needs', { timeout: 5 * MINUTES }, async () => {
  const { code, verdict } = await check(['--runs', '600'], { SEAMTRACE_DISABLED_RULES: 'receiver-missing-keys' })
  expect(verdict.kinds.missing_state?.agreed).toBe(0)
  expect(verdict.problems.join('\n')).toContain('missing_state')
  expect(code).toBe(1)
})
