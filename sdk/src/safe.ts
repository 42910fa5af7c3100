// Keeps telemetry out of the way of the program: whatever fails in here is counted, never thrown.
import { diag } from '@opentelemetry/api'

let failures = 0

/** Runs telemetry code; when it throws, the error is counted and `undefined` comes back. */
export function safely<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    failures += 1
    try {
      diag.error('seamtrace: cannot record telemetry', error)
    } catch {
      // a broken logger must not reach the program either
    }
    return undefined
  }
}

/**
 * How often recording failed in this process since it started. It stays 0 in a healthy program.
 * @example console.log(telemetryErrors()) // 0
 */
export const telemetryErrors = (): number => failures
