// The demo clock: maps the few real milliseconds of a run to where and how long it is to stand in history.

/** Seconds and nanoseconds since 1970, as OpenTelemetry has them. */
export type HrTime = [number, number]

export type DemoClock = {
  /** starts a run's own clock; without `startMs` its place in history is not known before {@link DemoClock.endAt} */
  begin(runId: string, startMs?: number): void
  /** a long time passes for the run at once: a person thinks, a job works */
  pass(runId: string, lifeMs: number): void
  /** places a run whose clock has no start yet so that it has just ended at `endMs` */
  endAt(runId: string, endMs: number): void
  forget(runId: string): void
  /** null while the run's place in history is not known */
  toHistory(runId: string, time: HrTime): HrTime | null
  speed: number
}

type RunClock = { startMs: number | null; realStartMs: number; leaps: { atMs: number; lifeMs: number }[] }

/** Milliseconds since 1970 with fractions. */
export const preciseNow = (): number => performance.timeOrigin + performance.now()

/**
 * t' = start in history + (t − real start) × speed + every leap before t. Monotonic, so spans keep their order and nesting.
 * @param speed how many times faster than life the fakes answer
 */
export const createDemoClock = (speed: number): DemoClock => {
  const clocks = new Map<string, RunClock>()
  return {
    speed,
    begin: (runId, startMs) => clocks.set(runId, { startMs: startMs ?? null, realStartMs: preciseNow(), leaps: [] }),
    pass: (runId, lifeMs) => clocks.get(runId)?.leaps.push({ atMs: preciseNow(), lifeMs }),
    endAt: (runId, endMs) => {
      const clock = clocks.get(runId)
      if (clock && clock.startMs === null) clock.startMs = endMs - livedMs(clock, preciseNow(), speed)
    },
    forget: (runId) => clocks.delete(runId),
    toHistory: (runId, time) => {
      const clock = clocks.get(runId)
      if (!clock) return time
      if (clock.startMs === null) return null
      return hrTimeOf(clock.startMs + livedMs(clock, time[0] * 1000 + time[1] / 1e6, speed))
    },
  }
}

const livedMs = ({ realStartMs, leaps }: RunClock, atMs: number, speed: number): number =>
  (atMs - realStartMs) * speed + leaps.reduce((sum, leap) => (leap.atMs <= atMs ? sum + leap.lifeMs : sum), 0)

const hrTimeOf = (ms: number): HrTime => {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6))]
}
