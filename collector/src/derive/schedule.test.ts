import { expect, it } from 'vitest'
import { derivedThrough, dueTraces, noteDerived, noteTouched, pendingCount, type Schedule } from './schedule.ts'

const ids = (schedule: Schedule, nowMs: number) => dueTraces(schedule, nowMs, 100).map(({ traceId }) => traceId)

it('takes a trace a second after its last span', () => {
  const schedule: Schedule = new Map()
  noteTouched(schedule, [{ traceId: 'a', touchedAtMs: 1000 }], 1000, 0)
  expect(ids(schedule, 1999)).toEqual([])
  noteTouched(schedule, [{ traceId: 'a', touchedAtMs: 1500 }], 1500, 0)
  expect(ids(schedule, 2000)).toEqual([])
  expect(ids(schedule, 2500)).toEqual(['a'])
  noteDerived(schedule, [{ traceId: 'a', touchedAtMs: 1500 }], 2500)
  expect(ids(schedule, 9999)).toEqual([])
  expect(pendingCount(schedule)).toBe(0)
})

it('takes a trace that stays noisy after 2 s, then 4 s later, then 8 s', () => {
  const schedule: Schedule = new Map()
  const taken: number[] = []
  for (let nowMs = 0; nowMs <= 20_000; nowMs += 100) {
    noteTouched(schedule, [{ traceId: 'a', touchedAtMs: nowMs }], nowMs, 0)
    const due = dueTraces(schedule, nowMs, 10)
    if (due.length > 0) taken.push(nowMs)
    noteDerived(schedule, due, nowMs)
  }
  expect(taken).toEqual([2000, 6000, 14_000])
})

it('has come as far as the oldest trace that waits', () => {
  const schedule: Schedule = new Map()
  noteTouched(
    schedule,
    [
      { traceId: 'a', touchedAtMs: 5000 },
      { traceId: 'b', touchedAtMs: 6000 },
    ],
    6000,
    0,
  )
  expect(derivedThrough(schedule, 10_000)).toBe(4999)
  noteDerived(schedule, [{ traceId: 'a', touchedAtMs: 5000 }], 10_000)
  expect(derivedThrough(schedule, 10_000)).toBe(5999)
  noteDerived(schedule, [{ traceId: 'b', touchedAtMs: 6000 }], 10_000)
  expect(derivedThrough(schedule, 10_000)).toBe(9000)
})

it('forgets what is analyzed and out of the window that is read', () => {
  const schedule: Schedule = new Map()
  noteTouched(
    schedule,
    [
      { traceId: 'a', touchedAtMs: 1000 },
      { traceId: 'b', touchedAtMs: 1000 },
    ],
    1000,
    0,
  )
  noteDerived(schedule, [{ traceId: 'a', touchedAtMs: 1000 }], 3000)
  noteTouched(schedule, [], 90_000, 80_000)
  expect([...schedule.keys()]).toEqual(['b'])
})
