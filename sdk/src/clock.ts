// The time of spans, to the microsecond: the default start of a span is cut to the millisecond, and steps would overlap.
import type { HrTime } from '@opentelemetry/api'

/** Seconds and nanoseconds since 1970. */
export type Clock = () => HrTime

// A machine that slept, or whose clock was set, drifts away from the monotonic clock by more than this.
const DRIFT_MS = 20

let systemOrigin = performance.timeOrigin

/**
 * A clock for one run, right by the system's clock at its start. It goes ahead with the system's clock (a machine that slept), but
 * not back: no span of the run ends before it starts, or starts before the one it follows.
 */
export function startClock(): Clock {
  const drift = driftFrom(systemOrigin)
  if (Math.abs(drift) > DRIFT_MS) systemOrigin += drift
  let origin = systemOrigin
  return () => {
    const ahead = driftFrom(origin)
    if (ahead > DRIFT_MS) origin += ahead
    const milliseconds = origin + performance.now()
    const seconds = Math.floor(milliseconds / 1000)
    return [seconds, Math.floor((milliseconds - seconds * 1000) * 1_000_000)]
  }
}

const driftFrom = (origin: number): number => Date.now() - (origin + performance.now())
