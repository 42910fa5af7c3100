// A check: a guardrail, evaluator, critic or schema test. Saying no is a success of the check.
import type { Attributes } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { optionsAndBody } from './arguments.ts'
import { digestOf } from './payload.ts'
import { boundMessage, contentAttribute, nameOf } from './redact.ts'
import { type Recorded, runUnit } from './unit.ts'

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
export function check<T extends Answer>(name: string, options: CheckOptions | undefined, fn: () => T): T
/** The same without options. */
export function check<T extends Answer>(name: string, fn: () => T): T
export function check<T extends Answer>(given: string, first: CheckOptions | (() => T) | undefined, second?: () => T): T {
  const [options, fn] = optionsAndBody<CheckOptions, () => T>(first, second)
  const { spec, onValue } = checkUnit(given, options)
  return runUnit(spec, fn, onValue)
}

export const checkUnit = (given: unknown, options: CheckOptions): Recorded => {
  const name = nameOf(given)
  return {
    spec: {
      kind: 'check',
      name: `check ${name}`,
      attributes: () => ({ [SEAMTRACE.checkName]: name, [SEAMTRACE.checkTarget]: options.of }),
      details: () => inputFacts(options.input),
    },
    onValue: (unit, verdict) => unit.span.setAttributes(verdictAttributes(verdict as boolean | Verdict)),
  }
}

type Answer = boolean | Verdict | PromiseLike<boolean | Verdict>

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
