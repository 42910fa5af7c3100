// Trying again: one operation span, one child span per attempt, so that a swallowed error stays visible.
import { setTimeout as sleep } from 'node:timers/promises'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { numberOf, optionsAndBody } from './arguments.ts'
import { BudgetExceeded, endingOf, HandoffRejected, TimeoutError } from './failure.ts'
import { nameOf } from './redact.ts'
import { safely } from './safe.ts'
import { scopeOf } from './scope.ts'
import { runUnit, type UnitSpec } from './unit.ts'

export interface RetryPolicy {
  /** most tries, the first included; default 3 */
  attempts?: number
  /** milliseconds before the second try; default 200 */
  backoffMs?: number
  /** each further wait is this many times the one before; default 2 */
  factor?: number
  /** whether an error is worth another try; default: all are */
  retryOn?: (error: unknown) => boolean
  /** milliseconds after which one try counts as failed with a {@link TimeoutError} */
  timeoutMs?: number
}

export interface Attempt {
  /** 1-based */
  readonly number: number
  readonly max: number
  /** aborted when `timeoutMs` is over: pass it on, so that the work really stops */
  readonly signal: AbortSignal
}

/**
 * Runs `fn` until it succeeds, at most `attempts` times. The error of the last attempt is thrown unchanged; {@link Waiting},
 * {@link HandoffRejected} and a caller's abort are never tried again.
 * @example
 * const page = await retry('fetch page', { attempts: 3, timeoutMs: 5_000 }, ({ signal }) => fetch(url, { signal }))
 */
export function retry<T>(name: string, policy: RetryPolicy | undefined, fn: (attempt: Attempt) => T): Promise<Awaited<T>>
/** The same without options. */
export function retry<T>(name: string, fn: (attempt: Attempt) => T): Promise<Awaited<T>>
export function retry<T>(given: string, first: RetryPolicy | Body<T> | undefined, second?: Body<T>): Promise<Awaited<T>> {
  const name = nameOf(given)
  const [policy, fn] = optionsAndBody<RetryPolicy, Body<T>>(first, second)
  return runUnit(retrySpec(name), () => runAttempts(name, policy, fn))
}

export const retrySpec = (name: string): UnitSpec => ({
  kind: 'retry',
  name: `retry ${name}`,
  attributes: () => ({ [SEAMTRACE.retryName]: name }),
})

type Body<T> = (attempt: Attempt) => T

/** The attempts of one operation, each as a child of the active span. */
export async function runAttempts<T>(name: string, policy: RetryPolicy, fn: (attempt: Attempt) => T): Promise<Awaited<T>> {
  const max = Math.max(1, Math.floor(numberOf(policy.attempts, 3)))
  const signal = scopeOf().run?.signal
  for (let number = 1, delayMs = 0; ; number += 1) {
    try {
      return await runUnit(attemptSpec(name, { number, max, delayMs }), () =>
        bounded(fn, number, max, numberOf(policy.timeoutMs, undefined)),
      )
    } catch (error) {
      if (number >= max || !mayRetry(error, policy, signal)) throw error
      delayMs = numberOf(Math.max(0, numberOf(policy.backoffMs, 200) * numberOf(policy.factor, 2) ** (number - 1)), 0)
      // an abort ends the wait: that may be days
      await sleep(delayMs, undefined, signal && { signal }).catch(() => {})
      if (signal?.aborted) throw error
    }
  }
}

export const attemptSpec = (name: string, facts: { number: number; max: number | undefined; delayMs: number }): UnitSpec => ({
  kind: 'attempt',
  name: `attempt ${name}`,
  attributes: () => ({
    [SEAMTRACE.attemptNumber]: facts.number,
    [SEAMTRACE.attemptMax]: facts.max,
    [SEAMTRACE.attemptDelayMs]: facts.delayMs,
  }),
})

function mayRetry(error: unknown, policy: RetryPolicy, signal: AbortSignal | undefined): boolean {
  if (
    error instanceof HandoffRejected ||
    error instanceof BudgetExceeded ||
    (safely(() => endingOf(error, signal)) ?? 'failure') !== 'failure'
  )
    return false
  return typeof policy.retryOn === 'function' ? policy.retryOn(error) : true
}

async function bounded<T>(fn: (attempt: Attempt) => T, number: number, max: number, timeoutMs: number | undefined): Promise<Awaited<T>> {
  const controller = new AbortController()
  const attempt: Attempt = { number, max, signal: controller.signal }
  if (timeoutMs === undefined) return await fn(attempt)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new TimeoutError(`attempt ${number} of ${max} timed out after ${timeoutMs} ms`)
      controller.abort(error)
      reject(error)
    }, timeoutMs)
  })
  try {
    return await Promise.race([fn(attempt), late])
  } finally {
    clearTimeout(timer)
  }
}
