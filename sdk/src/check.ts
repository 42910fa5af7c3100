// A check: a guardrail, evaluator, critic or schema test. Saying no is a success of the check.
import type { Attributes } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema'
import { digestOf } from './payload.ts'
import { boundMessage, contentAttribute } from './redact.ts'
import { safely } from './safe.ts'
import { runUnit } from './unit.ts'

export interface CheckOptions {
  /** `result` when the check judges the result of the run, else the name of the step it judges */
  of?: string
  /** passed to the function; recorded as a digest */
  input?: unknown
}

export interface Verdict {
  pass: boolean
  score?: number
  /** for people, at most 2 kB; recorded even while content is off */
  reason?: string
}

/**
 * Runs `fn` as the check `name` and returns its verdict. A "no" is a successful span with `seamtrace.check.result=fail`; only a
 * thrown error is an error.
 * @example if (!check('totals add up', { of: 'reconcile' }, () => sum === total)) throw new Error('totals differ')
 */
export function check<T extends boolean | Verdict | PromiseLike<boolean | Verdict>>(name: string, options: CheckOptions, fn: () => T): T {
  return runUnit({ kind: 'check', name: `check ${name}`, attributes: () => checkAttributes(name, options) }, fn, (unit, verdict) =>
    unit.span.setAttributes(verdictAttributes(verdict)),
  )
}

const checkAttributes = (name: string, options: CheckOptions): Attributes => ({
  [SEAMTRACE.checkName]: name,
  [SEAMTRACE.checkTarget]: options.of,
  ...safely(() => inputFacts(options.input)),
})

const inputFacts = (input: unknown): Attributes =>
  input === undefined ? {} : { [SEAMTRACE.callInputDigest]: digestOf(input), ...contentAttribute(SEAMTRACE.input, input) }

function verdictAttributes(verdict: boolean | Verdict): Attributes {
  const { pass, score, reason }: Verdict = typeof verdict === 'boolean' ? { pass: verdict } : verdict
  return {
    [SEAMTRACE.checkResult]: pass ? 'pass' : 'fail',
    [SEAMTRACE.checkScore]: score,
    [SEAMTRACE.checkReason]: reason === undefined ? undefined : boundMessage(reason),
  }
}
