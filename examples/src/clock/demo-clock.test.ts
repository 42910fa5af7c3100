import { describe, expect, it } from 'vitest'
import { createDemoClock, type HrTime, preciseNow } from './demo-clock.ts'

const at = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)]
const msOf = ([seconds, nanos]: HrTime) => seconds * 1000 + nanos / 1e6
const START = Date.UTC(2026, 0, 1)

describe('the demo clock', () => {
  it('stretches time by its speed from the start in history', () => {
    const clock = createDemoClock(30)
    const before = preciseNow()
    clock.begin('run', START)
    const mapped = clock.toHistory('run', at(before + 1000)) ?? [0, 0]
    expect(msOf(mapped) - START).toBeGreaterThan(29_500)
    expect(msOf(mapped) - START).toBeLessThanOrEqual(30_000)
  })

  it('leaps over the time a person takes, and never goes back', () => {
    const clock = createDemoClock(30)
    clock.begin('run', START)
    const before = preciseNow()
    clock.pass('run', 600_000)
    const times = [before - 1, before, before + 50, before + 51].map((ms) => msOf(clock.toHistory('run', at(ms)) ?? [0, 0]))
    expect([...times].sort((a, b) => a - b)).toEqual(times)
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(600_000)
  })

  it('places a run that was not placed before so that it has just ended', () => {
    const clock = createDemoClock(30)
    clock.begin('run')
    expect(clock.toHistory('run', at(preciseNow()))).toBeNull()
    clock.pass('run', 60_000)
    clock.endAt('run', START)
    expect(msOf(clock.toHistory('run', at(preciseNow())) ?? [0, 0]) - START).toBeLessThan(5000)
  })

  it('leaves the times of unknown runs alone', () => {
    expect(createDemoClock(30).toHistory('run', [1, 2])).toEqual([1, 2])
  })
})
