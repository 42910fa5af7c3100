import { expect, it } from 'vitest'
import { derivedThrough, dueTraces, forgetBefore, noteDerived, noteRefused, noteTouched, pendingCount, type Schedule } from './schedule.ts'

const ids = (schedule: Schedule, nowMs: number) => dueTraces(schedule, nowMs, 100).map(({ traceId }) => traceId)

it('takes a trace a second after its last span', () => {
  const schedule: Schedule = new Map()
  noteTouched(schedule, [{ traceId: 'a', touchedAtMs: 1000, touches: 1 }], 1000)
  expect(ids(schedule, 1999)).toEqual([])
  noteTouched(schedule, [{ traceId: 'a', touchedAtMs: 1500, touches: 1 }], 1500)
  expect(ids(schedule, 2000)).toEqual([])
  expect(ids(schedule, 2500)).toEqual(['a'])
  noteDerived(schedule, [{ traceId: 'a', touchedAtMs: 1500, touches: 1 }], 2500)
  expect(ids(schedule, 9999)).toEqual([])
  expect(pendingCount(schedule)).toBe(0)
})

it('takes a trace that stays noisy after 2 s, then 4 s later, then 8 s', () => {
  const schedule: Schedule = new Map()
  const taken: number[] = []
  for (let nowMs = 0; nowMs <= 20_000; nowMs += 100) {
    noteTouched(schedule, [{ traceId: 'a', touchedAtMs: nowMs, touches: 1 }], nowMs)
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
      { traceId: 'a', touchedAtMs: 5000, touches: 1 },
      { traceId: 'b', touchedAtMs: 6000, touches: 1 },
    ],
    6000,
  )
  expect(derivedThrough(schedule, 10_000)).toBe(4999)
  noteDerived(schedule, [{ traceId: 'a', touchedAtMs: 5000, touches: 1 }], 10_000)
  expect(derivedThrough(schedule, 10_000)).toBe(5999)
  noteDerived(schedule, [{ traceId: 'b', touchedAtMs: 6000, touches: 1 }], 10_000)
  expect(derivedThrough(schedule, 10_000)).toBe(9000)
})

it('forgets what is analyzed and out of the window that is read', () => {
  const schedule: Schedule = new Map()
  noteTouched(
    schedule,
    [
      { traceId: 'a', touchedAtMs: 1000, touches: 1 },
      { traceId: 'b', touchedAtMs: 1000, touches: 1 },
    ],
    1000,
  )
  noteDerived(schedule, [{ traceId: 'a', touchedAtMs: 1000, touches: 1 }], 3000)
  forgetBefore(schedule, 80_000)
  expect([...schedule.keys()]).toEqual(['b'])
})

it('takes a trace again when a block of it becomes visible late, without being any newer', () => {
  const schedule: Schedule = new Map()
  noteTouched(schedule, [{ traceId: 'a', touchedAtMs: 1000, touches: 1 }], 1000)
  noteDerived(schedule, [{ traceId: 'a', touchedAtMs: 1000, touches: 1 }], 3000)
  noteTouched(schedule, [{ traceId: 'a', touchedAtMs: 1000, touches: 2 }], 4000)
  expect(ids(schedule, 4000)).toEqual(['a'])
})

it('puts off what cannot be taken, without holding up the rest', () => {
  const schedule: Schedule = new Map()
  const bad = { traceId: 'a', touchedAtMs: 1000, touches: 1 }
  noteTouched(schedule, [bad, { traceId: 'b', touchedAtMs: 2000, touches: 1 }], 3000)
  noteRefused(schedule, bad, 3000)
  expect(ids(schedule, 4000)).toEqual(['b'])
  expect(derivedThrough(schedule, 4000)).toBe(1999)
  expect(ids(schedule, 63_000)).toEqual(['a', 'b'])
  noteRefused(schedule, bad, 63_000)
  expect(ids(schedule, 123_000)).toEqual(['b'])
})
